#include "mobilenet_cost/sweep/predict.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/model/cost.h"

namespace mobilenet_cost {

namespace {

/// What a layer's time is a sum of: MACs, activation elements, weight elements, the call itself.
constexpr std::size_t kFeatures = 4;
using Features = std::array<double, kFeatures>;

struct Sample {
    Features features{};
    double seconds = 0;
};

Features features_of(const Layer& layer) {
    const Cost cost = layer_cost(layer);
    return {static_cast<double>(cost.macs), static_cast<double>(cost.input_elements + cost.output_elements),
            static_cast<double>(cost.weights + cost.biases + cost.bn_channels), 1.0};
}

/// Of the samples that the set bits of `active` explain; columns are scaled to 1 so that the solve is well
/// conditioned, rows divided by the time so that the error is relative.
struct Solution {
    Features rates{};
    double error = std::numeric_limits<double>::infinity();
};

Solution solve(const std::vector<Sample>& samples, unsigned active) {
    std::vector<std::size_t> columns;
    for (std::size_t f = 0; f < kFeatures; ++f) {
        if ((active >> f & 1U) != 0) columns.push_back(f);
    }
    Eigen::MatrixXd matrix(static_cast<Eigen::Index>(samples.size()),
                           static_cast<Eigen::Index>(columns.size()));
    for (std::size_t row = 0; row < samples.size(); ++row) {
        for (std::size_t c = 0; c < columns.size(); ++c) {
            matrix(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(c)) =
                samples[row].features[columns[c]] / samples[row].seconds;
        }
    }
    const Eigen::VectorXd scale = matrix.cwiseAbs().colwise().maxCoeff().transpose().cwiseMax(1e-300);
    const Eigen::VectorXd ones = Eigen::VectorXd::Ones(matrix.rows());
    const Eigen::MatrixXd scaled = matrix * scale.cwiseInverse().asDiagonal();
    const Eigen::VectorXd found = scaled.colPivHouseholderQr().solve(ones);
    Solution solution;
    if ((found.array() < 0).any() || !found.allFinite()) return solution;
    solution.error = (scaled * found - ones).squaredNorm();
    for (std::size_t c = 0; c < columns.size(); ++c) {
        const auto index = static_cast<Eigen::Index>(c);
        solution.rates[columns[c]] = found(index) / scale(index);
    }
    return solution;
}

/// Non-negative least squares. With four unknowns the sets of those that are not zero can all be tried; the
/// smallest set wins where more explain nothing more.
Features fit_rates(const std::vector<Sample>& samples) {
    constexpr double kWorthwhile = 1e-9;  // less of the squared relative error is rounding
    Solution best;
    for (unsigned active = 1; active < 1U << kFeatures; ++active) {
        const Solution solution = solve(samples, active);
        if (solution.error < best.error - kWorthwhile) best = solution;
    }
    return best.rates;
}

/// What layers that behave alike have in common.
std::string layer_kind(const Network& network, std::size_t index) {
    const Layer& layer = network.layers[index];
    const Conv* conv = std::get_if<Conv>(&layer.kind);
    std::string kind =
        fmt::format("{} {} {}", layer_class_name(layer_class(network, index)),
                    conv != nullptr ? conv->kernel : Sides(0), conv != nullptr ? conv->stride : Sides(0));
    if (conv != nullptr && conv->dilation != 1) kind += fmt::format(" dilation {}", conv->dilation);
    if (conv != nullptr && conv->groups > 1 && !is_depthwise(layer)) kind += " grouped";
    return kind;
}

double dot(const Features& rates, const Features& features) {
    double sum = 0;
    for (std::size_t f = 0; f < kFeatures; ++f)
        sum += rates[f] * features[f];
    return sum;
}

/// Makes the layers add up to the pass. They are timed in fewer passes than it, at another moment, with clock
/// readings between them: they tell how the pass divides, not how long it is.
double scale_of_layers(const TimedNetwork& timed) {
    // A log says which layers were timed, a model file which there are.
    const std::size_t layers = timed.network.layers.size();
    if (timed.profile.layers.size() != layers)
        fail("prediction", fmt::format("expected times of the {} layers of a network, found {}", layers,
                                       timed.profile.layers.size()));
    double sum = 0;
    for (const LayerTime& layer : timed.profile.layers)
        sum += layer.seconds.value;
    if (!(sum > 0)) fail("prediction", "expected layers that take time, found none");
    return timed.seconds / sum;
}

/// Where a network lies in its family: the logarithms of its weights, which the width moves, and of its MACs
/// per weight, which the resolution moves.
struct Place {
    double weights = 0;
    double reuse = 0;
};

Place place_of(const Network& network) {
    const Cost cost = total_cost(network);
    const double weights = std::max(1.0, static_cast<double>(cost.weights));
    return {std::log(weights), std::log(std::max(1.0, static_cast<double>(cost.macs)) / weights)};
}

/// What the rates leave over of the timed networks, as a factor that is exact there and changes evenly, in
/// logarithms, in between; beyond them it stays what it is at the edge.
class Correction {
  public:
    Correction() = default;

    /// `logs`: of measured over explained, of the network at each place.
    Correction(const std::vector<Place>& places, const std::vector<double>& logs)
        : low_(places.front()), high_(places.front()) {
        for (const Place& place : places) {
            low_ = {std::min(low_.weights, place.weights), std::min(low_.reuse, place.reuse)};
            high_ = {std::max(high_.weights, place.weights), std::max(high_.reuse, place.reuse)};
        }
        Eigen::MatrixXd matrix(static_cast<Eigen::Index>(places.size()), kTerms);
        for (std::size_t i = 0; i < places.size(); ++i)
            matrix.row(static_cast<Eigen::Index>(i)) = terms(places[i]);
        const Eigen::Map<const Eigen::VectorXd> wanted(logs.data(), static_cast<Eigen::Index>(logs.size()));
        // With fewer places than terms the smallest of all solutions: no slope that nothing asks for.
        factors_ = matrix.completeOrthogonalDecomposition().solve(wanted).transpose();
    }

    [[nodiscard]] double at(const Place& place) const { return std::exp(terms(place).dot(factors_)); }

  private:
    static constexpr int kTerms = 4;
    using Terms = Eigen::Matrix<double, 1, kTerms>;

    /// -1 at one end of what was timed, 1 at the other.
    static double part(double value, double low, double high) {
        return high > low ? 2 * (std::clamp(value, low, high) - low) / (high - low) - 1 : 0;
    }

    [[nodiscard]] Terms terms(const Place& place) const {
        const double x = part(place.weights, low_.weights, high_.weights);
        const double y = part(place.reuse, low_.reuse, high_.reuse);
        return {1, x, y, x * y};
    }

    Place low_;
    Place high_;
    Terms factors_ = Terms::Zero();
};

using SamplesByName = std::map<std::string, std::vector<Sample>>;

std::map<std::string, Features> fit_all(const SamplesByName& samples) {
    std::map<std::string, Features> rates;
    for (const auto& [name, of_name] : samples)
        rates[name] = of_name.empty() ? Features{} : fit_rates(of_name);  // a fused layer takes no time
    return rates;
}

}  // namespace

struct TimeModel::Rates {
    std::map<std::string, Features> of_layer;  // by name
    std::map<std::string, Features> of_kind;
    Correction correction;
};

TimeModel TimeModel::fit(const std::vector<TimedNetwork>& timed) {
    if (timed.empty()) fail("prediction", "expected a timed network, found none");
    TimeModel model;
    SamplesByName of_layer;
    SamplesByName of_kind;
    for (const TimedNetwork& network : timed) {
        const double scale = scale_of_layers(network);
        for (std::size_t i = 0; i < network.network.layers.size(); ++i) {
            const Layer& layer = network.network.layers[i];
            const double seconds = scale * network.profile.layers[i].seconds.value;
            for (std::vector<Sample>* samples :
                 {&of_layer[layer_name(network.network, i)], &of_kind[layer_kind(network.network, i)]}) {
                if (seconds > 0) samples->push_back({features_of(layer), seconds});
            }
        }
    }
    const auto rates = std::make_shared<Rates>(Rates{fit_all(of_layer), fit_all(of_kind), {}});
    model.rates_ = rates;
    std::vector<Place> places;
    std::vector<double> logs;
    for (const TimedNetwork& network : timed) {
        places.push_back(place_of(network.network));
        logs.push_back(std::log(network.seconds / model.seconds(network.network)));
    }
    rates->correction = Correction(places, logs);
    return model;
}

std::vector<double> TimeModel::layer_seconds(const Network& network) const {
    std::vector<double> seconds;
    const double correction = rates_->correction.at(place_of(network));
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        const std::string name = layer_name(network, i);
        const auto of_layer = rates_->of_layer.find(name);
        const std::string kind = layer_kind(network, i);
        const auto of_kind = rates_->of_kind.find(kind);
        if (of_kind == rates_->of_kind.end())
            fail("prediction", fmt::format("expected layer {} to be of a kind that was timed, found {}",
                                           in_quotes(name), in_quotes(kind)));
        const bool known = of_layer != rates_->of_layer.end();
        seconds.push_back(correction * dot(known ? of_layer->second : of_kind->second, features_of(layer)));
    }
    return seconds;
}

double TimeModel::seconds(const Network& network) const {
    double sum = 0;
    for (const double layer : layer_seconds(network))
        sum += layer;
    return sum;
}

std::vector<double> leave_one_out_errors(const std::vector<TimedNetwork>& timed) {
    std::vector<double> errors;
    if (timed.size() < 3) return errors;
    for (std::size_t i = 0; i < timed.size(); ++i) {
        std::vector<TimedNetwork> others = timed;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
        const double predicted = TimeModel::fit(others).seconds(timed[i].network);
        errors.push_back(predicted / timed[i].seconds - 1);
    }
    return errors;
}

}  // namespace mobilenet_cost

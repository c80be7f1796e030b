#include "mobilenet_cost/sweep/sweep_predict.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/random.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/model/standard_counterpart.h"

namespace mobilenet_cost {
namespace {

/// Cells of one model with the smallest and largest alpha and resolution that the grid has.
void append_corners(const std::vector<SweepCell>& cells, const std::string& model,
                    std::vector<std::size_t>& corners) {
    std::set<double> alphas;
    std::set<Resolution> resolutions;
    for (const SweepCell& cell : cells) {
        if (cell.model != model) continue;
        alphas.insert(cell.variant.alpha);
        resolutions.insert(cell.variant.resolution);
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const Variant& variant = cells[i].variant;
        const bool outer_alpha = variant.alpha == *alphas.begin() || variant.alpha == *alphas.rbegin();
        const bool outer_resolution =
            variant.resolution == *resolutions.begin() || variant.resolution == *resolutions.rbegin();
        if (cells[i].model == model && outer_alpha && outer_resolution) corners.push_back(i);
    }
}

bool contains(const std::vector<std::size_t>& values, std::size_t value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

const ModelConfig& config_of(const std::vector<ModelConfig>& configs, const std::string& model) {
    const auto found = std::find_if(configs.begin(), configs.end(),
                                    [&](const ModelConfig& config) { return config.name == model; });
    if (found == configs.end()) fail("prediction", fmt::format("expected the model {}, found none", model));
    return *found;
}

/// Points that one model of times is fitted to and used for.
struct Group {
    std::string model;
    std::string engine;
    int threads = 1;
    NetworkKind network = NetworkKind::separable;

    [[nodiscard]] auto key() const { return std::tie(model, engine, threads, network); }
};

/// Fits and predicts one group.
class GroupPrediction {
  public:
    GroupPrediction(const std::vector<ModelConfig>& configs, const SweepRun& run, const SweepResult& result,
                    Group group)
        : config_(config_of(configs, group.model)), run_(run), result_(result), group_(std::move(group)) {}

    void append(Prediction& prediction) const {
        const std::vector<TimedNetwork> timed = timed_networks();
        if (timed.empty()) throw Error("no timed cell");
        const TimeModel model = TimeModel::fit(timed);
        const std::vector<double> errors = leave_one_out_errors(timed);
        for (std::size_t cell = 0; cell < run_.cells.size(); ++cell) {
            if (run_.cells[cell].model != group_.model || contains(run_.timing.prediction->timed, cell))
                continue;
            prediction.points.push_back(predict(model, errors, cell));
        }
    }

  private:
    [[nodiscard]] Network network(std::size_t cell) const {
        Network network = expand(config_, run_.cells[cell].variant);
        return group_.network == NetworkKind::standard ? standard_counterpart(network) : network;
    }

    /// The point of this group at a cell that was timed without trouble.
    [[nodiscard]] std::optional<std::size_t> timed_point(std::size_t cell) const {
        for (std::size_t i = 0; i < run_.points.size(); ++i) {
            const SweepPoint& point = run_.points[i];
            if (point.cell == cell && point.engine == group_.engine && point.threads == group_.threads &&
                point.network == group_.network && result_.points[i].seconds)
                return i;
        }
        return std::nullopt;
    }

    [[nodiscard]] std::vector<TimedNetwork> timed_networks() const {
        std::vector<TimedNetwork> timed;
        for (const std::size_t cell : run_.timing.prediction->timed) {
            if (run_.cells[cell].model != group_.model) continue;
            const std::optional<std::size_t> point = timed_point(cell);
            if (!point || !run_.profiles[*point] || run_.profiles[*point]->status != BenchStatus::ok)
                continue;
            timed.push_back({network(cell), *run_.profiles[*point], result_.points[*point].seconds->value});
        }
        return timed;
    }

    [[nodiscard]] PredictedPoint predict(const TimeModel& model, const std::vector<double>& errors,
                                         std::size_t cell) const {
        PredictedPoint point{.cell = cell,
                             .engine = group_.engine,
                             .threads = group_.threads,
                             .network = group_.network,
                             .seconds = model.seconds(network(cell)),
                             .low = {},
                             .high = {},
                             .speedup = {},
                             .residual = {}};
        if (!errors.empty()) {
            double squares = 0;
            for (const double error : errors)
                squares += std::log1p(error) * std::log1p(error) / static_cast<double>(errors.size());
            const double factor = std::exp(2 * std::sqrt(squares));
            point.low = point.seconds / factor;
            point.high = point.seconds * factor;
        }
        if (const auto base = timed_point(base_cell(run_.cells, group_.model)))
            point.speedup = result_.points[*base].seconds->value / point.seconds;
        if (const auto measured = timed_point(cell))
            point.residual = point.seconds / result_.points[*measured].seconds->value - 1;
        return point;
    }

    const ModelConfig& config_;
    const SweepRun& run_;
    const SweepResult& result_;
    Group group_;
};

std::vector<Group> groups_of(const SweepRun& run) {
    std::vector<Group> groups;
    for (const SweepPoint& point : run.points) {
        Group group{run.cells[point.cell].model, point.engine, point.threads, point.network};
        const bool known = std::any_of(groups.begin(), groups.end(),
                                       [&](const Group& other) { return other.key() == group.key(); });
        if (!known) groups.push_back(std::move(group));
    }
    return groups;
}

}  // namespace

PredictionPlan plan_prediction(const std::vector<SweepCell>& cells, std::size_t spots, std::uint64_t seed) {
    PredictionPlan plan;
    std::set<std::string> models;
    for (const SweepCell& cell : cells) {
        if (models.insert(cell.model).second) append_corners(cells, cell.model, plan.timed);
    }
    for (const std::size_t cell : permutation(cells.size(), seed)) {
        if (plan.spots.size() < spots && !contains(plan.timed, cell)) plan.spots.push_back(cell);
    }
    return plan;
}

Prediction predict(const std::vector<ModelConfig>& configs, const SweepRun& run, const SweepResult& result) {
    Prediction prediction;
    for (const Group& group : groups_of(run)) {
        try {
            GroupPrediction(configs, run, result, group).append(prediction);
        } catch (const Error& error) {
            prediction.obstacles.push_back(fmt::format("{} on {} with {} threads, {}: {}", group.model,
                                                       group.engine, group.threads,
                                                       network_kind_name(group.network), error.what()));
        }
    }
    std::vector<double> residuals;
    for (const PredictedPoint& point : prediction.points) {
        if (point.residual) residuals.push_back(std::abs(*point.residual));
    }
    if (!residuals.empty()) {
        prediction.median_residual = median(residuals);
        prediction.largest_residual = *std::max_element(residuals.begin(), residuals.end());
    }
    return prediction;
}

}  // namespace mobilenet_cost

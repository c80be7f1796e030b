#include "mobilenet_cost/import/imported_weights.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {
namespace {

using Filter = WeightSource::Filter;

/// Every output channel is factor * x + shift.
struct Channelwise {
    std::vector<double> factor;
    std::vector<double> shift;
};

class Source {
  public:
    Source(const PlainGraph& graph, const WeightSource& source) : graph_(graph), source_(source) {}

    [[nodiscard]] LayerWeights weights() const {
        LayerWeights result{filter(), {}};
        const std::size_t channels = channel_count();
        Channelwise by{std::vector<double>(channels, 1), std::vector<double>(channels, 0)};
        for (const ChannelStep& step : source_.steps)
            apply(step, by);
        for (std::size_t i = 0; i < result.filter.size(); ++i)
            result.filter[i] =
                static_cast<float>(static_cast<double>(result.filter[i]) * by.factor[i % channels]);
        result.bias.assign(by.shift.begin(), by.shift.end());
        return result;
    }

  private:
    [[nodiscard]] const Dims& dims() const { return *graph_.tensor(source_.tensor).dims; }

    [[nodiscard]] std::size_t channel_count() const {
        switch (source_.filter) {
            case Filter::taps:
                return static_cast<std::size_t>(dims()[source_.axes.outputs]);
            case Filter::turned:
                return static_cast<std::size_t>(dims()[0]);
            case Filter::matrix:
                return static_cast<std::size_t>(dims().back());
            default:
                return static_cast<std::size_t>(source_.map.c);
        }
    }

    /// (KH, KW, Ci / groups, Co).
    [[nodiscard]] std::vector<float> filter() const {
        switch (source_.filter) {
            case Filter::none:
                return {};
            case Filter::unit:
                return std::vector<float>(channel_count(), 1);
            case Filter::slopes: {
                std::vector<float> slopes = floats_of(graph_, source_.tensor);
                if (slopes.size() == 1) slopes.assign(channel_count(), slopes[0]);
                return slopes;
            }
            case Filter::taps:
                return turned_filter();
            case Filter::matrix:
            case Filter::turned:
                break;
        }
        return matrix();
    }

    [[nodiscard]] std::vector<float> turned_filter() const {
        const std::vector<float> from = floats_of(graph_, source_.tensor);
        const FilterAxes& axes = source_.axes;
        const auto outputs = static_cast<std::size_t>(dims()[axes.outputs]);
        const auto inputs = static_cast<std::size_t>(dims()[axes.inputs]);
        const std::size_t of_output = stride(axes.outputs);
        const std::size_t of_input = stride(axes.inputs);
        const std::size_t of_tap = stride(axes.sides.back());
        const std::size_t taps = from.size() / (outputs * inputs);
        std::vector<float> result;
        result.reserve(from.size());
        for (std::size_t tap = 0; tap < taps; ++tap)
            for (std::size_t i = 0; i < inputs; ++i)
                for (std::size_t o = 0; o < outputs; ++o)
                    result.push_back(from[o * of_output + i * of_input + tap * of_tap]);
        return result;
    }

    [[nodiscard]] std::size_t stride(std::size_t axis) const {
        std::size_t stride = 1;
        for (std::size_t behind = axis + 1; behind < dims().size(); ++behind)
            stride *= static_cast<std::size_t>(dims()[behind]);
        return stride;
    }

    /// The place (h, w, c) in the map of each row.
    [[nodiscard]] std::vector<std::size_t> rows() const {
        std::vector<std::size_t> places = {0};
        for (const Atom& atom : source_.inputs) {
            const std::int64_t unit = atom.axis == 'c'   ? 1
                                      : atom.axis == 'w' ? source_.map.c
                                                         : source_.map.c * source_.map.w;
            std::vector<std::size_t> next;
            next.reserve(places.size() * static_cast<std::size_t>(atom.size));
            for (const std::size_t place : places)
                for (std::int64_t i = 0; i < atom.size; ++i)
                    next.push_back(place + static_cast<std::size_t>(i * atom.stride * unit));
            places = std::move(next);
        }
        return places;
    }

    [[nodiscard]] std::vector<float> matrix() const {
        const std::vector<float> from = floats_of(graph_, source_.tensor);
        const std::vector<std::size_t> places = rows();
        const std::size_t outputs = channel_count();
        const bool turned = source_.filter == Filter::turned;
        std::vector<float> result(from.size());
        for (std::size_t row = 0; row < places.size(); ++row) {
            for (std::size_t o = 0; o < outputs; ++o)
                result[places[row] * outputs + o] =
                    from[turned ? o * places.size() + row : row * outputs + o];
        }
        return result;
    }

    void apply(const ChannelStep& step, Channelwise& by) const {
        using What = ChannelStep::What;
        if (step.what == What::scale || step.what == What::shift) return apply(step.what, {step.value}, by);
        if (step.what != What::batch_norm) {
            const std::vector<float> values = floats_of(graph_, step.constants[0]);
            return apply(step.what, {values.begin(), values.end()}, by);
        }
        const std::vector<float> scale = floats_of(graph_, step.constants[0]);
        const std::vector<float> bias = floats_of(graph_, step.constants[1]);
        const std::vector<float> mean = floats_of(graph_, step.constants[2]);
        const std::vector<float> variance = floats_of(graph_, step.constants[3]);
        for (std::size_t i = 0; i < by.factor.size(); ++i) {
            const double factor =
                static_cast<double>(scale[i]) / std::sqrt(static_cast<double>(variance[i]) + step.value);
            by.factor[i] *= factor;
            by.shift[i] =
                (by.shift[i] - static_cast<double>(mean[i])) * factor + static_cast<double>(bias[i]);
        }
    }

    static void apply(ChannelStep::What what, const std::vector<double>& values, Channelwise& by) {
        using What = ChannelStep::What;
        for (std::size_t i = 0; i < by.factor.size(); ++i) {
            const double value = values[values.size() == 1 ? 0 : i];
            if (what == What::add || what == What::shift) {
                by.shift[i] += value;
            } else if (what == What::subtract) {
                by.shift[i] -= value;
            } else {
                const double factor = what == What::divide ? 1 / value : value;
                by.factor[i] *= factor;
                by.shift[i] *= factor;
            }
        }
    }

    const PlainGraph& graph_;
    const WeightSource& source_;
};

/// Values of a layer's filter; absent: it has none.
std::optional<std::int64_t> filter_size(const Layer& layer) {
    if (std::holds_alternative<ByChannel>(layer.kind)) return layer.output.c;
    const std::int64_t weights = layer_cost(layer).weights;
    return weights > 0 ? std::optional(weights) : std::nullopt;
}

class GraphWeights final : public ImportedWeights {
  public:
    GraphWeights(std::shared_ptr<const PlainGraph> graph, std::vector<WeightSource> sources)
        : graph_(std::move(graph)), sources_(std::move(sources)) {}

    [[nodiscard]] std::optional<Weights> of(const Network& network) const override {
        Weights weights;
        for (const Layer& layer : network.layers) {
            const auto size = filter_size(layer);
            LayerWeights& made = weights.layers.emplace_back();
            if (!size) continue;
            const auto block = static_cast<std::size_t>(layer.block);
            if (block >= sources_.size() || sources_[block].filter == Filter::none) return std::nullopt;
            made = Source(*graph_, sources_[block]).weights();
            const auto* const by_channel = std::get_if<ByChannel>(&layer.kind);
            const bool factors = by_channel != nullptr && by_channel->rule != ByChannel::Rule::batch_norm;
            if (static_cast<std::int64_t>(made.filter.size()) != *size ||
                static_cast<std::int64_t>(made.bias.size()) != layer.output.c)
                return std::nullopt;
            if (factors) made.bias.clear();
        }
        return weights;
    }

  private:
    std::shared_ptr<const PlainGraph> graph_;
    std::vector<WeightSource> sources_;
};

}  // namespace

std::shared_ptr<const ImportedWeights> imported_weights(std::shared_ptr<const PlainGraph> graph,
                                                        std::vector<WeightSource> sources) {
    return std::make_shared<const GraphWeights>(std::move(graph), std::move(sources));
}

}  // namespace mobilenet_cost

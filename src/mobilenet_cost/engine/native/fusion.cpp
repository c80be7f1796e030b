#include "mobilenet_cost/engine/native/fusion.h"

#include <algorithm>

#include "mobilenet_cost/engine/native/bands.h"

namespace mobilenet_cost {

namespace {

bool is_product(const Layer& layer) {
    const auto* conv = std::get_if<Conv>(&layer.kind);
    return conv != nullptr && !runs_depthwise(layer, *conv);
}

}  // namespace

std::optional<TensorId> residual_of(const Network& network, const std::vector<std::size_t>& last_uses,
                                    std::size_t sum) {
    if (sum == 0 || sum >= network.layers.size()) return std::nullopt;
    const Layer& before = network.layers[sum - 1];
    const Layer& layer = network.layers[sum];
    const auto produced = static_cast<TensorId>(sum);  // by the layer before
    const bool first = layer.inputs[0] == produced;
    const TensorId other = layer.inputs[first ? 1 : 0];
    const bool once = other != produced && layer.inputs[first ? 0 : 1] == produced;
    const bool legal = std::holds_alternative<Add>(layer.kind) && is_product(before) && once &&
                       last_uses[sum] == sum && before.activation == Activation::none;
    return legal ? std::optional(other) : std::nullopt;
}

namespace {

bool runs_as_depthwise(const Layer& layer) {
    const auto* conv = std::get_if<Conv>(&layer.kind);
    return conv != nullptr && runs_depthwise(layer, *conv);
}

bool runs_per_pixel(const Layer& layer) {
    return is_product(layer) && rows_are_pixels(std::get<Conv>(layer.kind));
}

/// Whether layer `reader` reads what the layer before computes, and no other layer does.
bool reads_alone(const Network& network, const std::vector<std::size_t>& last_uses, std::size_t reader) {
    const Layer& layer = network.layers[reader];
    return reader > 0 && layer.inputs[0] == static_cast<TensorId>(reader) && layer.inputs[1] == kNoTensor &&
           last_uses[reader] == reader;
}

/// Bands pay from this many times the L2 cache: below, the rings cost more than the L3 cache does
/// (docs/kernels.md).
constexpr std::int64_t kWorthBands = 4;

std::int64_t image_bytes(const Shape& shape) {
    return element_count(shape) / shape.n * static_cast<std::int64_t>(sizeof(float));
}

}  // namespace

std::vector<LayerRange> banded_layers(const Network& network, const std::vector<std::size_t>& last_uses,
                                      const CoreModel& core) {
    std::vector<LayerRange> bands;
    for (std::size_t i = 0; i + 1 < network.layers.size(); ++i) {
        const Layer& depthwise = network.layers[i];
        const bool pair = runs_as_depthwise(depthwise) && runs_per_pixel(network.layers[i + 1]) &&
                          reads_alone(network, last_uses, i + 1);
        const std::int64_t read = pair ? image_bytes(depthwise.input) : 0;
        if (!pair || read + image_bytes(depthwise.output) <= kWorthBands * core.l2_bytes) continue;
        LayerRange range{i, i + 2};
        const bool joins = reads_alone(network, last_uses, i) && read > kWorthBands * core.l2_bytes;
        const bool follows = !bands.empty() && bands.back().end == i;
        if (joins && follows && range.end - bands.back().begin <= kMostBandLayers) {
            bands.back().end = range.end;
            continue;
        }
        if (joins && !follows && is_product(network.layers[i - 1])) --range.begin;
        bands.push_back(range);
    }
    return bands;
}

bool reads_input_by_vectors(const Network& network) {
    return std::any_of(network.layers.begin(), network.layers.end(), [](const Layer& layer) {
        const bool reads = layer.inputs[0] == 0 || layer.inputs[1] == 0;
        return reads && !is_product(layer);
    });
}

bool runs_depthwise(const Layer& layer, const Conv& conv) {
    return conv.groups == layer.input.c && layer.output.c == layer.input.c && conv.groups > 1;
}

}  // namespace mobilenet_cost

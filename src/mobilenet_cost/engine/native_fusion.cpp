#include "mobilenet_cost/engine/native_fusion.h"

#include <algorithm>

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

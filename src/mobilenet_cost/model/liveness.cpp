#include "mobilenet_cost/model/liveness.h"

#include <algorithm>

namespace mobilenet_cost {
namespace {

bool is_element_wise(const Layer& layer) {
    return is_binary(layer) || std::holds_alternative<ByChannel>(layer.kind) ||
           std::holds_alternative<Activate>(layer.kind) || is_function(layer);
}

std::int64_t tensor_elements(const Network& network, TensorId tensor) {
    return element_count(tensor_shape(network, tensor));
}

/// Elements that the output needs beyond what is live when it may take the place of a dying input.
std::int64_t in_place_need(const Layer& layer, std::int64_t output, std::int64_t largest_dying) {
    const bool fits = largest_dying >= output;
    if (fits && is_element_wise(layer)) return 0;
    if (fits && is_depthwise(layer))
        return checked_multiply(depth_multiplier(layer), checked_multiply(layer.output.h, layer.output.w));
    return output;
}

}  // namespace

std::vector<std::size_t> last_uses(const Network& network) {
    std::vector<std::size_t> last(network.layers.size() + 1, 0);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        for_each_input(network.layers[i],
                       [&](TensorId tensor) { last[static_cast<std::size_t>(tensor)] = i; });
    }
    last.back() = network.layers.size();
    for (const TensorId tap : network.taps)
        last[static_cast<std::size_t>(tap)] = network.layers.size();
    return last;
}

PeakMemory peak_memory(const Network& network, Overlap overlap) {
    std::vector<std::size_t> last = last_uses(network);
    PeakMemory peak;
    std::int64_t live = element_count(network.input);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        const std::int64_t output = element_count(layer.output);
        std::int64_t freed = 0;
        std::int64_t largest_dying = 0;
        for_each_input(layer, [&](TensorId tensor) {
            if (last[static_cast<std::size_t>(tensor)] != i) return;
            last[static_cast<std::size_t>(tensor)] =
                network.layers.size();  // one that is read twice dies once
            const std::int64_t elements = tensor_elements(network, tensor);
            freed += elements;
            largest_dying = std::max(largest_dying, elements);
        });
        const std::int64_t need =
            overlap == Overlap::none ? output : in_place_need(layer, output, largest_dying);
        const std::int64_t now = checked_add(live, need);
        if (now > peak.elements) peak = {now, i};
        live = checked_add(live, output) - freed;
    }
    return peak;
}

}  // namespace mobilenet_cost

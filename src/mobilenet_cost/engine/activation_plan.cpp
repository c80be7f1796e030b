#include "mobilenet_cost/engine/activation_plan.h"

#include <algorithm>

#include "mobilenet_cost/engine/arena.h"
#include "mobilenet_cost/model/liveness.h"

namespace mobilenet_cost {

namespace {

struct Blocks {
    std::vector<ArenaBlock> blocks;
    std::vector<std::size_t> padding;    // bytes, by block
    std::vector<std::size_t> of_tensor;  // by TensorId
};

/// Bytes that pad each pixel's channels.
std::size_t channel_padding(const Shape& shape, const ActivationRules& rules) {
    const std::int64_t multiple = rules.channel_multiple;
    const std::int64_t pad = (multiple - shape.c % multiple) % multiple;
    return static_cast<std::size_t>(shape.n * shape.h * shape.w * pad) * rules.element_bytes;
}

/// The layers that run together with this one.
LayerRange group_of(const ActivationRules& rules, std::size_t layer) {
    for (const LayerRange& group : rules.together)
        if (group.begin <= layer && layer < group.end && !rules.keep_all) return group;
    return {layer, layer + 1};
}

/// Sizes are exact, and a block dies with the last layer that reads it.
Blocks exact_blocks(const Network& network, const ActivationRules& rules) {
    const std::vector<std::size_t> last_use = last_uses(network);
    Blocks result;
    for (std::size_t id = 0; id <= network.layers.size(); ++id) {
        const std::size_t writer = id == 0 ? 0 : id - 1;
        const LayerRange written = group_of(rules, writer);
        const std::size_t last = std::max(group_of(rules, last_use[id]).end - 1, writer);
        const bool inside = id > 0 && id < written.end;
        const bool may = id > 0 && !rules.keep_all && rules.overwritten;
        if (const auto old = may ? rules.overwritten(writer) : std::nullopt) {
            result.of_tensor.push_back(result.of_tensor[static_cast<std::size_t>(*old)]);
            ArenaBlock& block = result.blocks[result.of_tensor.back()];
            block.last = std::max(block.last, last);
        } else {
            const Shape& shape = tensor_shape(network, static_cast<TensorId>(id));
            const std::size_t bytes = static_cast<std::size_t>(element_count(shape)) * rules.element_bytes;
            result.of_tensor.push_back(result.blocks.size());
            result.blocks.push_back({inside ? 0 : bytes, id == 0 ? 0 : written.begin, last});
            result.padding.push_back(id == 0 || inside ? 0 : channel_padding(shape, rules));
        }
    }
    return result;
}

/// Most bytes that are live at one time.
std::int64_t live_peak(const std::vector<ArenaBlock>& blocks) {
    std::size_t peak = 0;
    for (const ArenaBlock& now : blocks) {  // the sum only grows where a block begins
        std::size_t live = 0;
        for (const ArenaBlock& block : blocks)
            if (block.first <= now.first && now.first <= block.last) live += block.bytes;
        peak = std::max(peak, live);
    }
    return static_cast<std::int64_t>(peak);
}

}  // namespace

// Each term is what one more rule adds to the peak, so that they sum up to the difference by construction.
ActivationPlan plan_activations(const Network& network, const ActivationRules& rules) {
    ActivationPlan plan;
    auto [blocks, padding, of_tensor] = exact_blocks(network, rules);
    const std::int64_t analytic =
        peak_memory(network, Overlap::none).elements * static_cast<std::int64_t>(rules.element_bytes);
    const std::int64_t reused = live_peak(blocks);
    for (ArenaBlock& block : blocks)
        if (rules.keep_all || &block == &blocks.front()) block.last = network.layers.size();
    const std::int64_t kept = live_peak(blocks);
    for (std::size_t i = 0; i < blocks.size(); ++i)
        if (blocks[i].bytes > 0) blocks[i].bytes += padding[i] + rules.extra_bytes;
    plan.bytes = place_blocks(blocks);
    const std::int64_t padded = live_peak(blocks);
    for (const std::size_t block : of_tensor)
        plan.offsets.push_back(blocks[block].offset);
    plan.memory.activation_bytes = static_cast<std::int64_t>(plan.bytes);
    plan.memory.in_place_bytes = reused - analytic;
    plan.memory.kept_bytes = kept - reused;
    plan.memory.padding_bytes = padded - kept;
    plan.memory.gap_bytes = plan.memory.activation_bytes - padded;
    return plan;
}

std::optional<TensorId> dying_operand(const Network& network, const std::vector<std::size_t>& last_uses,
                                      std::size_t layer) {
    const Layer& reader = network.layers[layer];
    const TensorId first = reader.inputs[0];
    const bool dies = is_binary(reader) && first != 0 && first != reader.inputs[1] &&
                      last_uses[static_cast<std::size_t>(first)] == layer;
    return dies ? std::optional(first) : std::nullopt;
}

}  // namespace mobilenet_cost

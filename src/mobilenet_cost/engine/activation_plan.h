#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "mobilenet_cost/engine/engine.h"

namespace mobilenet_cost {

/// Layers [begin, end).
struct LayerRange {
    std::size_t begin = 0;
    std::size_t end = 0;

    bool operator==(const LayerRange&) const = default;
};

/// How an engine uses the memory of activations.
struct ActivationRules {
    bool keep_all = false;  ///< SessionOptions::keep_activations; nothing is overwritten then
    std::size_t element_bytes = sizeof(float);
    std::size_t extra_bytes = 0;        ///< behind each block, for kernels that read beyond its end
    std::int64_t channel_multiple = 1;  ///< each pixel is padded to it, except those of the network's input
    /// The tensor, if any, whose memory a layer's output takes over. It dies in that layer or, where the next
    /// layer is fused into this one, in the next. Never the network's input.
    std::function<std::optional<TensorId>(std::size_t layer)> overwritten = {};
    /// Layers that run together, in order: the first one's input and the last one's output live at the same
    /// time, and the tensors between them are never in memory.
    std::vector<LayerRange> together = {};
};

/// Where each tensor lies.
struct ActivationPlan {
    std::vector<std::size_t> offsets;  ///< into the arena, by TensorId
    std::size_t bytes = 0;             ///< of the arena
    SessionMemory memory;              ///< activation_bytes and the terms that explain it
};

/// One block per tensor, or per chain of tensors that overwrite each other. The input outlives the pass: it
/// is written once and read by every pass. So does the output.
[[nodiscard]] ActivationPlan plan_activations(const Network& network, const ActivationRules& rules);

/// The first input of a sum or product if it dies in that layer and is not the network's own: element by
/// element, it is read before it is written.
[[nodiscard]] std::optional<TensorId> dying_operand(const Network& network,
                                                    const std::vector<std::size_t>& last_uses,
                                                    std::size_t layer);

}  // namespace mobilenet_cost

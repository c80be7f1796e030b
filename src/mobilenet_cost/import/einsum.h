#pragma once

#include <cstdint>
#include <optional>

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

/// What the equation of an Einsum says with the sizes of its inputs.
struct Einsum {
    Dims dims;                  ///< of what it writes
    std::int64_t products = 1;  ///< of the sizes of all letters
    bool sums = false;          ///< some letter is not one of the output's
};

/// Absent: a size is not known, or the equation has an ellipsis. Throws Error where sizes do not fit it.
[[nodiscard]] std::optional<Einsum> read_einsum(const PlainGraph& graph, const PlainNode& node);

}  // namespace mobilenet_cost

#pragma once

#include <optional>
#include <vector>

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

/// Sizes of what a node writes, from those of what it reads; absent: its operator is not known, or depends on
/// values that are not. Throws Error where sizes do not fit each other.
[[nodiscard]] std::optional<std::vector<Dims>> node_sizes(const PlainGraph& graph, const PlainNode& node);

}  // namespace mobilenet_cost

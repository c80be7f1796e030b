#pragma once

#include <cstdint>
#include <optional>

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

/// What a node computes, over the whole batch, and what it has of its own.
struct OperatorCost {
    std::int64_t macs = 0;
    std::int64_t weights = 0;
    std::int64_t biases = 0;
};

/// Of a node whose inputs have sizes. MACs are those of products of matrices and of convolutions, whatever
/// their dimensions. Absent: what it multiplies is not known here.
[[nodiscard]] std::optional<OperatorCost> operator_cost(const PlainGraph& graph, const PlainNode& node);

}  // namespace mobilenet_cost

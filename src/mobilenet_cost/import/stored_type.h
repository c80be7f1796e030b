#pragma once

#include "mobilenet_cost/import/plain_graph.h"
#include "mobilenet_cost/model/cost.h"

namespace mobilenet_cost {

/// In what a file keeps the filters of its layers and the maps that these write: of each the type that most
/// values have. f32 where it is none of ours, as 16-bit maps beside 8-bit filters.
[[nodiscard]] DataType stored_type(const PlainGraph& graph);

}  // namespace mobilenet_cost

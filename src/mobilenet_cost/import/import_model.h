#pragma once

#include "mobilenet_cost/import/plain_graph.h"
#include "mobilenet_cost/model/imported_model.h"

namespace mobilenet_cost {

/// The graph as a model of ours, and its weights. `wanted`: the size of the input that the user asks for, for
/// a file that leaves it open; none: Resolution(). Throws Error.
[[nodiscard]] ImportedModel import_graph(PlainGraph graph, const Resolution& wanted);

}  // namespace mobilenet_cost

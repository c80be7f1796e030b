#pragma once

#include "mobilenet_cost/import/plain_graph.h"
#include "mobilenet_cost/model/imported_model.h"

namespace mobilenet_cost {

/// The graph as a model of ours, and its weights. Throws Error.
[[nodiscard]] ImportedModel import_graph(PlainGraph graph, const ImportRequest& wanted);

}  // namespace mobilenet_cost

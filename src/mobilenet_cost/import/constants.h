#pragma once

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

/// Makes what a node writes a constant if it is one: all that it reads is, or it asks for nothing but the
/// sizes of a tensor. False: it is none, or none that is known here.
[[nodiscard]] bool evaluate(PlainGraph& graph, const PlainNode& node);

}  // namespace mobilenet_cost

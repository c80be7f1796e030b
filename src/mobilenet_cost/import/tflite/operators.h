#pragma once

#include <string>

#include <tflite_schema.h>

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

/// Adds an operator to the graph, as one or more nodes of ONNX' operators. `read`: its inputs and outputs,
/// its name, and as its operator its name in the format, which it keeps if it is none that is known. Throws
/// Error at it where its settings have no such value.
void add_tflite_operator(PlainGraph& graph, const tflite::Operator& from, tflite::BuiltinOperator code,
                         PlainNode read);

}  // namespace mobilenet_cost

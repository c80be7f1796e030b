#pragma once

#include "mobilenet_cost/model/network.h"
#include "mobilenet_cost/model/weights.h"
#include "mobilenet_cost/onnx/proto.h"

namespace mobilenet_cost {

// Internal: see write_onnx().

/// Adds the network's nodes, values, inputs and outputs.
void write_graph(const Network& network, const Weights* weights, onnx::GraphProto& graph);

}  // namespace mobilenet_cost

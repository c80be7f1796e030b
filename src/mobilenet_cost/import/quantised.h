#pragma once

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

/// Makes of an ONNX graph that is quantised the one that it stands for: weights that are dequantised are
/// constants with scales, maps keep their values and know the type that they are stored in, and QLinearConv
/// and its like are the plain operators. Scales that are worked out stay operators.
void take_quantisation(PlainGraph& graph);

}  // namespace mobilenet_cost

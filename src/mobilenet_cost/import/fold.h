#pragma once

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

/// Activations that a file writes as several nodes become one of "Activation", whose attribute "kind" is the
/// activation's name in a model file: x Sigmoid(x), x HardSigmoid(x), x Clip(x + 3, 0, 6) / 6 and
/// x / 2 (1 + Erf(x / sqrt 2)) in the orders in which exporters write them. Clip(x + 3, 0, 6) / 6 and
/// Clip(a x + b, 0, 1) become HardSigmoid. The nodes that these read stay where others read them.
void fold_activations(PlainGraph& graph);

/// (x - mean) / sqrt(variance + epsilon) and factors and biases behind it become one LayerNormalization; an
/// InstanceNormalization of groups of channels, and factors and biases of channels behind it, one
/// GroupNormalization.
void fold_layer_norms(PlainGraph& graph);

/// Zeros that a Pad puts around the maps of convolutions become theirs.
void fold_pads(PlainGraph& graph);

/// All of them, and what is unused behind them left out.
void fold(PlainGraph& graph);

}  // namespace mobilenet_cost

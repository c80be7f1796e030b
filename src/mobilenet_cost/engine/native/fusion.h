#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "mobilenet_cost/engine/activation_plan.h"
#include "mobilenet_cost/engine/native/blocking.h"
#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {

/// The other input of the residual sum `sum` if the sum can be part of the convolution right before it: the
/// convolution is a product of matrices, it stays linear, and nobody else reads its output.
[[nodiscard]] std::optional<TensorId> residual_of(const Network& network,
                                                  const std::vector<std::size_t>& last_uses, std::size_t sum);

/// Layers [begin, end) that run band by band (native_bands.h), in order: depthwise convolutions and the
/// pointwise ones behind them, and the convolution before the first, where what lies between them is too
/// large for the L2 cache. Every tensor inside has one reader.
[[nodiscard]] std::vector<LayerRange> banded_layers(const Network& network,
                                                    const std::vector<std::size_t>& last_uses,
                                                    const CoreModel& core);

/// Whether a layer reads the network's input in whole vectors, as all do but products of matrices.
[[nodiscard]] bool reads_input_by_vectors(const Network& network);

/// One group per channel, as many outputs.
[[nodiscard]] bool runs_depthwise(const Layer& layer, const Conv& conv);

}  // namespace mobilenet_cost

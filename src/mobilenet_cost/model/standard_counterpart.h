#pragma once

#include <cstddef>
#include <vector>

#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {

/// A depthwise convolution and the pointwise one that follows it, squeeze-and-excite between them or not (no
/// pair with a depth multiplier).
struct SeparablePair {
    std::size_t depthwise = 0;
    std::size_t pointwise = 0;
};

/// In execution order.
[[nodiscard]] std::vector<SeparablePair> separable_pairs(const Network& network);

/// The network in which each pair is one K x K convolution with the depthwise's kernel, stride and
/// dilation, and the pointwise's channels, batch norm and activation. A squeeze-and-excite between the two
/// moves in front of that convolution and gates its input: it keeps its exact parameters and MACs, so that
/// the two networks differ in the convolutions alone.
[[nodiscard]] Network standard_counterpart(const Network& network);
void standard_counterpart_into(const Network& network, Network& standard);

}  // namespace mobilenet_cost

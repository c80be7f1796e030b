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

/// Convolutions of more than one tap in one group: none of them is depthwise or pointwise.
[[nodiscard]] std::size_t standard_convolutions(const Network& network);

/// The other way round: each of these is a depthwise and a pointwise convolution, as in MobileNetV1. The
/// depthwise has its kernel, stride, dilation and padding, the pointwise its channels, and both have the
/// batch norm, bias and activation that it has.
[[nodiscard]] Network made_separable(const Network& network);

}  // namespace mobilenet_cost

#pragma once

#include <cstdint>
#include <memory>

#include "mobilenet_cost/engine/native/int8/layer.h"

namespace mobilenet_cost {

/// A depthwise convolution of one output for each channel; `pixel` is that of its input and output, whole
/// blocks.
[[nodiscard]] std::unique_ptr<Int8Layer> plan_int8_depthwise(const Int8Options& options, const Layer& layer,
                                                             const QuantisedLayer& quantised,
                                                             std::int64_t pixel);

}  // namespace mobilenet_cost

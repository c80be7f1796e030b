#pragma once

#include <cstdint>
#include <memory>

#include "mobilenet_cost/engine/native/int8/layer.h"

namespace mobilenet_cost {

/// A convolution as a product of matrices: one row for each pixel of the output, which is widened to 16 bits
/// and, of a filter of several taps, gathered. A grouped filter is packed as a dense one with zeros.
[[nodiscard]] std::unique_ptr<Int8Layer> plan_int8_conv(const Int8Options& options, const Layer& layer,
                                                        const QuantisedLayer& quantised,
                                                        std::int64_t l2_bytes);

}  // namespace mobilenet_cost

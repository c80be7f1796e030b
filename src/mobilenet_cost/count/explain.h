#pragma once

#include "mobilenet_cost/count/analysis.h"

namespace mobilenet_cost {

/// The formulas of one layer with its numbers substituted, a line each.
[[nodiscard]] std::string explain_layer(const Network& network, std::size_t layer, DataType data_type);

}  // namespace mobilenet_cost

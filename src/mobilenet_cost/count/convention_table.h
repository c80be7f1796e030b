#pragma once

#include "mobilenet_cost/count/convention.h"

namespace mobilenet_cost {

/// In the order of the ledger; the first is "paper", the default.
[[nodiscard]] std::span<const Convention> convention_table();

}  // namespace mobilenet_cost

#pragma once

#include "mobilenet_cost/compare/network_diff.h"
#include "mobilenet_cost/report/parts/report.h"

namespace mobilenet_cost {

/// Two networks, layer by layer: what changed, is gone or was added, and totals; one sentence where both are
/// the same.
[[nodiscard]] Report network_diff_report(const NetworkDiff& diff);

}  // namespace mobilenet_cost

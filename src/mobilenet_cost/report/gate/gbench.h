#pragma once

#include "mobilenet_cost/report/gate/report.h"

namespace mobilenet_cost {

/// Google Benchmark's JSON: every round of each side, "base/..." and "head/...", for its
/// `compare.py filters FILE base head`.
[[nodiscard]] std::string gate_gbench(const GateReport& report, const GateResult& result);

}  // namespace mobilenet_cost

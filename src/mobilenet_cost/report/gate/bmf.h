#pragma once

#include "mobilenet_cost/report/gate/report.h"

namespace mobilenet_cost {

/// For Bencher: of each measured cell the head's latency and its ratio to the base's, each with bounds.
[[nodiscard]] std::string gate_bmf(const GateReport& report, const GateResult& result);

}  // namespace mobilenet_cost

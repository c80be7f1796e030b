#pragma once

#include "mobilenet_cost/report/gate/report.h"

namespace mobilenet_cost {

/// JUnit XML, a test case for each cell and one for the whole run: regressed and different ones are failures,
/// those that could not be measured are errors, undecided ones are skipped.
[[nodiscard]] std::string gate_junit(const GateReport& report, const GateResult& result);

}  // namespace mobilenet_cost

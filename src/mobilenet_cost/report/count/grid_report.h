#pragma once

#include <vector>

#include "mobilenet_cost/count/grid.h"
#include "mobilenet_cost/report/parts/report.h"
#include "mobilenet_cost/runtime/runtime.h"

namespace mobilenet_cost {

/// A sweep without times: the grid of analytic speed-ups, an alpha a row and a resolution a column, then the
/// cells. Schema mobilenet-cost.sweep.v1 (docs/schemas/sweep.schema.json).
/// `needs`: of a runtime, one for each cell, or none.
[[nodiscard]] Report sweep_report(const std::vector<SweepCell>& cells, const SweepSettings& settings,
                                  const std::vector<RuntimeNeed>& needs = {});

}  // namespace mobilenet_cost

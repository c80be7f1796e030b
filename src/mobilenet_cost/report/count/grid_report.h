#pragma once

#include <vector>

#include "mobilenet_cost/count/grid.h"
#include "mobilenet_cost/report/parts/report.h"

namespace mobilenet_cost {

/// A sweep without times: the grid of analytic speed-ups, an alpha a row and a resolution a column, then the
/// cells. Schema mobilenet-cost.sweep.v1 (docs/schemas/sweep.schema.json).
[[nodiscard]] Report sweep_report(const std::vector<SweepCell>& cells, const SweepSettings& settings);

}  // namespace mobilenet_cost

#pragma once

#include <vector>

#include "mobilenet_cost/report/parts/table.h"
#include "mobilenet_cost/sweep/result.h"

namespace mobilenet_cost {

/// Heat maps, an alpha a row and a resolution a column: for each model the analytic speed-ups over its base,
/// for each engine and number of threads the measured ones and the part that was kept; then the same of the
/// standard-convolution counterparts against the separable networks. Grids too wide for a terminal are left
/// out: the table of the points has all of it.
[[nodiscard]] std::vector<Section> sweep_grid_sections(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

#pragma once

#include <vector>

#include "mobilenet_cost/report/parts/table.h"
#include "mobilenet_cost/sweep/bench_result.h"

namespace mobilenet_cost {

/// All timed layers in one table: a row for each layer, columns for each engine and number of threads, sums
/// by class, and what does not add up. Then the names of the kernels. Empty: no layers were timed.
[[nodiscard]] std::vector<Section> layer_sections(const BenchResult& result);

}  // namespace mobilenet_cost

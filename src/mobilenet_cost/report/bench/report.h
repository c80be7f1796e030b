#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/report/parts/table.h"
#include "mobilenet_cost/sweep/bench.h"

namespace mobilenet_cost {

/// For people: a loud warning if the build's times mean nothing, then for each result the comparisons, the
/// times, the memory, the layers, and what one has to know to trust them.
[[nodiscard]] std::vector<Section> bench_sections(const std::vector<BenchResult>& results,
                                                  const BuildInfo& build = build_info());

}  // namespace mobilenet_cost

#pragma once

#include <vector>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/report/parts/table.h"
#include "mobilenet_cost/sweep/bench.h"

namespace mobilenet_cost {

/// For people: a loud warning if the build's times mean nothing, then the comparisons, the times and the
/// memory of all variants, the layers of each, and how far to trust them.
[[nodiscard]] std::vector<Section> bench_sections(const SweepRun& run, const SweepResult& result,
                                                  const BuildInfo& build = build_info());

}  // namespace mobilenet_cost

#pragma once

#include "mobilenet_cost/report/foreign/formats.h"

namespace mobilenet_cost {

/// Go's benchmark format (golang.org/design/14313-benchmark-format), a line for each block,
/// also the disturbed ones: benchstat compares medians.
[[nodiscard]] std::string go_benchmark_text(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

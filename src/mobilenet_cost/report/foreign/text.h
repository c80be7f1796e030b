#pragma once

#include "mobilenet_cost/report/foreign/formats.h"

namespace mobilenet_cost {

/// Go's benchmark format (golang.org/design/14313-benchmark-format), a line for each round that nothing
/// disturbed: benchstat's medians are the report's.
[[nodiscard]] std::string go_benchmark_text(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

#pragma once

#include "mobilenet_cost/report/foreign/formats.h"

namespace mobilenet_cost {

/// Google Benchmark's JSON for its compare.py: a repetition for each round that nothing disturbed, so that
/// their median is the report's. A point that did not run has no row: its readers would take the zeros for
/// times.
[[nodiscard]] std::string gbench_json(const SweepRun& run, const SweepResult& result);

/// The same with one row for each point, its median: for readers that take every row for a benchmark.
[[nodiscard]] std::string gbench_summary_json(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

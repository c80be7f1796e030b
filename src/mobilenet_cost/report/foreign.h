#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/sweep_result.h"

namespace mobilenet_cost {

/// A format that another tool reads.
struct ForeignFormat {
    std::string_view name;       ///< of the option: "gbench" is --out-gbench
    std::string_view extension;  ///< that files of it usually have
    std::string_view reader;     ///< who reads it
    std::string (*write)(const SweepRun& run, const SweepResult& result);
};

[[nodiscard]] std::span<const ForeignFormat> foreign_formats();

/// A name for each point, "mobilenet_v1/alpha=0.5/res=160/net=separable/engine=onednn/threads=1", with the
/// given character between key and value. A point that is entered again gets "/again=2": readers take equal
/// names for one thing.
[[nodiscard]] std::vector<std::string> point_names(const SweepRun& run, char separator);

/// Google Benchmark's JSON with every block as a repetition, also the disturbed ones, for its compare.py. A
/// point that did not run has no row: its readers would take the zeros for times.
[[nodiscard]] std::string gbench_json(const SweepRun& run, const SweepResult& result);

/// The same with one row for each point, its median: for readers that take every row for a benchmark.
[[nodiscard]] std::string gbench_summary_json(const SweepRun& run, const SweepResult& result);

/// Go's benchmark format (golang.org/design/14313-benchmark-format), a line for each block,
/// also the disturbed ones: benchstat compares medians.
[[nodiscard]] std::string go_benchmark_text(const SweepRun& run, const SweepResult& result);

/// Statements that make the tables mobilenet_cost_run, _point and _block, if need be, and add this run.
[[nodiscard]] std::string sweep_sql(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

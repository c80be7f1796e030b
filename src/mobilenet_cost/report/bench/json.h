#pragma once

#include "mobilenet_cost/report/bench/report.h"

namespace mobilenet_cost {

/// Schema mobilenet-cost.bench.v1 (docs/schemas/bench.schema.json). Every key is always there; null: not
/// known or not applicable.
[[nodiscard]] std::string bench_json(const std::vector<BenchResult>& results,
                                     const BuildInfo& build = build_info());

/// One line for each result row, with "row" naming its kind: "context" (once, first), then "network",
/// "comparison" and "layer", each with what names the variant and otherwise as in bench_json().
[[nodiscard]] std::string bench_jsonl(const std::vector<BenchResult>& results,
                                      const BuildInfo& build = build_info());

}  // namespace mobilenet_cost

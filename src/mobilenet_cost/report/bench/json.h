#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/sweep/bench.h"

namespace mobilenet_cost {

/// Schema mobilenet-cost.bench.v1 (docs/schemas/bench.schema.json). Every key is always there; null: not
/// known or not applicable.
[[nodiscard]] std::string bench_json(const SweepRun& run, const SweepResult& result,
                                     const BuildInfo& build = build_info());

/// A "context" line, then bench_rows(), one a line.
[[nodiscard]] std::string bench_jsonl(const SweepRun& run, const SweepResult& result,
                                      const BuildInfo& build = build_info());

/// For each variant its comparisons, networks and layers, with "row" naming the kind: each with the keys that
/// name the variant, and otherwise as in bench_json().
[[nodiscard]] std::vector<Json> bench_rows(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

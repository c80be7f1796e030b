#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/bench.h"
#include "mobilenet_cost/build_info.h"
#include "mobilenet_cost/report/table.h"

namespace mobilenet_cost {

/// For people: a loud warning if the build's times mean nothing, then for each result the comparisons, the
/// times, the memory, the layers, and what one has to know to trust them.
[[nodiscard]] std::vector<Section> bench_sections(const std::vector<BenchResult>& results,
                                                  const BuildInfo& build = build_info());

/// A row for each engine, number of threads and network; the speed-up columns say how much faster the
/// separable network of the same engine and threads is than the row's.
[[nodiscard]] Table bench_csv_table(const std::vector<BenchResult>& results);

/// A row for each layer of each profile.
[[nodiscard]] Table bench_layers_csv_table(const std::vector<BenchResult>& results);

/// Schema mobilenet-cost.bench.v1 (docs/schemas/bench.schema.json). Every key is always there; null: not
/// known or not applicable.
[[nodiscard]] std::string bench_json(const std::vector<BenchResult>& results,
                                     const BuildInfo& build = build_info());

/// One line for each result row, with "row" naming its kind: "context" (once, first), then "network",
/// "comparison" and "layer", each with what names the variant and otherwise as in bench_json().
[[nodiscard]] std::string bench_jsonl(const std::vector<BenchResult>& results,
                                      const BuildInfo& build = build_info());

}  // namespace mobilenet_cost

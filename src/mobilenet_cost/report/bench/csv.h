#pragma once

#include "mobilenet_cost/report/bench/report.h"

namespace mobilenet_cost {

/// A row for each engine, number of threads and network; the speed-up columns say how much faster the
/// separable network of the same engine and threads is than the row's.
[[nodiscard]] Table bench_csv_table(const std::vector<BenchResult>& results);

/// A row for each layer of each profile.
[[nodiscard]] Table bench_layers_csv_table(const std::vector<BenchResult>& results);

}  // namespace mobilenet_cost

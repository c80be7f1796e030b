#pragma once

#include "mobilenet_cost/report/parts/table.h"
#include "mobilenet_cost/sweep/bench.h"

namespace mobilenet_cost {

/// A row for each variant, engine, number of threads and network; the speed-up columns say how much faster
/// the separable network of the same variant, engine and threads is than the row's.
[[nodiscard]] Table bench_csv_table(const SweepRun& run, const SweepResult& result);

/// A row for each layer of each profile.
[[nodiscard]] Table bench_layers_csv_table(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

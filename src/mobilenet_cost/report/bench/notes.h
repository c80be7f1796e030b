#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/sweep/bench.h"

namespace mobilenet_cost {

/// Known faults of a variant's figures, a sentence each; empty: nothing that is known.
[[nodiscard]] std::vector<std::string> bench_warnings(const SweepRun& run, const BenchVariant& variant);

/// How far to trust the figures, lines of text: rounds, noise, caches, memory, machine, warnings.
[[nodiscard]] std::string bench_notes(const SweepRun& run, const SweepResult& result,
                                      const std::vector<BenchVariant>& variants);

}  // namespace mobilenet_cost

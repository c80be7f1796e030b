#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/sweep/bench_result.h"

namespace mobilenet_cost {

/// What is wrong with a result's figures, a sentence each; empty: nothing that is known.
[[nodiscard]] std::vector<std::string> bench_warnings(const BenchResult& result);

/// What one has to know to trust a result, lines of text: rounds, machine, caches, memory, warnings.
[[nodiscard]] std::string bench_notes(const BenchResult& result);

}  // namespace mobilenet_cost

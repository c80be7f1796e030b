#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/sweep/bench_candidates.h"
#include "mobilenet_cost/sweep/bench_result.h"

namespace mobilenet_cost {

/// The row of a network; null: it was left out.
[[nodiscard]] const NetworkResult* find_network(const BenchResult& result, const std::string& engine,
                                                int threads, NetworkKind kind);

/// Each candidate against the variant, on each engine and number of threads.
[[nodiscard]] std::vector<Comparison> compare_networks(const BenchResult& result,
                                                       const std::vector<Candidate>& candidates);

}  // namespace mobilenet_cost

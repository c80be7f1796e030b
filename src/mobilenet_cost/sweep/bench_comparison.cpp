#include "mobilenet_cost/sweep/bench_comparison.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/stats.h"

namespace mobilenet_cost {

namespace {

Comparison compare(const BenchResult& result, const std::string& engine, int threads,
                   const Candidate& candidate) {
    Comparison comparison;
    comparison.engine = engine;
    comparison.threads = threads;
    comparison.slower = candidate.kind;
    comparison.reason = candidate.reason;
    if (candidate.same_as_variant) return comparison;
    const NetworkResult& variant = *find_network(result, engine, threads, NetworkKind::separable);
    const NetworkResult& slower = *find_network(result, engine, threads, candidate.kind);
    if (slower.counts && variant.counts->macs > 0) {
        comparison.analytic_speedup =
            static_cast<double>(slower.counts->macs) / static_cast<double>(variant.counts->macs);
    }
    for (const NetworkResult* row : {&slower, &variant}) {
        if (row->status == BenchStatus::ok) continue;
        comparison.status = row->status;
        comparison.reason = fmt::format("{}: {}", network_kind_name(row->network), row->reason);
        return comparison;
    }
    comparison.status = BenchStatus::ok;
    comparison.speedup = paired_ratio(round_seconds(slower.samples), round_seconds(variant.samples),
                                      result.settings.confidence);
    if (comparison.analytic_speedup) {
        comparison.fraction_kept = scaled(*comparison.speedup, 1 / *comparison.analytic_speedup);
    }
    return comparison;
}

}  // namespace

const NetworkResult* find_network(const BenchResult& result, const std::string& engine, int threads,
                                  NetworkKind kind) {
    const auto& rows = result.networks;
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const NetworkResult& row) {
        return row.engine == engine && row.threads == threads && row.network == kind;
    });
    return found == rows.end() ? nullptr : &*found;
}

std::vector<Comparison> compare_networks(const BenchResult& result,
                                         const std::vector<Candidate>& candidates) {
    std::vector<Comparison> comparisons;
    for (const EngineStatus& engine : result.engines) {
        for (const int threads : result.settings.threads) {
            for (const Candidate& candidate : candidates) {
                if (candidate.kind == NetworkKind::separable) continue;
                comparisons.push_back(compare(result, engine.name, threads, candidate));
            }
        }
    }
    return comparisons;
}

}  // namespace mobilenet_cost

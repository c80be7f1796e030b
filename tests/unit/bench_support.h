#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mobilenet_cost/sweep/bench.h"

#include "unit/fake_engine.h"

/// Benches of a small model on the fake engine.
namespace mobilenet_cost::testing_support {

/// A network of a variant, with everything that is known about it.
struct BenchNetwork {
    std::string engine;
    int threads = 1;
    NetworkKind network = NetworkKind::separable;
    BenchStatus status = BenchStatus::ok;
    std::string reason;
    std::optional<NetworkCounts> counts;
    std::optional<SessionMemory> memory;
    std::optional<Estimate> seconds;
    CellSamples samples;
};

/// A bench that has run; the lists are those of its first variant.
struct BenchOutcome {
    explicit BenchOutcome(SweepRun timed)
        : run(std::move(timed)), result(evaluate(run)), variants(bench_variants(run, result)) {
        for (const BenchRow& row : variants.front().rows) {
            const SweepPoint& point = run.points[row.point];
            const PointResult& found = result.points[row.point];
            networks.push_back({point.engine, point.threads, row.network, found.status, found.reason,
                                point.counts, point.memory, found.seconds, run.measurement.cells[row.point]});
        }
        comparisons = variants.front().comparisons;
        profiles = variants.front().profiles;
    }

    SweepRun run;
    SweepResult result;
    std::vector<BenchVariant> variants;
    std::vector<BenchNetwork> networks;
    std::vector<BenchComparison> comparisons;
    std::vector<LayerProfile> profiles;
};

/// What a bench of the fake engine is asked for: the noise of this machine is no part of a test.
inline SweepTiming fake_timing() {
    SweepTiming timing;
    timing.rounds = 15;
    timing.max_seconds = 60;
    timing.confidence = 0.95;
    timing.between_runs = 0;
    timing.layers = false;
    timing.limits = {.most_steal = 1e9, .most_switches_per_second = 1e9};
    return timing;
}

inline BenchOutcome run_bench(const std::vector<Variant>& variants, const SweepTiming& timing,
                              const SweepHooks& hooks) {
    const ModelConfig config = small_model();
    std::vector<BenchCell> cells;
    append_bench_cells(config, variants, cells);
    const SweepSettings settings{.convention = "paper", .alpha_scope = "published"};
    SweepRun run = plan_bench(cells, {config.name}, settings, timing, hooks);
    time_sweep({config}, run, hooks);
    return BenchOutcome(std::move(run));
}

}  // namespace mobilenet_cost::testing_support

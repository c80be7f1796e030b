#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/sweep/plan.h"
#include "mobilenet_cost/sweep/result.h"

namespace mobilenet_cost {

// A bench is a sweep of a few cells, each network of which is compared with one other: the standard
// counterpart and the base model with the variant.

/// One cell of a bench.
struct BenchCell {
    SweepCell cell;
    std::size_t base = 0;  ///< the cell with the base model; itself: the variant is that network
    bool asked = true;     ///< false: it is there as the base alone
    // By the place of the data type in kComputedTypes.
    std::array<std::optional<NetworkCounts>, kComputedTypes.size()> separable;
    std::array<std::optional<NetworkCounts>, kComputedTypes.size()> standard;  ///< absent: no such network
};

/// Appends the variants of one model and, unless it is one of them, the model at width 1 and native
/// resolution. Throws Error for a variant that does not exist.
void append_bench_cells(const ModelConfig& config, std::vector<Variant> variants,
                        std::vector<BenchCell>& cells);

/// A run like that of a sweep, to be timed by time_sweep(). Throws Error as plan_run() does.
[[nodiscard]] SweepRun plan_bench(const std::vector<BenchCell>& cells, std::vector<std::string> models,
                                  const SweepSettings& settings, const SweepTiming& timing,
                                  const SweepHooks& hooks = {});

/// How much faster the variant is than another network, or than itself in f32.
struct BenchComparison {
    std::size_t point = 0;                       ///< of the variant
    NetworkKind slower = NetworkKind::standard;  ///< the numerator: its time / the variant's time
    bool over_f32 = false;                       ///< the numerator is the variant in f32
    BenchStatus status = BenchStatus::skipped;
    std::string reason;
    /// Ratio of the MACs; over f32, of the bytes of a value: vectors hold as many values more.
    std::optional<double> analytic_speedup;
    std::optional<Estimate> speedup;  ///< measured
    std::optional<Estimate> kept;     ///< measured / analytic
    bool precise = true;              ///< the interval of the speed-up is as narrow as asked for
};

/// A network of a variant: `point` of the run, and what it is to the variant.
struct BenchRow {
    NetworkKind network = NetworkKind::separable;
    std::size_t point = 0;
};

/// Everything that was measured about one variant, by engine, threads and network.
struct BenchVariant {
    std::size_t cell = 0;
    std::size_t base_cell = 0;
    std::vector<BenchRow> rows;
    std::vector<BenchComparison> comparisons;
    std::vector<LayerProfile> profiles;  ///< of the variant; empty unless layers were asked for
};

/// In the order asked for.
[[nodiscard]] std::vector<BenchVariant> bench_variants(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

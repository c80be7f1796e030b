#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/count/grid.h"
#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/machine/preflight.h"
#include "mobilenet_cost/measure/cache_flush.h"
#include "mobilenet_cost/measure/disturbance.h"
#include "mobilenet_cost/measure/layer_profile.h"
#include "mobilenet_cost/measure/measure.h"

namespace mobilenet_cost {

/// One part of a sweep that is spread over several runs: the groups g (a model on one engine with one number
/// of threads) with g % count == index - 1. A cell stays with its base and its standard counterpart.
struct Shard {
    std::int64_t index = 1;
    std::int64_t count = 1;

    bool operator==(const Shard&) const = default;
};

/// A sweep that times some cells and predicts the others: indices of cells.
struct PredictionPlan {
    std::vector<std::size_t> timed;  ///< what the prediction is fitted to
    std::vector<std::size_t> spots;  ///< timed only to check it

    bool operator==(const PredictionPlan&) const = default;
};

// Limits of a sweep, from a command line and from a log that is resumed alike.

inline constexpr std::int64_t kMostRounds = 1'000'000'000;
inline constexpr double kMostSeconds = 30.0 * 24 * 3600;
inline constexpr double kLargestPrecision = 1e9;
inline constexpr int kMostThreads = 1 << 20;  ///< far more than engines run on (PlannedSession)

/// How a sweep is to be timed.
struct SweepTiming {
    std::vector<std::string> engines;  ///< empty: the fastest available
    std::vector<int> threads = {1};
    std::vector<NetworkKind> networks = {NetworkKind::separable, NetworkKind::standard};
    std::int64_t rounds = 1000;  ///< at most
    /// A point is done when half the width of each of its ratios' intervals is at most this part of the value
    /// (WideIntervals).
    double precision = 0.02;
    // No part of a log: what is asked of times by themselves.
    bool precise_times = false;  ///< the intervals of the times decide, too
    bool precise_ratios = true;  ///< those of the ratios do
    std::optional<double> decided_at =
        {};                    ///< seconds: a time whose interval is on one side of it is precise
    double max_seconds = 300;  ///< for all timing; making the networks ready has as much for itself
    double confidence = 0.99;  ///< of each interval
    /// By this part of the value each side of a ratio's interval is widened, for what differs between runs
    /// and therefore does not show within one, such as where the memory of each session lies
    /// (docs/performance.md, "The grid, measured twice").
    double between_runs = 0.004;
    std::uint64_t seed = 1;  ///< of the order inside the rounds
    std::optional<int> pin_cpu;
    DisturbanceLimits limits;  ///< a block beyond them is left out together with its partner in a pair
    bool layers = true;        ///< time the layers of the separable networks, after the rounds
    LayerMode layer_mode = LayerMode::in_situ;
    CacheMode cache = CacheMode::warm;  ///< evicted before each timed pass
    Shard shard;
    std::optional<PredictionPlan> prediction;  ///< absent: every cell is timed

    bool operator==(const SweepTiming&) const = default;
};

/// One network on one engine with one number of threads.
struct SweepPoint {
    std::size_t cell = 0;  ///< in SweepRun::cells
    std::string engine;    ///< with its data type (typed_engine.h)
    int threads = 1;
    NetworkKind network = NetworkKind::separable;
    std::size_t base = 0;                    ///< the point that its speed-up is against; itself: it is a base
    std::optional<std::size_t> counterpart;  ///< the other network of the same cell
    BenchStatus status = BenchStatus::ok;
    std::string reason;                        ///< why not ok
    std::optional<NetworkCounts> counts;       ///< absent: there is no such network
    std::optional<std::int64_t> memory_bytes;  ///< held by the engine
    std::optional<SessionMemory> memory;       ///< what they are made of; not in older logs
};

/// The program and machine of a run; runs may be joined only when all of it is equal.
struct RunOrigin {
    std::string version;
    std::string commit;
    std::string compiler;
    std::string flags;
    MachineInfo machine;  ///< of which the CPU, its caches and the number of allowed CPUs are compared
    std::vector<EngineStatus> engines;
};

/// The most that this machine does with `threads` threads.
struct RooflinePeak {
    int threads = 1;
    double flops_per_second = 0;  ///< 1 MAC = 2 FLOPs
    double bytes_per_second = 0;  ///< of the memory that layers stream from; caches are faster

    bool operator==(const RooflinePeak&) const = default;
};

/// A peak for each number of threads that it is known for.
using RooflinePeaks = std::vector<RooflinePeak>;

/// Of an engine with its data type; null where it is not known, as for all but f32.
[[nodiscard]] const RooflinePeak* find_peak(const RooflinePeaks& peaks, const std::string& engine,
                                            int threads);

/// Shortest time of a layer under a roof: it computes no faster than the peak and moves its bytes no faster
/// than the memory (Williams, Waterman and Patterson, "Roofline", CACM 52(4), 2009).
[[nodiscard]] double roofline_seconds(const LayerTime& layer, const RooflinePeak& peak);

/// Everything that a measured sweep is: what a run log stores, and all that its document is made from.
struct SweepRun {
    std::string started;  ///< UTC, "2026-01-31T12:00:00Z"
    RunOrigin origin;
    SweepSettings settings;
    SweepTiming timing;
    std::vector<std::string> models;  ///< for each model of the cells: its name or config file, as asked for
    std::vector<SweepCell> cells;
    std::vector<SweepPoint> points;
    Preflight preflight;
    CacheFlush cache_flush;
    RooflinePeaks peaks;      ///< of the threads that were timed, where known
    Measurement measurement;  ///< `cells` are the points; those that cannot run have a failure
    std::vector<std::optional<LayerProfile>> profiles;  ///< one per point; absent: not timed layer by layer
};

/// The point of the same separable network on the same engine and threads that computes in f32; absent: it is
/// that point itself, or f32 is not timed, or the network is a standard one.
[[nodiscard]] std::optional<std::size_t> f32_point(const SweepRun& run, std::size_t point);

/// The point's cell is not one that was asked for: it is there as the base of others (bench.h).
[[nodiscard]] bool is_base_alone(const SweepRun& run, const SweepPoint& point);

/// The points of a shard: model by model, engine by engine, thread count by thread count, cell by cell.
[[nodiscard]] std::vector<SweepPoint> plan_points(const std::vector<SweepCell>& cells,
                                                  const SweepTiming& timing);

}  // namespace mobilenet_cost

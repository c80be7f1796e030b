#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/measure/cache_flush.h"
#include "mobilenet_cost/measure/layer_profile.h"
#include "mobilenet_cost/measure/measure.h"
#include "mobilenet_cost/measure/network_kind.h"
#include "mobilenet_cost/model/expand.h"

namespace mobilenet_cost {

struct BenchSettings {
    std::vector<std::string> engines;  ///< empty: the fastest available
    std::vector<int> threads = {1};
    std::int64_t rounds = 15;
    std::uint64_t seed = 1;   ///< of the order inside the rounds
    double max_seconds = 60;  ///< for all timing; making the networks ready has as much for itself
    double confidence = 0.95;
    bool per_layer = false;  ///< takes a quarter of the time limit
    LayerMode layer_mode = LayerMode::in_situ;
    CacheMode cache = CacheMode::warm;
    std::optional<int> pin_cpu;  ///< where one-thread sessions run; the others choose for themselves
};

/// One network on one engine with one number of threads.
struct NetworkResult {
    std::string engine;
    int threads = 1;
    NetworkKind network = NetworkKind::separable;
    BenchStatus status = BenchStatus::skipped;
    std::string reason;                   ///< why not ok
    std::optional<NetworkCounts> counts;  ///< absent: there is no such network
    std::optional<SessionMemory> memory;  ///< held by the engine
    std::optional<Estimate> seconds;      ///< of a pass: median over the rounds
    CellSamples samples;
};

/// How much faster the variant is than another network, from the pairs of each round.
struct Comparison {
    std::string engine;
    int threads = 1;
    NetworkKind slower = NetworkKind::standard;  ///< the numerator: this time / the variant's time
    BenchStatus status = BenchStatus::skipped;
    std::string reason;
    std::optional<double> analytic_speedup;  ///< ratio of the MACs
    std::optional<Estimate> speedup;         ///< measured
    std::optional<Estimate> fraction_kept;   ///< measured / analytic
};

struct BenchResult {
    std::string model;
    Variant variant;  ///< resolution filled in
    double beta = 1;  ///< resolution / native resolution
    Variant base;
    BenchSettings settings;  ///< engines and threads filled in
    MachineInfo machine;     ///< when the bench began
    CacheFlush cache_flush;
    double clock_resolution_seconds = 0;
    std::vector<EngineStatus> engines;            ///< those asked for
    std::vector<NetworkResult> networks;          ///< by engine, threads, network
    std::vector<Comparison> comparisons;          ///< by engine, threads
    std::vector<LayerProfile> profiles;           ///< empty without per_layer
    std::vector<std::vector<std::size_t>> order;  ///< for each round: indices into `networks`
    Ended ended = Ended::all_rounds;
    bool shortened = false;  ///< see Measurement
    double seconds = 0;      ///< warm-up, calibration and rounds
};

/// FLOP/s (2 x MACs). Absent: no time.
[[nodiscard]] std::optional<double> flops_per_second(std::int64_t macs, double seconds);

}  // namespace mobilenet_cost

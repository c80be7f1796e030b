#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/expand.h"
#include "mobilenet_cost/layer_profile.h"
#include "mobilenet_cost/machine.h"
#include "mobilenet_cost/measure.h"
#include "mobilenet_cost/model_config.h"
#include "mobilenet_cost/stats.h"

namespace mobilenet_cost {

struct BenchSettings {
    std::vector<std::string> engines;  ///< empty: the fastest available
    std::vector<int> threads = {1};
    std::int64_t rounds = 15;
    std::uint64_t seed = 1;   ///< of the order inside the rounds
    double max_seconds = 60;  ///< for all timing; making the networks ready comes on top
    double confidence = 0.95;
    bool per_layer = false;      ///< takes a quarter of the time limit
    std::optional<int> pin_cpu;  ///< where one-thread sessions run; the others choose for themselves
};

/// The networks that are timed against each other.
enum class NetworkKind {
    separable,  ///< the variant
    standard,   ///< its counterpart with standard convolutions
    base,       ///< the same model at width 1 and native resolution
};

/// What is known about a network without running it; f32, batch norm folded.
struct NetworkCounts {
    std::int64_t macs = 0;
    std::int64_t params = 0;  ///< batch norm not counted, as in the papers
    std::int64_t weight_bytes = 0;
    std::int64_t activation_bytes = 0;  ///< input and every layer's output, each in memory of its own
};

/// One network on one engine with one number of threads.
struct NetworkResult {
    std::string engine;
    int threads = 1;
    NetworkKind network = NetworkKind::separable;
    BenchStatus status = BenchStatus::skipped;
    std::string reason;                        ///< why not ok
    std::optional<NetworkCounts> counts;       ///< absent: there is no such network
    std::optional<std::int64_t> memory_bytes;  ///< held by the engine
    std::optional<Estimate> seconds;           ///< of a pass: median over the rounds
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

struct BenchProgress {
    enum class Phase { prepare, warm_up, rounds, layers };
    Phase phase = Phase::prepare;
    std::int64_t done = 0;
    std::int64_t total = 0;
    std::optional<double> seconds_left;  ///< of this phase
};

/// The world around a bench. Everything is optional; all but the first two are for tests.
struct BenchHooks {
    std::function<void(const BenchProgress&)> progress;
    const std::atomic<bool>* stop = nullptr;  ///< true: end after the current round with what there is
    std::function<std::vector<EngineStatus>()> engine_statuses;
    std::function<std::shared_ptr<const Engine>(const std::string&)> find_engine;
    std::function<std::optional<std::int64_t>()> available_memory_bytes;
    Clock* clock = nullptr;
};

/// Times the variant, its standard counterpart and the base model on every engine and number of threads, all
/// in the same rounds. What cannot run is a row with the reason. Throws Error for wrong input: settings out
/// of range, an unknown engine, a variant that does not exist; nothing has run then.
[[nodiscard]] BenchResult run_bench(const ModelConfig& config, const Variant& variant,
                                    const BenchSettings& settings, const BenchHooks& hooks = {});

/// FLOP/s (2 x MACs). Absent: no time.
[[nodiscard]] std::optional<double> flops_per_second(std::int64_t macs, double seconds);

[[nodiscard]] std::string_view network_kind_name(NetworkKind kind);
[[nodiscard]] std::string_view ended_name(Ended ended);

}  // namespace mobilenet_cost

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/sweep/bench_result.h"

namespace mobilenet_cost {

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
    std::optional<Evictor> evictor;
};

/// Times the variant, its standard counterpart and the base model on every engine and number of threads, all
/// in the same rounds. What cannot run is a row with the reason. Throws Error for wrong input: settings out
/// of range, an unknown engine, a variant that does not exist; nothing has run then.
[[nodiscard]] BenchResult run_bench(const ModelConfig& config, const Variant& variant,
                                    const BenchSettings& settings, const BenchHooks& hooks = {});

}  // namespace mobilenet_cost

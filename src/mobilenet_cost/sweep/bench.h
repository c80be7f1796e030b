#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "mobilenet_cost/engine/world.h"
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

/// Who takes part in a bench from outside. Everything is optional; the last two are for tests.
struct BenchHooks {
    std::function<void(const BenchProgress&)> progress;
    const std::atomic<bool>* stop = nullptr;  ///< true: end after the current round with what there is
    EngineWorld* world = &real_world();
    std::optional<Evictor> evictor;
};

/// Times the variant, its standard counterpart and the base model on every engine and number of threads, all
/// in the same rounds. What cannot run is a row with the reason. Throws Error for wrong input: settings out
/// of range, an unknown engine, a variant that does not exist; nothing has run then.
[[nodiscard]] BenchResult run_bench(const ModelConfig& config, const Variant& variant,
                                    const BenchSettings& settings, const BenchHooks& hooks = {});

}  // namespace mobilenet_cost

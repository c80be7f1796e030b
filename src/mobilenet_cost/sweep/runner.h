#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "mobilenet_cost/engine/world.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/sweep/run.h"
#include "mobilenet_cost/sweep/run_log.h"

namespace mobilenet_cost {

struct SweepProgress {
    enum class Phase { preflight, prepare, warm_up, rounds, layers };
    Phase phase = Phase::preflight;
    std::int64_t done = 0;  ///< points; in the phase `rounds`: rounds, of at most `total`
    std::int64_t total = 0;
    std::optional<double> seconds_left = {};    ///< at most
    std::int64_t points_done = 0;               ///< in the phase `rounds`: precise enough
    std::int64_t points = 0;                    ///< that are timed
    std::optional<double> worst_interval = {};  ///< half width over value
};

/// Who takes part in a measured sweep from outside. Everything is optional.
struct SweepHooks {
    std::function<void(const SweepProgress&)> progress;
    const std::atomic<bool>* stop = nullptr;  ///< true: end after the current round with what there is
    RunLog* log = nullptr;
    std::function<RooflinePeaks(const std::vector<int>& threads)> peaks;  ///< empty: the roofs stay unknown
    EngineWorld* world = &real_world();
    std::optional<Evictor> evictor;  ///< for tests; absent: the best that this machine has
};

/// Times the points of the run, or goes on where an earlier call was interrupted. `configs` are in the order
/// of SweepRun::models. What cannot run is a point with its reason; the others go on.
void time_sweep(const std::vector<ModelConfig>& configs, SweepRun& run, const SweepHooks& hooks = {});

}  // namespace mobilenet_cost

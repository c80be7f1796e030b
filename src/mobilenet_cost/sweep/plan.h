#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mobilenet_cost/sweep/runner.h"

namespace mobilenet_cost {

/// Where this program runs and what it is.
[[nodiscard]] RunOrigin this_origin(std::vector<EngineStatus> engines);

/// A planned sweep: origin, engines and points are filled in, nothing is timed. Throws Error for settings out
/// of range, an unknown engine, or a shard without a group.
[[nodiscard]] SweepRun plan_run(std::vector<SweepCell> cells, std::vector<std::string> models,
                                const SweepSettings& settings, SweepTiming timing,
                                const SweepHooks& hooks = {});

/// The same for points that are planned in another way; `kind` is the kind of run, for messages.
using PointPlanner = std::function<std::vector<SweepPoint>(const SweepTiming& timing)>;
[[nodiscard]] SweepRun plan_run(std::vector<SweepCell> cells, std::vector<std::string> models,
                                const SweepSettings& settings, SweepTiming timing, const PointPlanner& points,
                                const std::string& kind, const SweepHooks& hooks);

/// Skips the points that have more threads than this process has CPUs: their passes would time the scheduler.
void skip_oversubscribed(SweepRun& run);

/// Throws Error when a stored run cannot be continued here: another machine, build, or other engines.
void require_resumable(const SweepRun& run, const RunOrigin& here, const std::string& log);

}  // namespace mobilenet_cost

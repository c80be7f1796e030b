#pragma once

#include "mobilenet_cost/sweep/result.h"

namespace mobilenet_cost {

/// Joins runs of one sweep, or repetitions of it: the rounds of the same point follow each other. Throws
/// Error when they come from different machines, builds or settings.
[[nodiscard]] SweepRun join_runs(std::vector<SweepRun> runs);

}  // namespace mobilenet_cost

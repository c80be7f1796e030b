#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "mobilenet_cost/sweep/run.h"

namespace mobilenet_cost {

/// Where a field of the timing is told about: "rounds" is "--rounds" on a command line, "/timing/rounds" in a
/// log.
using TimingPlace = std::function<std::string(std::string_view field)>;

/// Throws Error at `place` unless `index` is below `count`. `what` is the name of one.
void check_index(const std::string& place, const char* what, std::size_t index, std::size_t count);

/// Throws Error for what a sweep cannot be asked for, on a command line or by a log: whatever is within these
/// limits ends.
void check_timing(const SweepTiming& timing, const TimingPlace& place);

/// Throws Error for more cells or points than a sweep times in one process: what looks for one among them
/// takes the square of their number.
void check_size(const SweepRun& run, const std::string& place);

/// Throws Error for a planned run whose parts do not fit together, such as a point of a cell that it does not
/// have: everything that works with a run relies on it. `place` is the line of the log.
void check_plan(const SweepRun& run, const std::string& place);

}  // namespace mobilenet_cost

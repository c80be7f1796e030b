#pragma once

#include <cstdint>
#include <string_view>

#include "mobilenet_cost/base/clock.h"

namespace mobilenet_cost {

// How many passes are timed together: shared by everything that times blocks.

/// Quantisation of what is timed stays below 0.1 %.
constexpr double kStepsOfTheClock = 1000;

/// A block interrupted by another process would give too few passes for the rest of the run: one calibration
/// is believed only when the next says the same (as nanobench does). After this many it is taken as it is.
constexpr int kMostCalibrations = 8;

/// However short a time limit is, making ready may take this long and a first round may end this late:
/// without them there would be nothing to report.
inline constexpr double kShortestLimit = 10;

/// When work that is behind its limit is given up, in seconds: what has not begun by then does not begin.
[[nodiscard]] double last_moment(double max_seconds);

/// Throws Error at `place` unless `value` is a finite number above 0.
void check_positive(std::string_view place, double value);

/// At least one, and at most 1e9: a pass may be shorter than the clock can see.
[[nodiscard]] std::int64_t passes_for(double seconds, double pass_seconds);

/// They differ by at most `tolerance` of the larger.
[[nodiscard]] bool agree(double a, double b, double tolerance);

/// Two calibrations say the same: 10 % apart, or one pass.
[[nodiscard]] bool is_repeated(std::int64_t passes, std::int64_t earlier_passes);

}  // namespace mobilenet_cost

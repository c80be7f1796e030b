#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "mobilenet_cost/base/clock.h"
#include "mobilenet_cost/measure/samples.h"

namespace mobilenet_cost {

// Warm-up, block sizes and time limits: shared by everything that times blocks.

/// Quantisation of the timed stretch stays below 0.1 %.
constexpr double kStepsOfTheClock = 1000;

/// However short a time limit is, making ready may take this long and a first round may end this late:
/// without them there would be nothing to report.
inline constexpr double kShortestLimit = 10;

/// The moment, in seconds, at which late work is given up: nothing begins after it.
[[nodiscard]] double last_moment(double max_seconds);

/// The last moment of the limit is over.
[[nodiscard]] bool is_late(const Stopwatch& watch, double max_seconds);

/// Throws Error at `place` unless `value` is a finite number above 0.
void check_positive(std::string_view place, double value);

/// At least one, and at most 1e9: a pass may be shorter than the clock can see.
[[nodiscard]] std::int64_t passes_for(double seconds, double pass_seconds);

struct WarmUpLimits {
    double tolerance = 0.02;  ///< two blocks in a row that differ by at most this part of the longer: warm
    double max_seconds = 1;
    std::int64_t max_blocks = 50;
};

/// Part of a time limit that the warm-up of everything together may take where the limit is short.
inline constexpr double kWarmUpShare = 0.25;

struct BlockTime {
    double pass_seconds = 0;
    std::int64_t passes = 1;
};

/// Blocks until two in a row agree: a fixed number of passes is too few on some machine. `time_block` times
/// the next one; the first is a single pass.
[[nodiscard]] WarmUp warm_up_until_settled(Clock& clock, const WarmUpLimits& limits,
                                           const std::function<BlockTime(bool first)>& time_block,
                                           const std::function<bool()>& stopped);

/// Blocks of the size that `plan` gives by the latest times, until two plans in a row agree: one block that
/// another process interrupted would give too few passes for the rest of the run (nanobench does the same).
/// A plan that is confirmed already is taken; after some attempts so is one that is not.
[[nodiscard]] BlockSize calibrate_block(const std::function<BlockSize()>& plan,
                                        const std::function<void(const BlockSize&)>& time_block,
                                        const std::function<bool()>& stopped);

}  // namespace mobilenet_cost

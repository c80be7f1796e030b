#include "mobilenet_cost/measure/calibration.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {
namespace {

constexpr int kMostCalibrations = 8;

/// They differ by at most `tolerance` of the larger.
bool agree(double a, double b, double tolerance) {
    return std::abs(a - b) <= tolerance * std::max(a, b);
}

/// At most 10 % apart, or one pass.
bool is_repeated(std::int64_t passes, std::int64_t earlier_passes) {
    constexpr double kTolerance = 0.1;
    return std::abs(passes - earlier_passes) <= 1 ||
           agree(static_cast<double>(passes), static_cast<double>(earlier_passes), kTolerance);
}

}  // namespace

void check_positive(std::string_view place, double value) {
    if (!(value > 0) || !std::isfinite(value))
        fail(place, fmt::format("expected a number above 0, found {}", value));
}

double last_moment(double max_seconds) {
    return std::max(max_seconds, kShortestLimit);
}

bool is_late(const Stopwatch& watch, double max_seconds) {
    return watch.seconds() > last_moment(max_seconds);
}

std::int64_t passes_for(double seconds, double pass_seconds) {
    constexpr double kMost = 1e9;
    if (!(pass_seconds > 0)) return static_cast<std::int64_t>(kMost);
    return static_cast<std::int64_t>(std::clamp(std::ceil(seconds / pass_seconds), 1.0, kMost));
}

WarmUp warm_up_until_settled(Clock& clock, const WarmUpLimits& limits,
                             const std::function<BlockTime(bool first)>& time_block,
                             const std::function<bool()>& stopped) {
    WarmUp warm_up;
    const Stopwatch watch(clock);
    double before = 0;
    for (std::int64_t block = 0; block < limits.max_blocks; ++block) {
        const BlockTime now = time_block(block == 0);
        // The lone first pass is a block only where one pass fills it.
        const bool comparable = block > 1 || (block == 1 && now.passes == 1);
        warm_up.converged = comparable && agree(now.pass_seconds, before, limits.tolerance);
        before = now.pass_seconds;
        warm_up.passes += now.passes;
        if (block == 0) warm_up.first_pass_seconds = now.pass_seconds;
        warm_up.seconds = watch.seconds();
        if (warm_up.converged || warm_up.seconds >= limits.max_seconds || stopped()) break;
    }
    return warm_up;
}

BlockSize calibrate_block(const std::function<BlockSize()>& plan,
                          const std::function<void(const BlockSize&)>& time_block,
                          const std::function<bool()>& stopped) {
    BlockSize size = plan();
    for (int i = 0; i < kMostCalibrations && !size.confirmed && !stopped(); ++i) {
        const BlockSize before = size;
        time_block(before);
        size = plan();
        const bool repeated = is_repeated(size.passes, before.passes);
        if (repeated && before.passes > size.passes) size = before;
        size.confirmed = size.confirmed || repeated;
    }
    return size;
}

}  // namespace mobilenet_cost

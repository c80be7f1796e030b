#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/clock.h"
#include "mobilenet_cost/base/enum_names.h"

namespace mobilenet_cost {

/// Times of a fixed piece of integer work, repeated: whatever disturbs it disturbs a network, too.
struct LoopJitter {
    std::int64_t count = 0;
    double median_seconds = 0;
    double p95_over_median = 1;
    double max_over_median = 1;

    bool operator==(const LoopJitter&) const = default;
};

/// Readings while the loop ran. Absent: unknown on this system.
struct PreflightReadings {
    double seconds = 0;                                ///< that the machine was watched
    std::int64_t cpus = 1;                             ///< that this process may run on
    std::optional<double> load_average;                ///< over the last minute
    std::optional<double> steal_share;                 ///< of the time of all CPUs of the machine
    std::optional<double> involuntary_switches_per_s;  ///< of this process
    double clock_resolution_seconds = 0;
    LoopJitter loop;
    std::optional<double> ping_pong_seconds;  ///< a cache line between the first and the last CPU and back

    bool operator==(const PreflightReadings&) const = default;
};

/// Is this a moment to time anything? Ordered: a later one is worse.
enum class NoiseVerdict {
    quiet,
    usable,    ///< interleaved pairs still agree; absolute times are doubtful
    hopeless,  ///< a regression of 5 % could not be told from this noise: "inconclusive", never "pass"
};

template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<NoiseVerdict> = {"quiet", "usable", "hopeless"};
[[nodiscard]] constexpr std::string_view noise_verdict_name(NoiseVerdict verdict) {
    return enum_name(verdict);
}

/// Up to `quiet` is quiet, up to `usable` is usable, beyond is hopeless.
struct NoiseLimit {
    double quiet = 0;
    double usable = 0;
};

// The limits are fixed here, before anything runs, so that no result can have a say in them.

/// Load per CPU. Never hopeless by itself: it is the last minute's, and the build that has just ended is part
/// of it; what still disturbs shows in the other readings.
inline constexpr double kQuietLoadPerCpu = 0.5;
inline constexpr NoiseLimit kStealLimit = {0.005, 0.05};  // share of the CPUs' time
/// Two processes that share a CPU switch each 3 to 10 ms, so they make more than 100 switches a second.
inline constexpr NoiseLimit kSwitchLimit = {10, 100};  // per second
/// A block of 30 ms is to be 1000 steps of the clock.
inline constexpr NoiseLimit kClockLimit = {1e-6, 30e-6};  // seconds
/// One loop in twenty is slower than the median by more than this: medians bear a few per cent; beyond a
/// quarter, the two sides of a pair no longer see the same machine.
inline constexpr NoiseLimit kLoopP95Limit = {1.03, 1.25};
/// A single interruption; never hopeless by itself, because every estimate is a median.
inline constexpr double kQuietLoopMax = 2;

struct Preflight {
    PreflightReadings readings;
    NoiseVerdict verdict = NoiseVerdict::quiet;
    std::vector<std::string> reasons;  ///< one for each reading that is worse than quiet; empty when quiet

    bool operator==(const Preflight&) const = default;
};

/// The verdict is the worst of the readings'.
[[nodiscard]] Preflight classify_noise(const PreflightReadings& readings);

/// Throws Error if there is no sample.
[[nodiscard]] LoopJitter loop_jitter(const std::vector<double>& seconds);

struct PreflightSettings {
    std::int64_t loops = 500;    ///< of about a millisecond
    double loop_seconds = 1e-3;  ///< what a loop is calibrated to
    double max_seconds = 1.5;    ///< for the loops; those that do not fit are left out
    bool ping_pong = true;       ///< needs two CPUs; up to 0.05 s more
};

/// Looks at the machine for less than 2 s.
[[nodiscard]] Preflight run_preflight(Clock& clock, const PreflightSettings& settings = {});
[[nodiscard]] Preflight run_preflight(const PreflightSettings& settings = {});

}  // namespace mobilenet_cost

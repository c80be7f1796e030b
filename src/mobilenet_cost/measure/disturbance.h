#pragma once

#include <cstdint>

#include "mobilenet_cost/measure/samples.h"

namespace mobilenet_cost {

// When timed passes count as disturbed: the one rule of everything that times blocks.

struct DisturbanceLimits {
    double most_steal = 0.05;               ///< share of the time, taken by the hypervisor
    double most_switches_per_second = 100;  ///< to other processes

    bool operator==(const DisturbanceLimits&) const = default;
};

/// The kernel accounts steal in ticks of 10 ms, and a tick may be older than what was timed: one is always
/// forgiven, two are not. So are two switches: a short block would otherwise be disturbed by a single one.
inline constexpr double kForgivenSteal = 0.015;  ///< seconds
inline constexpr double kForgivenSwitches = 2;

/// The disturbance during `seconds` as a multiple of the allowed one; an unknown reading counts as 0.
[[nodiscard]] double disturbance(const NoiseSnapshot& noise, double seconds, const DisturbanceLimits& limits);

/// More than is allowed.
[[nodiscard]] bool is_disturbed(const NoiseSnapshot& noise, double seconds, const DisturbanceLimits& limits);

/// `group`: passes behind each of TimedBlock::pass_seconds.
[[nodiscard]] bool is_disturbed(const TimedBlock& block, std::int64_t group, const DisturbanceLimits& limits);

}  // namespace mobilenet_cost

#include "mobilenet_cost/measure/disturbance.h"

#include <algorithm>

namespace mobilenet_cost {

double disturbance(const NoiseSnapshot& noise, double seconds, const DisturbanceLimits& limits) {
    const double steal_limit = std::max(kForgivenSteal, limits.most_steal * seconds);
    const double switch_limit = std::max(kForgivenSwitches, limits.most_switches_per_second * seconds);
    const double steal = noise.steal_seconds.value_or(0) / steal_limit;
    const double switches = static_cast<double>(noise.involuntary_switches.value_or(0)) / switch_limit;
    return std::max(steal, switches);
}

bool is_disturbed(const NoiseSnapshot& noise, double seconds, const DisturbanceLimits& limits) {
    return disturbance(noise, seconds, limits) > 1;
}

bool is_disturbed(const TimedBlock& block, std::int64_t group, const DisturbanceLimits& limits) {
    return is_disturbed(block.disturbance, timed_seconds(block, group), limits);
}

}  // namespace mobilenet_cost

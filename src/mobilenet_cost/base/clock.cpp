#include "mobilenet_cost/base/clock.h"

#include <algorithm>
#include <chrono>

namespace mobilenet_cost {

std::int64_t SteadyClock::now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::int64_t SteadyClock::resolution() {
    constexpr int kReadings = 1000;
    std::int64_t smallest = INT64_MAX;
    std::int64_t before = now();
    for (int changes = 0; changes < kReadings;) {
        const std::int64_t after = now();
        if (after == before) continue;
        smallest = std::min(smallest, after - before);
        before = after;
        ++changes;
    }
    return smallest;
}

}  // namespace mobilenet_cost

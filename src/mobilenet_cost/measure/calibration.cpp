#include "mobilenet_cost/measure/calibration.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {

void check_positive(std::string_view place, double value) {
    if (!(value > 0) || !std::isfinite(value))
        fail(place, fmt::format("expected a number above 0, found {}", value));
}

double last_moment(double max_seconds) {
    return std::max(max_seconds, kShortestLimit);
}

std::int64_t passes_for(double seconds, double pass_seconds) {
    constexpr double kMost = 1e9;
    if (!(pass_seconds > 0)) return static_cast<std::int64_t>(kMost);
    return static_cast<std::int64_t>(std::clamp(std::ceil(seconds / pass_seconds), 1.0, kMost));
}

bool agree(double a, double b, double tolerance) {
    return std::abs(a - b) <= tolerance * std::max(a, b);
}

bool is_repeated(std::int64_t passes, std::int64_t earlier_passes) {
    constexpr double kTolerance = 0.1;
    return std::abs(passes - earlier_passes) <= 1 ||
           agree(static_cast<double>(passes), static_cast<double>(earlier_passes), kTolerance);
}

}  // namespace mobilenet_cost

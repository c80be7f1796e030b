#include "mobilenet_cost/base/units.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace mobilenet_cost {
namespace {

/// About three significant digits: 568.7, 42.1, 4.21.
std::string three_digits(double value) {
    const double magnitude = std::abs(value);
    if (magnitude >= 100) return fmt::format("{:.1f}", value);
    return fmt::format("{:.{}f}", value, magnitude >= 10 ? 1 : 2);
}

}  // namespace

std::string with_thousands(std::int64_t count) {
    std::string digits = fmt::format("{}", count);
    const std::ptrdiff_t first = count < 0 ? 1 : 0;
    for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > first; i -= 3)
        digits.insert(static_cast<std::size_t>(i), 1, ',');
    return digits;
}

std::string signed_count_text(std::int64_t change) {
    return (change > 0 ? "+" : "") + with_thousands(change);
}

std::string plural(std::int64_t count, std::string_view what) {
    return fmt::format("{} {}{}", with_thousands(count), what, count == 1 ? "" : "s");
}

std::string shortest(double value) {
    return fmt::format("{}", value);
}

std::string with_prefix(std::int64_t count) {
    static constexpr std::array kPrefixes = {"", " k", " M", " G", " T", " P", " E"};
    auto value = static_cast<double>(count);
    std::size_t prefix = 0;
    while (std::abs(value) >= 999.95 && prefix + 1 < kPrefixes.size()) {
        value /= 1000;
        ++prefix;
    }
    return prefix == 0 ? fmt::format("{}", count) : three_digits(value) + kPrefixes.at(prefix);
}

std::string bytes_text(std::int64_t bytes) {
    static constexpr std::array kPrefixes = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
    auto value = static_cast<double>(bytes);
    std::size_t prefix = 0;
    while (std::abs(value) >= 1023.95 && prefix + 1 < kPrefixes.size()) {
        value /= 1024;
        ++prefix;
    }
    return prefix == 0 ? fmt::format("{} B", bytes) : three_digits(value) + kPrefixes.at(prefix);
}

std::string seconds_text(double seconds) {
    // Limits with rounding: 999.95 ms would print as 1000.0 ms.
    const double magnitude = std::abs(seconds);
    if (magnitude >= 0.99995) return three_digits(seconds) + " s";
    if (magnitude >= 0.99995e-3) return three_digits(seconds * 1e3) + " ms";
    if (magnitude >= 0.99995e-6) return three_digits(seconds * 1e6) + " us";
    return three_digits(seconds * 1e9) + " ns";
}

std::string signed_percent_text(double change) {
    return fmt::format("{:+.1f} %", std::round(1000 * change) / 10 + 0.0);  // no -0.0
}

double in_picoseconds(double seconds) {
    constexpr double kOfASecond = 1e12;
    return std::round(seconds * kOfASecond) / kOfASecond;
}

std::string factor_text(double factor) {
    return fmt::format("{:.2f}x", factor);
}

std::string size_text(std::int64_t h, std::int64_t w, std::int64_t c) {
    return fmt::format("{}x{}x{}", h, w, c);
}

}  // namespace mobilenet_cost

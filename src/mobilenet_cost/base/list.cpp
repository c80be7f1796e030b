#include "mobilenet_cost/base/list.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kMostListValues = 1'000'000;

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

double parse_number(std::string_view text, const std::string& place) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || !std::isfinite(value) || !(value > 0))
        fail(place, fmt::format("expected a number above 0, found {}", in_quotes(text)));
    return value;
}

/// Values too small for 12 decimals stay as they are: 0 is not in any range.
double snapped(double value) {
    constexpr double kDecimals = 1e12;
    const double rounded = std::round(value * kDecimals) / kDecimals;
    return value < 1e3 && rounded > 0 ? rounded : value;
}

void append_range(std::vector<double>& values, std::string_view text,
                  const std::vector<std::string_view>& parts, const std::string& place) {
    const double first = parse_number(parts[0], place);
    const double last = parse_number(parts[1], place);
    const double step = parse_number(parts[2], place);
    const double steps = std::floor((last - first) / step + 1e-9);
    if (last < first)
        fail(place, fmt::format("expected FIRST:LAST:STEP with FIRST <= LAST, found {}", in_quotes(text)));
    if (!(steps < static_cast<double>(kMostListValues)))
        fail(place,
             fmt::format("expected at most {} values, found a range of {:.3g}", kMostListValues, steps + 1));
    for (double i = 0; i <= steps; ++i)
        values.push_back(snapped(first + i * step));
}

}  // namespace

std::vector<double> parse_numbers(const std::vector<std::string>& texts, const std::string& place) {
    std::vector<double> values;
    for (const std::string& text : texts) {
        for (const std::string_view item : split(text, ',')) {
            const std::vector<std::string_view> parts = split(item, ':');
            if (parts.size() == 3) {
                append_range(values, item, parts, place);
            } else if (parts.size() == 1) {
                values.push_back(parse_number(item, place));
            } else {
                fail(place, fmt::format("expected a number or FIRST:LAST:STEP, found {}", in_quotes(item)));
            }
            if (values.size() > kMostListValues)
                fail(place, fmt::format("expected at most {} values, found more", kMostListValues));
        }
    }
    return values;
}

std::vector<std::int64_t> parse_integers(const std::vector<std::string>& texts, const std::string& place) {
    std::vector<std::int64_t> values;
    for (const double value : parse_numbers(texts, place)) {
        if (value != std::floor(value) || value > 9e15)
            fail(place, fmt::format("expected a whole number, found {}", value));
        values.push_back(static_cast<std::int64_t>(value));
    }
    return values;
}

std::vector<std::string> parse_names(const std::vector<std::string>& texts) {
    std::vector<std::string> names;
    for (const std::string& text : texts) {
        for (const std::string_view item : split(text, ','))
            names.emplace_back(item);
    }
    return names;
}

}  // namespace mobilenet_cost

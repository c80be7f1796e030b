#include "quantity.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost::app {
namespace {

constexpr Unit kOfCounts[] = {{"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}};
constexpr Unit kOfSizes[] = {{"B", 1},         {"kB", 1e3},      {"MB", 1e6}, {"GB", 1e9}, {"KiB", 1 << 10},
                             {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}};  // KB: as many write it
constexpr Unit kOfTimes[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
constexpr Unit kOfShares[] = {{"%", 0.01}};

[[noreturn]] void refuse(const std::string& text, const std::string& flag, const Quantity& quantity) {
    std::string names;
    for (const Unit& unit : quantity.units)
        if (unit.name != "KB") names += (names.empty() ? ", alone or with " : ", ") + std::string(unit.name);
    fail(flag, fmt::format("expected a number above 0{}, found {}", names, in_quotes(text)));
}

/// 59.1 % is 0.591 to the last bit: a part of 1 divides.
double scaled(double number, double factor) {
    return factor < 1 ? number / std::round(1 / factor) : number * factor;
}

}  // namespace

const Quantity kCountUnits = {1, kOfCounts};
const Quantity kSizeUnits = {1 << 10, kOfSizes};
const Quantity kMillisecondUnits = {1e-3, kOfTimes};
const Quantity kSecondUnits = {1, kOfTimes};
const Quantity kShareUnits = {1, kOfShares};

double read_quantity(const std::string& text, const std::string& flag, const Quantity& quantity) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
    const auto known = std::find_if(quantity.units.begin(), quantity.units.end(),
                                    [&](const Unit& one) { return one.name == unit; });
    const bool read = error == std::errc() && (unit.empty() || known != quantity.units.end());
    const double value = read ? scaled(number, unit.empty() ? quantity.plain : known->factor) : 0;
    if (!(value > 0) || !std::isfinite(value)) refuse(text, flag, quantity);
    return value;
}

}  // namespace mobilenet_cost::app

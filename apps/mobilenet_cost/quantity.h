#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mobilenet_cost::app {

/// A unit that may follow a number on the command line.
struct Unit {
    std::string_view name;
    double factor = 1;
};

/// What a flag measures: the factor of a plain number, and the units as this program prints them.
struct Quantity {
    double plain = 1;
    std::span<const Unit> units;
};

extern const Quantity kCountUnits;        ///< 200k, 1.5G
extern const Quantity kSizeUnits;         ///< 512 and 512KiB, 2MiB, 64kB
extern const Quantity kMillisecondUnits;  ///< 3 and 3ms, 500us
extern const Quantity kSecondUnits;       ///< 60 and 60s, 1m
extern const Quantity kShareUnits;        ///< 0.7 and 70%

/// In the quantity's base unit: bytes, seconds or 1. Throws Error naming the flag unless it is a finite
/// number above 0.
[[nodiscard]] double read_quantity(const std::string& text, const std::string& flag,
                                   const Quantity& quantity);

}  // namespace mobilenet_cost::app

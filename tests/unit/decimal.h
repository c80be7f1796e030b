#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace mobilenet_cost::test {

__extension__ using Wide = __int128;

/// A printed decimal, exactly: digits / scale, scale a power of ten. "4.20" is 420 / 100.
struct Decimal {
    std::int64_t digits = 0;
    std::int64_t scale = 1;
};

inline Decimal parse_decimal(const std::string& text) {
    Decimal decimal;
    bool fraction = false;
    bool negative = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '-' && i == 0) {
            negative = true;
        } else if (c == '.' && !fraction) {
            fraction = true;
        } else if (c >= '0' && c <= '9') {
            decimal.digits = decimal.digits * 10 + (c - '0');
            if (fraction) decimal.scale *= 10;
        } else {
            throw std::runtime_error("not a decimal: " + text);
        }
    }
    if (text.empty()) throw std::runtime_error("not a decimal: empty");
    if (negative) decimal.digits = -decimal.digits;
    return decimal;
}

/// Digits that a / b has at this scale, a and b positive, the rest cut off.
inline std::int64_t truncated(Wide a, Wide b, std::int64_t scale) {
    return static_cast<std::int64_t>(a * scale / b);
}

/// The same, rounded to the nearest, a half away from zero; `a` may be negative.
inline std::int64_t half_up(Wide a, Wide b, std::int64_t scale) {
    const Wide magnitude = a < 0 ? -a : a;
    const auto rounded = static_cast<std::int64_t>((2 * magnitude * scale + b) / (2 * b));
    return a < 0 ? -rounded : rounded;
}

}  // namespace mobilenet_cost::test

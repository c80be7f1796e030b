#pragma once

#include <cstdint>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {

/// Sums and products of counts. Counts are exact 64-bit integers; one that does not fit is an Error, never a
/// wrapped number.
[[nodiscard]] inline std::int64_t checked_add(std::int64_t a, std::int64_t b) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) fail_overflow();
    return sum;
}

[[nodiscard]] inline std::int64_t checked_multiply(std::int64_t a, std::int64_t b) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) fail_overflow();
    return product;
}

}  // namespace mobilenet_cost

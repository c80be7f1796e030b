#pragma once

#include <cstdint>

#include "mobilenet_cost/base/checked.h"

namespace mobilenet_cost {

/// An activation tensor, stored NHWC: batch, height, width, channels.
struct Shape {
    std::int64_t n = 1;
    std::int64_t h = 1;
    std::int64_t w = 1;
    std::int64_t c = 1;

    bool operator==(const Shape&) const = default;
};

/// Number of elements over the whole batch.
[[nodiscard]] inline std::int64_t element_count(const Shape& shape) {
    return checked_multiply(checked_multiply(shape.n, shape.h), checked_multiply(shape.w, shape.c));
}

}  // namespace mobilenet_cost

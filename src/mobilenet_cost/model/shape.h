#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <fmt/format.h>

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

/// Rows and columns: of a filter or a window, and of its steps. A square is one number wherever it is read or
/// written; otherwise rows come first.
struct Sides {
    std::int64_t h = 1;
    std::int64_t w = 1;

    constexpr Sides() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): a number is a square
    constexpr Sides(std::int64_t both) : h(both), w(both) {}
    constexpr Sides(std::int64_t rows, std::int64_t columns) : h(rows), w(columns) {}

    bool operator==(const Sides&) const = default;
};

/// Of a square.
[[nodiscard]] inline std::optional<std::int64_t> side_of(const Sides& sides) {
    return sides.h == sides.w ? std::optional(sides.h) : std::nullopt;
}

/// Rows times columns.
[[nodiscard]] inline std::int64_t area(const Sides& sides) {
    return checked_multiply(sides.h, sides.w);
}

/// "3", "1x7"
[[nodiscard]] inline std::string sides_text(const Sides& sides) {
    return sides.h == sides.w ? fmt::format("{}", sides.h) : fmt::format("{}x{}", sides.h, sides.w);
}

/// "3x3", "1x7"
[[nodiscard]] inline std::string by_text(const Sides& sides) {
    return fmt::format("{}x{}", sides.h, sides.w);
}

/// Number of elements over the whole batch.
[[nodiscard]] inline std::int64_t element_count(const Shape& shape) {
    return checked_multiply(checked_multiply(shape.n, shape.h), checked_multiply(shape.w, shape.c));
}

}  // namespace mobilenet_cost

template <>
struct fmt::formatter<mobilenet_cost::Sides> : fmt::formatter<std::string> {
    template <typename Context>
    auto format(const mobilenet_cost::Sides& sides, Context& context) const {
        return fmt::formatter<std::string>::format(mobilenet_cost::sides_text(sides), context);
    }
};

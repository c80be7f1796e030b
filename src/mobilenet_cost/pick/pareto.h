#pragma once

#include <array>
#include <cstddef>

namespace mobilenet_cost {

/// Whether nothing costs `left` more than `right`, and something less.
template <std::size_t count>
[[nodiscard]] bool costs_less(const std::array<double, count>& left, const std::array<double, count>& right) {
    for (std::size_t i = 0; i < count; ++i) {
        if (left.at(i) > right.at(i)) return false;
    }
    return left != right;
}

}  // namespace mobilenet_cost

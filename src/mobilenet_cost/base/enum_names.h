#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {

/// Names of the values 0, 1, ... of an enum, given once beside it:
///
///     enum class BenchStatus { ok, failed, skipped };
///     template <>
///     inline constexpr std::array<std::string_view, 3> kEnumNames<BenchStatus> = {"ok", "failed",
///     "skipped"};
///
/// Whatever prints, lists or reads a value uses this table; so do the fields of JSON documents
/// (json_fields.h).
template <typename Enum>
inline constexpr std::array<std::string_view, 0> kEnumNames = {};

template <typename Enum>
[[nodiscard]] constexpr std::string_view enum_name(Enum value) {
    static_assert(!kEnumNames<Enum>.empty(), "give the enum its kEnumNames");
    return kEnumNames<Enum>.at(static_cast<std::size_t>(value));
}

template <typename Enum>
[[nodiscard]] const std::vector<std::string>& enum_names() {
    static const std::vector<std::string> names(kEnumNames<Enum>.begin(), kEnumNames<Enum>.end());
    return names;
}

/// Throws Error naming the nearest name; `what` is "mode" or the like.
template <typename Enum>
[[nodiscard]] Enum read_enum(std::string_view name, std::string_view place, std::string_view what) {
    for (std::size_t i = 0; i < kEnumNames<Enum>.size(); ++i) {
        if (kEnumNames<Enum>[i] == name) return static_cast<Enum>(i);
    }
    fail_unknown(place, what, name, enum_names<Enum>());
}

}  // namespace mobilenet_cost

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mobilenet_cost {

/// Letters and digits alone, in lower case: "MobileNetV2" and "mobilenet_v2" are one name.
[[nodiscard]] std::string without_case(std::string_view name);

/// All that the user may have meant: those that differ only in case and separators, or else begin with the
/// name, or else the nearest one (error.h). None where too many do.
[[nodiscard]] std::vector<std::string> nearest_names(std::string_view name,
                                                     std::span<const std::string> candidates);

/// Those that hold the part, whatever its case and separators. None where too many do.
[[nodiscard]] std::vector<std::string> names_with(std::string_view part,
                                                  std::span<const std::string> candidates);

/// ` (did you mean "a" or "b"?)`; nothing where none is near.
[[nodiscard]] std::string did_you_mean(std::span<const std::string> near);

/// As fail_unknown() of error.h, where the caller knows better which of the candidates are `near`.
[[noreturn]] void fail_unknown(std::string_view place, std::string_view what, std::string_view name,
                               std::span<const std::string> candidates, std::span<const std::string> near);

}  // namespace mobilenet_cost

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/pick/pick.h"

/// The words that the reports of `pick` share.
namespace mobilenet_cost {

[[nodiscard]] std::string percent_text(double fraction);

/// A value of a quantity for people.
[[nodiscard]] std::string value_text(PickQuantity quantity, double value);

/// As the user types it: "--max-ms 3".
[[nodiscard]] std::string limit_text(const PickLimit& limit);

/// "--max-ms, --min-top1"
[[nodiscard]] std::string flags_text(const std::vector<PickQuantity>& quantities);

/// Why a candidate has no time.
[[nodiscard]] std::string_view untimed_text(Untimed untimed);

/// What keeps a candidate out of the list: "--max-macs, not timed".
[[nodiscard]] std::string obstacles_text(const PickCandidate& candidate,
                                         const std::vector<PickQuantity>& misses);

/// Those that are known to be missed, or those whose quantity is not known.
[[nodiscard]] std::vector<PickQuantity> known_misses(const PickCandidate& candidate,
                                                     const std::vector<PickQuantity>& misses);
[[nodiscard]] std::vector<PickQuantity> unknown_misses(const PickCandidate& candidate,
                                                       const std::vector<PickQuantity>& misses);

[[nodiscard]] std::string time_kind(const PickTime& time);  ///< "measured" or "predicted"

/// The same lines, broken between words where they are longer than a screen is wide.
[[nodiscard]] std::string wrapped(std::string_view text);

}  // namespace mobilenet_cost

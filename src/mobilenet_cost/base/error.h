#pragma once

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mobilenet_cost {

/// Wrong input or an impossible request. The text is one sentence: the place, what was expected, what was
/// found. Caught once, in main, where it becomes exit status 2.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// "place: message", or the message alone when there is no place.
[[noreturn]] void fail(std::string_view place, std::string_view message);

/// What was thrown, as a reason for people.
struct Failure {
    bool is_refusal = false;  ///< an Error: known beforehand that it cannot be done
    std::string reason;
};

/// Of the exception that is being handled; call it in a catch (...) block.
[[nodiscard]] Failure current_failure();

/// A count that does not fit. Out of line and cold, so that checked sums stay small.
[[noreturn, gnu::cold]] void fail_overflow();

/// The candidate that the user probably meant: smallest edit distance, at most a third of the length.
std::optional<std::string_view> nearest_name(std::string_view name, std::span<const std::string> candidates);

/// Throws `place: unknown WHAT "name" (did you mean "nearest"?)`, or lists the candidates if none is near.
[[noreturn]] void fail_unknown(std::string_view place, std::string_view what, std::string_view name,
                               std::span<const std::string> candidates);

}  // namespace mobilenet_cost

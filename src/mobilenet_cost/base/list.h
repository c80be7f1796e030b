#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mobilenet_cost {

/// Values of a LIST argument: "0.25,0.5,1", or "FIRST:LAST:STEP" (inclusive), or both mixed. Each text is one
/// use of the flag. Throws Error at `place` for anything else, a value that is not above 0, or over a million
/// values. Range values are snapped to 12 decimals, so that 0.1:1:0.1 gives 0.3 and not 0.30000000000000004.
[[nodiscard]] std::vector<double> parse_numbers(const std::vector<std::string>& texts,
                                                const std::string& place);

/// The same for whole numbers.
[[nodiscard]] std::vector<std::int64_t> parse_integers(const std::vector<std::string>& texts,
                                                       const std::string& place);

/// Comma-separated names.
[[nodiscard]] std::vector<std::string> parse_names(const std::vector<std::string>& texts);

}  // namespace mobilenet_cost

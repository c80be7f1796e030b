#pragma once

#include <cstdint>
#include <string>

namespace mobilenet_cost {

// Numbers to text. Everything upstream stays raw; only this and report/ round.

inline constexpr double kGiga = 1e9;

/// 1,234,567
[[nodiscard]] std::string with_thousands(std::int64_t count);

/// +1,234, -1,234 and 0
[[nodiscard]] std::string signed_count_text(std::int64_t change);

/// "1 round", "1,234 rounds"
[[nodiscard]] std::string plural(std::int64_t count, std::string_view what);

/// Shortest text that reads back as the same double; "inf" and "nan" never occur in our data.
[[nodiscard]] std::string shortest(double value);

/// Three to four significant digits with a decimal prefix: 568.7 M, 4.21 M, 13.0 k.
[[nodiscard]] std::string with_prefix(std::int64_t count);

/// Binary prefix: 4.59 MiB, 294.0 KiB, 12 B.
[[nodiscard]] std::string bytes_text(std::int64_t bytes);

/// 5.72 ms, 178.0 us, 1.20 s.
[[nodiscard]] std::string seconds_text(double seconds);

/// +5.1 %, and +0.0 % of what is below 0 by less than that.
[[nodiscard]] std::string signed_percent_text(double change);

/// Without the digits that are those of a binary fraction: no clock is finer than whole picoseconds.
[[nodiscard]] double in_picoseconds(double seconds);

/// 8.56x
[[nodiscard]] std::string factor_text(double factor);

/// 224x224x3
[[nodiscard]] std::string size_text(std::int64_t h, std::int64_t w, std::int64_t c);

}  // namespace mobilenet_cost

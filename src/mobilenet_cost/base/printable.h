#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace mobilenet_cost {

// Text of others (documents, command lines, names of files, words of other programs) on its way to a
// terminal, a table or a message. Characters that a reader cannot see, or that change how others are shown,
// become escapes: control characters (\x1b, \n, \u0085), bidirectional controls (\u202e), characters without
// width and line separators (\u200b, \u2028), and bytes that are not UTF-8 (\xff). All others stay as they
// are, and so does a backslash: printable text is not changed a second time.

/// Most characters that a message shows of a foreign value, and of a path with the place in it.
inline constexpr std::size_t kShownCharacters = 80;
inline constexpr std::size_t kShownPathCharacters = 300;

[[nodiscard]] bool is_printable(std::string_view text);

/// One line.
[[nodiscard]] std::string printable(std::string_view text);

/// Text of several lines, which stay lines.
[[nodiscard]] std::string printable_lines(std::string_view text);

/// Printable, its end cut off and "..." in its place if it has more characters than that. Escapes stay whole.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most = kShownCharacters);

/// The first of some names, and how many there are besides: "a, b and 7 more".
[[nodiscard]] std::string few_of(std::span<const std::string> names, std::size_t most);

/// The same, but cut in the middle: the end of a path says as much as its beginning.
[[nodiscard]] std::string abridged(std::string_view text, std::size_t most = kShownPathCharacters);

/// shortened() between quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// The text of a JSON value with the same characters as JSON's escapes (\u202e), which keep the value.
[[nodiscard]] std::string printable_json(std::string json);

}  // namespace mobilenet_cost

#pragma once

#include "mobilenet_cost/base/json_reader.h"

namespace mobilenet_cost {

/// Parses a whole document. Throws Error with line and column, or the JSON pointer. A key that is given twice
/// is refused, because one would silently win over the other, and so are nesting deeper than 32 and more than
/// 10 million values, because a document does not decide how much memory is taken.
[[nodiscard]] nlohmann::json parse_json(std::string_view text, std::string_view place);

/// The same of one line of a file; the place has its number.
[[nodiscard]] nlohmann::json parse_json_line(std::string_view text, std::string_view place);

}  // namespace mobilenet_cost

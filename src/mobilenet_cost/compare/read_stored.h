#pragma once

#include <string>
#include <string_view>

#include "mobilenet_cost/compare/stored_document.h"

namespace mobilenet_cost {

/// Recognises a run log, or a JSON document of `cost`, `sweep` or `bench`, by its content. Throws Error,
/// naming the place, for anything else, and for a newer schema. `file` is for messages.
[[nodiscard]] StoredDocument parse_stored(std::string_view text, const std::string& file);

[[nodiscard]] StoredDocument read_stored(const std::string& path);

}  // namespace mobilenet_cost

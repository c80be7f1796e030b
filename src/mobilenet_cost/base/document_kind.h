#pragma once

#include <string>
#include <string_view>

#include "mobilenet_cost/base/json_reader.h"

namespace mobilenet_cost {

// Internal, as json_reader.h: what the documents of this program are called, and what reads them.

/// "a sweep (mobilenet-cost.sweep.v1), which `compare` and `pick --from` read"; empty: no document of this
/// program, or of one with other documents.
[[nodiscard]] std::string document_kind(std::string_view schema);

/// The same of a whole text, if it is a document or lines of JSON.
[[nodiscard]] std::string document_kind_of_text(std::string_view text);

/// Throws Error if the document says that it is another one of this program's than that of this schema.
void refuse_other_kind(const nlohmann::json& document, std::string_view schema, std::string_view place);

}  // namespace mobilenet_cost

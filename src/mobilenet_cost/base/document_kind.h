#pragma once

#include <string>
#include <string_view>

#include "mobilenet_cost/base/json_reader.h"

namespace mobilenet_cost {

// Internal, as json_reader.h: what the documents of this program are called, and what reads them.

/// "a sweep (mobilenet-cost.sweep.v1), which `compare` and `pick --from` read"; empty: no document of this
/// program, or of one with other documents.
[[nodiscard]] std::string document_kind(std::string_view schema);

/// What a text says that it is, or the first line of one that is lines of JSON; empty: nothing is known.
[[nodiscard]] std::string schema_of_text(std::string_view text);

/// document_kind() of a whole text, if it is a document or lines of JSON.
[[nodiscard]] std::string document_kind_of_text(std::string_view text);

/// What a text that is no JSON looks like: "a web page", "XML" or "no JSON".
[[nodiscard]] std::string_view kind_of_other_text(std::string_view text);

/// A text as JSON. Throws Error if it is none, or a document or run log of another kind than this schema's.
[[nodiscard]] nlohmann::json parse_document(std::string_view text, std::string_view schema,
                                            std::string_view place);

}  // namespace mobilenet_cost

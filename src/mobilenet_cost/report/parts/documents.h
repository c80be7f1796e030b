#pragma once

#include <string>

#include "mobilenet_cost/base/json_text.h"

namespace mobilenet_cost {

// Internal, as json_text.h: documents of rows that are alike.

/// {"schema": schema, key: [a row each]}; `more` stands between the two.
template <typename Rows, typename JsonOf>
[[nodiscard]] std::string rows_json(const char* schema, const char* key, const Rows& rows, JsonOf json_of,
                                    const Json& more = Json::object()) {
    Json document = {{"schema", schema}};
    document.update(more);
    Json& list = document[key] = Json::array();
    for (const auto& row : rows)
        list.push_back(json_of(row));
    return pretty_json(document);
}

/// A row a line, each with the schema.
template <typename Rows, typename JsonOf>
[[nodiscard]] std::string rows_jsonl(const char* schema, const Rows& rows, JsonOf json_of) {
    std::string lines;
    for (const auto& row : rows) {
        Json line = {{"schema", schema}};
        line.update(json_of(row));
        lines += compact_json(line);
    }
    return lines;
}

}  // namespace mobilenet_cost

#pragma once

#include <initializer_list>
#include <string>

#include <nlohmann/json.hpp>

namespace mobilenet_cost {

// Internal: included only by the files that write JSON.

/// Keys in the order they were set.
using Json = nlohmann::ordered_json;

/// A member of an object.
struct Field {
    const char* key;
    mutable Json value;  ///< moved out by object_of(), which an initializer list would only allow to copy
};

/// An object of these members in this order. The same as Json's own braces at a quarter of the allocations:
/// those make an array of two for each member first, and search for the key.
[[nodiscard]] Json object_of(std::initializer_list<Field> fields);

/// Null for what JSON has no word for: infinity and not-a-number.
[[nodiscard]] Json finite_json(double value);

/// Indented by two, except that an object or array without objects inside stands on one line: a layer a line,
/// which a person can read and `diff` can show. Ends with a newline.
[[nodiscard]] std::string pretty_json(const Json& value);

/// One line without a newline, spaced as pretty_json() spaces a line.
[[nodiscard]] std::string inline_json(const Json& value);

/// One line, for JSON Lines. Ends with a newline.
[[nodiscard]] std::string compact_json(const Json& value);

}  // namespace mobilenet_cost

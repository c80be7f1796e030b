#include "mobilenet_cost/base/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

bool holds_object(const Json& value) {
    for (const Json& child : value) {
        if (child.is_object() || (child.is_array() && holds_object(child))) return true;
    }
    return false;
}

std::string dumped(const Json& value) {
    return printable_json(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

template <typename Number>
void append_number(std::string& text, Number value) {
    std::array<char, 32> digits{};
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    text.append(digits.data(), result.ptr);
}

/// Numbers, which are most of our documents, without the set-up of a serializer for each.
void append_scalar(std::string& text, const Json& value) {
    if (value.is_number_float()) {
        append_number(text, value.get<double>());
    } else if (value.is_number_integer() && !value.is_number_unsigned()) {
        append_number(text, value.get<std::int64_t>());
    } else {
        text += dumped(value);
    }
}

/// Most are this project's own names, in which nothing needs escaping; a name of a model may be one, too.
void append_key(std::string& text, const std::string& key) {
    const bool plain = std::all_of(key.begin(), key.end(),
                                   [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; });
    if (plain) {
        text.append(1, '"').append(key).append("\": ");
    } else {
        text.append(dumped(key)).append(": ");
    }
}

void append(std::string& text, const Json& value, std::size_t depth);

/// Opening bracket, children, closing bracket, on one line or a line each.
void append_children(std::string& text, const Json& value, std::size_t depth) {
    const bool inline_form = !holds_object(value);
    const auto break_line = [&](std::size_t level) {
        if (!inline_form) text.append(1, '\n').append(2 * level, ' ');
    };
    text += value.is_object() ? '{' : '[';
    bool first = true;
    for (auto child = value.begin(); child != value.end(); ++child) {
        if (!first) text += inline_form ? ", " : ",";
        first = false;
        break_line(depth + 1);
        if (value.is_object()) append_key(text, child.key());
        append(text, *child, depth + 1);
    }
    break_line(depth);
    text += value.is_object() ? '}' : ']';
}

void append(std::string& text, const Json& value, std::size_t depth) {
    if (value.is_structured() && !value.empty()) {
        append_children(text, value, depth);
    } else {
        append_scalar(text, value);
    }
}

}  // namespace

Json object_of(std::initializer_list<Field> fields) {
    Json::object_t members;
    members.reserve(fields.size());
    for (const Field& field : fields)
        members.Container::emplace_back(field.key, std::move(field.value));
    return members;
}

Json finite_json(double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

std::string pretty_json(const Json& value) {
    std::string text;
    append(text, value, 0);
    return text + "\n";
}

std::string inline_json(const Json& value) {
    std::string text;
    append(text, value, 0);
    return text;
}

std::string compact_json(const Json& value) {
    return dumped(value) + "\n";
}

}  // namespace mobilenet_cost

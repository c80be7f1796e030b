#include "mobilenet_cost/base/json_fields.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace mobilenet_cost {
namespace {

void expect(bool holds, const char* what, const nlohmann::json& json, const FieldPlace& place) {
    if (!holds) fail(place.text(), fmt::format("expected {}, found {}", what, describe(json)));
}

}  // namespace

void FieldWriter::set(const char* key, Json value) {
    json_[key] = std::move(value);
}

void FieldWriter::append(Json& list, Json value) {
    list.push_back(std::move(value));
}

void read_field(const nlohmann::json& json, const FieldPlace& place, bool& value) {
    expect(json.is_boolean(), "true or false", json, place);
    value = json.get<bool>();
}

void read_field(const nlohmann::json& json, const FieldPlace& place, int& value) {
    value = static_cast<int>(
        read_integer(json, place.text(), std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

void read_field(const nlohmann::json& json, const FieldPlace& place, std::int64_t& value) {
    value = read_integer(json, place.text(), std::numeric_limits<std::int64_t>::min(),
                         std::numeric_limits<std::int64_t>::max());
}

void read_field(const nlohmann::json& json, const FieldPlace& place, std::uint64_t& value) {
    expect(json.is_number_unsigned(), "a whole number of at least 0", json, place);
    value = json.get<std::uint64_t>();
}

void read_field(const nlohmann::json& json, const FieldPlace& place, double& value) {
    expect(json.is_number(), "a number", json, place);
    value = json.get<double>();
}

void read_field(const nlohmann::json& json, const FieldPlace& place, std::string& value) {
    expect(json.is_string(), "a text", json, place);
    value = json.get<std::string>();
}

std::size_t read_name(const nlohmann::json& json, const FieldPlace& place,
                      const std::vector<std::string>& names) {
    std::string name;
    expect(json.is_string(), "a name", json, place);
    name = json.get<std::string>();
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) fail_unknown(place.text(), "name", name, names);
    return static_cast<std::size_t>(found - names.begin());
}

std::size_t read_list_size(const nlohmann::json& json, const FieldPlace& place,
                           std::optional<std::size_t> count) {
    const bool fits = json.is_array() && (!count || json.size() == *count);
    if (!fits && count)
        fail(place.text(), fmt::format("expected an array of {}, found {}", *count, describe(json)));
    expect(fits, "an array", json, place);
    return json.size();
}

void check_limits(const nlohmann::json& json, const FieldPlace& place, const Limits& limits) {
    if (json.is_array()) {
        for (std::size_t i = 0; i < json.size(); ++i)
            check_limits(json[i], place.at(i), limits);
    } else if (json.is_number()) {
        const auto value = json.get<double>();
        if (!(value >= limits.least && value <= limits.most))
            fail(place.text(), fmt::format("expected a number from {} to {}, found {}", limits.least,
                                           limits.most, describe(json)));
    }
}

}  // namespace mobilenet_cost

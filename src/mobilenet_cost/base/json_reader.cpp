#include "mobilenet_cost/base/json_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;

bool in_range(std::int64_t value, std::int64_t least, std::int64_t most) {
    return value >= least && value <= most;
}

}  // namespace

std::string describe(const json& value) {
    if (value.is_object()) return "an object";
    if (value.is_array()) return fmt::format("an array of {}", value.size());
    return shortened(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

ObjectReader::ObjectReader(const json& value, std::string file, std::string pointer)
    : value_(value), file_(std::move(file)), pointer_(std::move(pointer)) {
    if (!value.is_object()) fail(place(), fmt::format("expected an object, found {}", describe(value)));
}

void ObjectReader::require_schema(const std::string& schema) const {
    if (text("schema") != schema) fail_expected("schema", "\"" + schema + "\"");
}

void ObjectReader::allow_only(std::span<const std::string> known) const {
    for (const auto& [key, unused] : value_.items()) {
        if (std::find(known.begin(), known.end(), key) == known.end())
            fail_unknown(place(), "key", key, known);
    }
}

std::string ObjectReader::place(const std::string& key) const {
    const std::string where = key.empty() ? pointer_ : pointer(key);
    return where.empty() ? file_ : file_ + ": " + where;
}

const json& ObjectReader::at(const std::string& key) const {
    const auto found = value_.find(key);
    if (found == value_.end()) fail(place(), fmt::format("expected a key {}, found none", in_quotes(key)));
    return *found;
}

void ObjectReader::fail_expected(const std::string& key, const std::string& expected) const {
    fail(place(key), fmt::format("expected {}, found {}", expected, describe(at(key))));
}

std::string ObjectReader::text(const std::string& key) const {
    const json& value = at(key);
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) fail_expected(key, "a text");
    return value.get<std::string>();
}

std::string ObjectReader::text(const std::string& key, std::string fallback) const {
    return has(key) ? text(key) : std::move(fallback);
}

bool ObjectReader::boolean(const std::string& key, bool fallback) const {
    if (!has(key)) return fallback;
    if (!at(key).is_boolean()) fail_expected(key, "true or false");
    return at(key).get<bool>();
}

std::int64_t ObjectReader::integer(const std::string& key, std::int64_t least, std::int64_t most) const {
    return read_integer(at(key), place(key), least, most);
}

std::int64_t ObjectReader::integer(const std::string& key, std::int64_t least, std::int64_t most,
                                   std::int64_t fallback) const {
    return has(key) ? integer(key, least, most) : fallback;
}

double ObjectReader::number(const std::string& key, double above, double most) const {
    return read_number(at(key), place(key), above, most);
}

double ObjectReader::number(const std::string& key, double above, double most, double fallback) const {
    return has(key) ? number(key, above, most) : fallback;
}

std::size_t ObjectReader::choice(const std::string& key, std::span<const std::string> names) const {
    const std::string name = text(key);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) fail_unknown(place(), key, name, names);
    return static_cast<std::size_t>(found - names.begin());
}

std::size_t ObjectReader::choice(const std::string& key, std::span<const std::string> names,
                                 std::size_t fallback) const {
    return has(key) ? choice(key, names) : fallback;
}

const json& ObjectReader::array(const std::string& key, std::size_t least, std::size_t most) const {
    const json& value = at(key);
    if (!value.is_array() || value.size() < least || value.size() > most)
        fail_expected(key, fmt::format("an array of {} to {} values", least, most));
    return value;
}

double read_number(const json& value, const std::string& place, double above, double most) {
    if (!value.is_number() || !(value.get<double>() > above) || !(value.get<double>() <= most))
        fail(place, fmt::format("expected a number above {} and at most {}, found {}", above, most,
                                describe(value)));
    return value.get<double>();
}

std::int64_t read_integer(const json& value, const std::string& place, std::int64_t least,
                          std::int64_t most) {
    const bool fits = value.is_number_integer() && value.get<double>() < 9.2e18;
    if (!fits || !in_range(value.get<std::int64_t>(), least, most))
        fail(place,
             fmt::format("expected a whole number from {} to {}, found {}", least, most, describe(value)));
    return value.get<std::int64_t>();
}

}  // namespace mobilenet_cost

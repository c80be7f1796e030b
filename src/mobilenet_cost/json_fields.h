#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/json_reader.h"
#include "mobilenet_cost/report/json_text.h"

namespace mobilenet_cost {

// Internal: values that are written to JSON and read back. One list of a struct's fields serves both ways,
//
//     template <typename Archive> void fields(Archive& archive, Interval& interval) {
//         archive("low", interval.low);
//         archive("high", interval.high);
//     }
//
// so that what is written is what is read. Absent optionals are null.

/// Names of the enumerators 0, 1, ...; an enum of JSON fields needs one.
template <typename Enum>
struct EnumNames;  // static constexpr std::size_t kCount; static std::string_view name(Enum)

class FieldWriter {
  public:
    template <typename Value>
    void operator()(const char* key, Value& value) {
        json_[key] = to_json(value);
    }

    [[nodiscard]] Json take() { return std::move(json_); }

    template <typename Value>
    [[nodiscard]] static Json to_json(Value& value) {
        if constexpr (std::is_enum_v<Value>) {
            return std::string(EnumNames<Value>::name(value));
        } else if constexpr (std::is_arithmetic_v<Value> || std::is_same_v<Value, std::string>) {
            return value;
        } else {
            FieldWriter writer;
            fields(writer, value);
            return writer.take();
        }
    }
    template <typename Value>
    [[nodiscard]] static Json to_json(std::optional<Value>& value) {
        return value ? to_json(*value) : Json(nullptr);
    }
    template <typename Value>
    [[nodiscard]] static Json to_json(std::vector<Value>& values) {
        Json json = Json::array();
        for (Value& value : values)
            json.push_back(to_json(value));
        return json;
    }
    template <typename Value, std::size_t Count>
    [[nodiscard]] static Json to_json(std::array<Value, Count>& values) {
        Json json = Json::array();
        for (Value& value : values)
            json.push_back(to_json(value));
        return json;
    }

  private:
    Json json_ = Json::object();
};

/// Throws Error, naming the place, for a missing key or a value of another type. Unknown keys are left alone:
/// a later writer of the same schema may say more.
class FieldReader {
  public:
    FieldReader(const nlohmann::json& value, const std::string& file, const std::string& pointer)
        : reader_(value, file, pointer) {}

    template <typename Value>
    void operator()(const char* key, Value& value) {
        from_json(reader_.at(key), reader_.file(), reader_.pointer(key), value);
    }

    template <typename Value>
    static void from_json(const nlohmann::json& json, const std::string& file, const std::string& pointer,
                          Value& value) {
        const auto expect = [&](bool holds, std::string_view what) {
            if (!holds)
                fail(file + ": " + pointer, fmt::format("expected {}, found {}", what, describe(json)));
        };
        if constexpr (std::is_enum_v<Value>) {
            expect(json.is_string(), "a name");
            read_enum(json.get<std::string>(), file + ": " + pointer, value);
        } else if constexpr (std::is_same_v<Value, bool>) {
            expect(json.is_boolean(), "true or false");
            value = json.get<bool>();
        } else if constexpr (std::is_unsigned_v<Value>) {
            expect(json.is_number_unsigned(), "a whole number of at least 0");
            value = json.get<Value>();
        } else if constexpr (std::is_integral_v<Value>) {
            constexpr auto kLeast = static_cast<std::int64_t>(std::numeric_limits<Value>::min());
            constexpr auto kMost = static_cast<std::int64_t>(std::numeric_limits<Value>::max());
            value = static_cast<Value>(read_integer(json, file + ": " + pointer, kLeast, kMost));
        } else if constexpr (std::is_floating_point_v<Value>) {
            expect(json.is_number(), "a number");
            value = json.get<Value>();
        } else if constexpr (std::is_same_v<Value, std::string>) {
            expect(json.is_string(), "a text");
            value = json.get<std::string>();
        } else {
            FieldReader reader(json, file, pointer);
            fields(reader, value);
        }
    }
    template <typename Value>
    static void from_json(const nlohmann::json& json, const std::string& file, const std::string& pointer,
                          std::optional<Value>& value) {
        value.reset();
        if (!json.is_null()) from_json(json, file, pointer, value.emplace());
    }
    template <typename Value>
    static void from_json(const nlohmann::json& json, const std::string& file, const std::string& pointer,
                          std::vector<Value>& values) {
        if (!json.is_array())
            fail(file + ": " + pointer, fmt::format("expected an array, found {}", describe(json)));
        values.clear();
        values.resize(json.size());
        for (std::size_t i = 0; i < json.size(); ++i)
            from_json(json[i], file, pointer + "/" + std::to_string(i), values[i]);
    }
    template <typename Value, std::size_t Count>
    static void from_json(const nlohmann::json& json, const std::string& file, const std::string& pointer,
                          std::array<Value, Count>& values) {
        if (!json.is_array() || json.size() != Count)
            fail(file + ": " + pointer,
                 fmt::format("expected an array of {}, found {}", Count, describe(json)));
        for (std::size_t i = 0; i < Count; ++i)
            from_json(json[i], file, pointer + "/" + std::to_string(i), values[i]);
    }

  private:
    template <typename Enum>
    static void read_enum(const std::string& name, const std::string& place, Enum& value) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < EnumNames<Enum>::kCount; ++i) {
            names.emplace_back(EnumNames<Enum>::name(static_cast<Enum>(i)));
            if (names.back() != name) continue;
            value = static_cast<Enum>(i);
            return;
        }
        fail_unknown(place, "name", name, names);
    }

    ObjectReader reader_;
};

}  // namespace mobilenet_cost

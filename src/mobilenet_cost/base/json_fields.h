#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/base/json_reader.h"
#include "mobilenet_cost/base/json_text.h"

namespace mobilenet_cost {

// Internal: values that are written to JSON and read back. One list of a struct's fields serves both ways,
//
//     template <typename Archive> void fields(Archive& archive, Interval& interval) {
//         archive("low", interval.low);
//         archive("high", interval.high);
//     }
//
// so that what is written is what is read. Absent optionals are null.

/// The least and the most that a number may be: a value outside of them is refused.
struct Limits {
    double least = 0;
    double most = 0;
};

class FieldWriter {
  public:
    template <typename Value>
    void operator()(const char* key, Value& value) {
        set(key, to_json(value));
    }
    template <typename Value>
    void operator()(const char* key, Value& value, const Limits&) {
        set(key, to_json(value));
    }

    template <typename Value, typename... Limit>
    void added(const char* key, Value& value, const Limit&...) {
        set(key, to_json(value));
    }

    [[nodiscard]] Json take() { return std::move(json_); }

    template <typename Value>
    [[nodiscard]] static Json to_json(Value& value) {
        if constexpr (std::is_enum_v<Value>) {
            return std::string(enum_name(value));
        } else if constexpr (std::is_floating_point_v<Value>) {
            return finite_json(value);
        } else if constexpr (std::is_integral_v<Value> || std::is_same_v<Value, std::string>) {
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
        return list_of(values);
    }
    template <typename Value, std::size_t Count>
    [[nodiscard]] static Json to_json(std::array<Value, Count>& values) {
        return list_of(values);
    }

  private:
    // Out of line, and so compiled once: every field calls one of them.
    void set(const char* key, Json value);
    static void append(Json& list, Json value);

    template <typename Values>
    [[nodiscard]] static Json list_of(Values& values) {
        Json list = Json::array();
        for (auto& value : values)
            append(list, to_json(value));
        return list;
    }

    Json json_ = Json::object();
};

/// A copy, because fields() takes what it may also fill.
template <typename Value>
[[nodiscard]] Json fields_json(Value value) {
    return FieldWriter::to_json(value);
}

/// Where a value stands: the file or line, and the JSON pointer in it.
struct FieldPlace {
    std::string file;
    std::string pointer;

    [[nodiscard]] std::string text() const { return file + ": " + pointer; }
    [[nodiscard]] FieldPlace at(std::size_t index) const {
        return {file, pointer + "/" + std::to_string(index)};
    }
};

// Out of line, and so compiled once. Each throws Error for a value of another type.

void read_field(const nlohmann::json& json, const FieldPlace& place, bool& value);
void read_field(const nlohmann::json& json, const FieldPlace& place, int& value);
void read_field(const nlohmann::json& json, const FieldPlace& place, std::int64_t& value);
void read_field(const nlohmann::json& json, const FieldPlace& place, std::uint64_t& value);
void read_field(const nlohmann::json& json, const FieldPlace& place, double& value);
void read_field(const nlohmann::json& json, const FieldPlace& place, std::string& value);
/// Index of a name.
[[nodiscard]] std::size_t read_name(const nlohmann::json& json, const FieldPlace& place,
                                    const std::vector<std::string>& names);
/// Its size, which must be `count` if that is given.
[[nodiscard]] std::size_t read_list_size(const nlohmann::json& json, const FieldPlace& place,
                                         std::optional<std::size_t> count = std::nullopt);

void check_limits(const nlohmann::json& json, const FieldPlace& place, const Limits& limits);

/// Throws Error, naming the place, for a missing key or a value of another type. Unknown keys are left alone:
/// a later writer of the same schema may say more.
class FieldReader {
  public:
    FieldReader(const nlohmann::json& value, const FieldPlace& place)
        : reader_(value, place.file, place.pointer) {}

    template <typename Value>
    void operator()(const char* key, Value& value) {
        from_json(reader_.at(key), {reader_.file(), reader_.pointer(key)}, value);
    }

    /// A number, or each of a list of them; none is null.
    template <typename Value>
    void operator()(const char* key, Value& value, const Limits& limits) {
        (*this)(key, value);
        check_limits(reader_.at(key), {reader_.file(), reader_.pointer(key)}, limits);
    }

    /// A key that older documents of the same schema lack: the value stays as it is.
    template <typename Value, typename... Limit>
    void added(const char* key, Value& value, const Limit&... limits) {
        if (reader_.has(key)) (*this)(key, value, limits...);
    }

    template <typename Value>
    static void from_json(const nlohmann::json& json, const FieldPlace& place, Value& value) {
        if constexpr (std::is_enum_v<Value>) {
            value = static_cast<Value>(read_name(json, place, enum_names<Value>()));
        } else if constexpr (std::is_arithmetic_v<Value> || std::is_same_v<Value, std::string>) {
            read_field(json, place, value);
        } else {
            FieldReader reader(json, place);
            fields(reader, value);
        }
    }
    template <typename Value>
    static void from_json(const nlohmann::json& json, const FieldPlace& place, std::optional<Value>& value) {
        value.reset();
        if (!json.is_null()) from_json(json, place, value.emplace());
    }
    template <typename Value>
    static void from_json(const nlohmann::json& json, const FieldPlace& place, std::vector<Value>& values) {
        values.clear();
        values.resize(read_list_size(json, place));
        read_values(json, place, values);
    }
    template <typename Value, std::size_t Count>
    static void from_json(const nlohmann::json& json, const FieldPlace& place,
                          std::array<Value, Count>& values) {
        (void)read_list_size(json, place, Count);
        read_values(json, place, values);
    }

  private:
    template <typename Values>
    static void read_values(const nlohmann::json& json, const FieldPlace& place, Values& values) {
        for (std::size_t i = 0; i < values.size(); ++i)
            from_json(json[i], place.at(i), values[i]);
    }

    ObjectReader reader_;
};

}  // namespace mobilenet_cost

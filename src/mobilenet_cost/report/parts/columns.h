#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/model/resolution.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

// A field said once. Each kind of row has one list of its fields,
//
//     const RowFields<PointRow> kFields = {
//         {"engine", "engine", Show::plain, kCsv | kJson | kSql, [](const PointRow& row) { return row.engine;
//         }},
//         {"speedup", "measured", Show::factor, kCsv | kJson, [](const PointRow& row) { return row.speedup;
//         }},
//     };
//
// and every output follows from it: tables for people choose fields by key, CSV, JSON and SQL take those that
// name them. What the function (or member) gives decides the type: text, bool, whole number, number,
// Estimate, which takes three columns, or Resolution, which does so in JSON and SQL ("height" and "width"
// beside a number that rectangles do not have); an empty optional and an empty text are absent.

/// The value of a field in one row.
using Value = std::variant<std::monostate, std::string, bool, std::int64_t, double, Estimate, Resolution>;

/// How a value is written for people; machines get all digits.
enum class Show {
    decimals_1,      ///< 12.3
    decimals_3,      ///< 0.912
    digits,          ///< 1234567
    plain,           ///< text, 1,234,567 and the shortest number
    remark,          ///< text, left-aligned; nothing, not "-", where it is absent
    name,            ///< text, left-aligned
    prefixed,        ///< 568.7 M
    bytes,           ///< 4.59 MiB
    seconds,         ///< 5.72 ms
    factor,          ///< 8.56x
    percent,         ///< 12 %
    percent_1,       ///< 12.3 %
    signed_percent,  ///< +12.3 %
    giga,            ///< in units of 1e9, one decimal
};

// The formats for machines that a field is part of.
inline constexpr unsigned kShownOnly = 0;
inline constexpr unsigned kCsv = 1;
inline constexpr unsigned kJson = 2;
inline constexpr unsigned kSql = 4;
inline constexpr unsigned kSqlEnds = 8;  ///< the ends of an estimate's interval, too

/// All of a field but its value.
struct FieldHead {
    std::string key;
    std::string title;  ///< for people, with the unit
    Show show = Show::plain;
    unsigned formats = kShownOnly;
    std::size_t type = 0;  ///< index in Value
};

template <typename Row>
struct RowField : FieldHead {
    std::function<Value(const Row&)> value;

    template <typename Get>
    RowField(std::string key, std::string title, Show show, unsigned formats, Get get)
        : FieldHead{std::move(key), std::move(title), show, formats,
                    type_of<std::invoke_result_t<Get, const Row&>>()},
          value([get](const Row& row) { return to_value(std::invoke(get, row)); }) {}

    /// For machines only.
    template <typename Get>
    RowField(const char* key, unsigned formats, Get get) : RowField(key, key, Show::plain, formats, get) {}

  private:
    template <typename Result>
    static constexpr std::size_t type_of() {
        using Bare = std::remove_cvref_t<Result>;
        if constexpr (std::is_same_v<Bare, bool>) return 2;
        if constexpr (std::is_integral_v<Bare>) return 3;
        if constexpr (std::is_floating_point_v<Bare>) return 4;
        if constexpr (std::is_same_v<Bare, Estimate>) return 5;
        if constexpr (std::is_same_v<Bare, Resolution>) return 6;
        if constexpr (std::is_convertible_v<Bare, std::string_view>) return 1;
        if constexpr (requires { typename Bare::value_type; }) return type_of<typename Bare::value_type>();
        return 0;
    }
    template <typename Result>
    static Value to_value(const Result& result) {
        if constexpr (std::is_same_v<Result, Value> || std::is_same_v<Result, bool> ||
                      std::is_same_v<Result, Estimate> || std::is_same_v<Result, Resolution>) {
            return result;
        } else if constexpr (std::is_integral_v<Result>) {
            return static_cast<std::int64_t>(result);
        } else if constexpr (std::is_floating_point_v<Result>) {
            return static_cast<double>(result);
        } else if constexpr (std::is_convertible_v<Result, std::string_view>) {
            std::string text(result);
            return text.empty() ? Value() : Value(std::move(text));
        } else {
            return result ? to_value(*result) : Value();
        }
    }
};

// What is done with one field, whatever the row.

[[nodiscard]] Column shown_column(const FieldHead& field);
[[nodiscard]] Cell shown_cell(const FieldHead& field, const Value& value);
void add_csv_columns(const FieldHead& field, std::vector<Column>& columns);
void add_csv_cells(const FieldHead& field, const Value& value, std::vector<Cell>& cells);
/// "speedup" and "speedup_ci"; of a median "median_seconds", "ci_low_seconds" and "ci_high_seconds".
void set_json(const FieldHead& field, const Value& value, Json& json);
void add_chart_columns(const FieldHead& field, Json& columns);
void add_chart_values(const FieldHead& field, const Value& value, Json& row);
void add_sql_columns(const FieldHead& field, std::vector<std::string>& columns);
void add_sql_values(const FieldHead& field, const Value& value, std::vector<std::string>& values);

template <typename Row>
class RowFields {
  public:
    RowFields(std::initializer_list<RowField<Row>> fields) : fields_(fields) {}

    /// For people: the fields of these keys. Throws std::out_of_range for another one.
    [[nodiscard]] std::vector<Column> columns(const std::vector<const char*>& keys) const {
        std::vector<Column> columns;
        for (const char* key : keys)
            columns.push_back(shown_column(at(key)));
        return columns;
    }
    [[nodiscard]] std::vector<Cell> cells(const std::vector<const char*>& keys, const Row& row) const {
        std::vector<Cell> cells;
        for (const char* key : keys)
            cells.push_back(shown_cell(at(key), at(key).value(row)));
        return cells;
    }

    template <typename Rows>
    [[nodiscard]] Table shown(const std::vector<const char*>& keys, const Rows& rows) const {
        Table table;
        table.columns = columns(keys);
        for (const Row& row : rows)
            table.rows.push_back(cells(keys, row));
        return table;
    }

    /// Every field.
    template <typename Rows>
    [[nodiscard]] Table shown(const Rows& rows) const {
        std::vector<const char*> keys;
        for (const RowField<Row>& field : fields_)
            keys.push_back(field.key.c_str());
        return shown(keys, rows);
    }

    template <typename Rows>
    [[nodiscard]] Table csv(const Rows& rows) const {
        Table table;
        each(kCsv, [&](const auto& field) { add_csv_columns(field, table.columns); });
        for (const Row& row : rows) {
            std::vector<Cell>& cells = table.rows.emplace_back();
            each(kCsv, [&](const auto& field) { add_csv_cells(field, field.value(row), cells); });
        }
        return table;
    }
    [[nodiscard]] Json json(const Row& row) const {
        Json json;
        each(kJson, [&](const auto& field) { set_json(field, field.value(row), json); });
        return json;
    }
    /// For a chart, {"columns": [...], "rows": [[...], ...]}: all fields, of an estimate its value, "low" and
    /// "high".
    template <typename Rows>
    [[nodiscard]] Json chart_table(const Rows& rows) const {
        Json columns = Json::array();
        for (const RowField<Row>& field : fields_)
            add_chart_columns(field, columns);
        Json values = Json::array();
        for (const Row& row : rows) {
            Json line = Json::array();
            for (const RowField<Row>& field : fields_)
                add_chart_values(field, field.value(row), line);
            values.push_back(std::move(line));
        }
        return object_of({{"columns", std::move(columns)}, {"rows", std::move(values)}});
    }
    [[nodiscard]] std::vector<std::string> sql_columns() const {
        std::vector<std::string> columns;
        each(kSql, [&](const auto& field) { add_sql_columns(field, columns); });
        return columns;
    }
    [[nodiscard]] std::vector<std::string> sql_values(const Row& row) const {
        std::vector<std::string> values;
        each(kSql, [&](const auto& field) { add_sql_values(field, field.value(row), values); });
        return values;
    }

    /// Those of these keys first, for a format whose order was fixed before there was this list.
    [[nodiscard]] RowFields first(const std::vector<std::string>& keys) const {
        const auto place = [&keys](const RowField<Row>& field) {
            return std::find(keys.begin(), keys.end(), field.key) - keys.begin();
        };
        RowFields sorted = *this;
        std::stable_sort(sorted.fields_.begin(), sorted.fields_.end(),
                         [&](const auto& left, const auto& right) { return place(left) < place(right); });
        return sorted;
    }

  private:
    [[nodiscard]] const RowField<Row>& at(std::string_view key) const;
    template <typename Visit>
    void each(unsigned format, const Visit& visit) const {
        for (const RowField<Row>& field : fields_) {
            if ((field.formats & format) != 0) visit(field);
        }
    }

    std::vector<RowField<Row>> fields_;
};

/// Throws std::out_of_range: a key that the list does not have.
[[noreturn]] void fail_field(std::string_view key);

template <typename Row>
const RowField<Row>& RowFields<Row>::at(std::string_view key) const {
    for (const RowField<Row>& field : fields_) {
        if (field.key == key) return field;
    }
    fail_field(key);
}

}  // namespace mobilenet_cost

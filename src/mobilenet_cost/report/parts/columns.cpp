#include "mobilenet_cost/report/parts/columns.h"

#include <array>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/report/parts/measured_json.h"

namespace mobilenet_cost {
namespace {

bool is_estimate(const FieldHead& field) {
    return field.type == Value(Estimate()).index();
}

bool is_resolution(const FieldHead& field) {
    return field.type == Value(Resolution()).index();
}

/// "speedup_ci_low", "ci_low_seconds"
std::string end_key(const std::string& key, const char* end) {
    constexpr std::string_view kMedian = "median_";
    if (key.starts_with(kMedian)) return fmt::format("ci_{}_{}", end, key.substr(kMedian.size()));
    return fmt::format("{}_ci_{}", key, end);
}

/// Of an estimate the value and both ends, absent where they are not known; of any other value itself.
std::vector<Value> parts_of(const FieldHead& field, const Value& value) {
    if (!is_estimate(field)) return {value};
    const auto* estimate = std::get_if<Estimate>(&value);
    if (estimate == nullptr) return std::vector<Value>(3);
    if (!estimate->interval) return {estimate->value, {}, {}};
    return {estimate->value, estimate->interval->low, estimate->interval->high};
}

std::vector<std::string> keys_of(const FieldHead& field, bool ends) {
    if (!is_estimate(field) || !ends) return {field.key};
    return {field.key, end_key(field.key, "low"), end_key(field.key, "high")};
}

std::string raw_text(const Value& value) {
    struct Raw {
        std::string operator()(std::monostate) const { return ""; }
        std::string operator()(const std::string& text) const { return text; }
        std::string operator()(bool flag) const { return flag ? "true" : "false"; }
        std::string operator()(std::int64_t count) const { return fmt::format("{}", count); }
        std::string operator()(double number) const { return shortest(number); }
        std::string operator()(const Estimate& estimate) const { return shortest(estimate.value); }
        std::string operator()(const Resolution& size) const { return resolution_text(size); }
    };
    return std::visit(Raw(), value);
}

double number_of(const Value& value) {
    if (const auto* count = std::get_if<std::int64_t>(&value)) return static_cast<double>(*count);
    if (const auto* estimate = std::get_if<Estimate>(&value)) return estimate->value;
    return std::get<double>(value);
}

std::string shown_text(Show show, const Value& value) {
    switch (show) {
        case Show::prefixed:
            return with_prefix(std::get<std::int64_t>(value));
        case Show::bytes:
            return bytes_text(std::get<std::int64_t>(value));
        case Show::seconds:
            return seconds_text(number_of(value));
        case Show::factor:
            return factor_text(number_of(value));
        case Show::percent:
            return fmt::format("{:.0f} %", 100 * number_of(value));
        case Show::percent_1:
            return fmt::format("{:.1f} %", 100 * number_of(value));
        case Show::signed_percent:
            return signed_percent_text(number_of(value));
        case Show::digits:
            return raw_text(value);
        case Show::decimals_1:
            return fmt::format("{:.1f}", number_of(value));
        case Show::decimals_3:
            return fmt::format("{:.3f}", number_of(value));
        case Show::giga:
            return fmt::format("{:.1f}", number_of(value) / kGiga);
        default:
            break;
    }
    const auto* size = std::get_if<Resolution>(&value);
    if (size != nullptr && show == Show::plain) return resolution_cell(*size).text;
    const auto* count = std::get_if<std::int64_t>(&value);
    return count != nullptr ? with_thousands(*count) : raw_text(value);
}

Json json_of(const Value& value) {
    struct ToJson {
        Json operator()(std::monostate) const { return nullptr; }
        Json operator()(const std::string& text) const { return text; }
        Json operator()(bool flag) const { return flag; }
        Json operator()(std::int64_t count) const { return count; }
        Json operator()(double number) const { return finite_json(number); }
        Json operator()(const Estimate& estimate) const { return finite_json(estimate.value); }
        Json operator()(const Resolution& size) const {
            const auto side = side_of(size);
            return side ? Json(*side) : Json(resolution_text(size));
        }
    };
    return std::visit(ToJson(), value);
}

/// The only printable character that is special inside a string of standard SQL is the quote.
std::string sql_literal(std::string_view text) {
    std::string literal = "'";
    for (const char c : printable(text)) {
        literal += c;
        if (c == '\'') literal += c;
    }
    return literal + "'";
}

std::string sql_text(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return sql_literal(*text);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "1" : "0";
    const auto* number = std::get_if<double>(&value);
    const bool known = number != nullptr ? std::isfinite(*number) : value.index() != 0;
    return known ? raw_text(value) : "NULL";
}

}  // namespace

Column shown_column(const FieldHead& field) {
    return {field.key, field.title, field.show == Show::name || field.show == Show::remark};
}

Cell shown_cell(const FieldHead& field, const Value& value) {
    if (value.index() == 0) return field.show == Show::remark ? Cell() : unknown_cell();
    return {shown_text(field.show, value), raw_text(value)};
}

void add_csv_columns(const FieldHead& field, std::vector<Column>& columns) {
    for (const std::string& key : keys_of(field, true))
        columns.push_back({key, key});
}

void add_csv_cells(const FieldHead& field, const Value& value, std::vector<Cell>& cells) {
    for (const Value& part : parts_of(field, value))
        cells.push_back({raw_text(part), raw_text(part)});
}

void set_json(const FieldHead& field, const Value& value, Json& json) {
    if (const auto* size = std::get_if<Resolution>(&value)) {
        json.update(resolution_json(*size));
        return;
    }
    const std::vector<Value> parts = parts_of(field, value);
    json[field.key] = json_of(parts[0]);
    if (!is_estimate(field)) return;
    if (field.key.starts_with("median_")) {
        json[end_key(field.key, "low")] = json_of(parts[1]);
        json[end_key(field.key, "high")] = json_of(parts[2]);
    } else {
        const auto* estimate = std::get_if<Estimate>(&value);
        json[field.key + "_ci"] = interval_of(estimate != nullptr ? std::optional(*estimate) : std::nullopt);
    }
}

void add_chart_columns(const FieldHead& field, Json& columns) {
    columns.push_back(field.key);
    if (is_resolution(field)) columns.push_back("pixels");
    if (!is_estimate(field)) return;
    columns.push_back("low");
    columns.push_back("high");
}

void add_chart_values(const FieldHead& field, const Value& value, Json& row) {
    for (const Value& part : parts_of(field, value))
        row.push_back(json_of(part));
    if (const auto* size = std::get_if<Resolution>(&value)) row.push_back(size->height * size->width);
}

void add_sql_columns(const FieldHead& field, std::vector<std::string>& columns) {
    static constexpr std::array<std::string_view, 7> kTypes = {"",     "TEXT", "INTEGER", "INTEGER",
                                                               "REAL", "REAL", "INTEGER"};
    for (const std::string& key : keys_of(field, (field.formats & kSqlEnds) != 0))
        columns.push_back(fmt::format("{} {}", key, kTypes.at(field.type)));
    if (is_resolution(field)) columns.insert(columns.end(), {"height INTEGER", "width INTEGER"});
}

void add_sql_values(const FieldHead& field, const Value& value, std::vector<std::string>& values) {
    if (is_resolution(field)) {
        const Json sizes = resolution_json(std::get<Resolution>(value));
        for (const Json& size : sizes)
            values.push_back(size.is_null() ? "NULL" : size.dump());
        return;
    }
    const std::vector<Value> parts = parts_of(field, value);
    const std::size_t count = keys_of(field, (field.formats & kSqlEnds) != 0).size();
    for (std::size_t i = 0; i < count; ++i)
        values.push_back(sql_text(parts[i]));
}

void fail_field(std::string_view key) {
    throw std::out_of_range(fmt::format("no field {}", key));
}

}  // namespace mobilenet_cost

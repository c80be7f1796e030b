#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mobilenet_cost::test {

/// One line of a file under tests/data, by column name.
struct CsvRow {
    std::map<std::string, std::string> fields;
    std::string where;  ///< "published.csv row 12", the header being row 1

    /// A column that the file does not have is an error of the test, not an empty field.
    [[nodiscard]] const std::string& operator[](const std::string& column) const {
        const auto found = fields.find(column);
        if (found == fields.end()) throw std::runtime_error(where + ": no column " + column);
        return found->second;
    }
    [[nodiscard]] std::int64_t integer(const std::string& column) const {
        std::size_t used = 0;
        const std::string& text = (*this)[column];
        const std::int64_t value = std::stoll(text, &used);
        if (used != text.size()) throw std::runtime_error(where + ": not a whole number: " + text);
        return value;
    }
    [[nodiscard]] double number(const std::string& column) const { return std::stod((*this)[column]); }
};

/// Records of RFC 4180: quoted fields may hold commas, line ends and doubled quotes.
inline std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
    std::vector<std::vector<std::string>> records;
    std::vector<std::string> record;
    std::string field;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            const bool doubled = c == '"' && i + 1 < text.size() && text[i + 1] == '"';
            if (doubled) ++i;
            if (c == '"' && !doubled) {
                quoted = false;
            } else {
                field += c;
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == ',' || c == '\n') {
            record.push_back(field);
            field.clear();
            if (c == '\n') records.push_back(std::exchange(record, {}));
        } else if (c != '\r') {
            field += c;
        }
    }
    if (!field.empty() || !record.empty()) {
        record.push_back(field);
        records.push_back(record);
    }
    return records;
}

/// All rows of tests/data/<name>; throws if the file is missing, has no rows or a row of another length.
inline std::vector<CsvRow> read_csv(const std::string& name) {
    std::ifstream file(std::string(MOBILENET_COST_SOURCE_DIR) + "/tests/data/" + name);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const std::vector<std::vector<std::string>> records = parse_csv(text);
    if (records.size() < 2) throw std::runtime_error(name + ": missing or without rows");
    std::vector<CsvRow> rows;
    for (std::size_t i = 1; i < records.size(); ++i) {
        CsvRow row;
        row.where = name + " row " + std::to_string(i + 1);
        if (records[i].size() != records[0].size()) throw std::runtime_error(row.where + ": wrong length");
        for (std::size_t column = 0; column < records[0].size(); ++column)
            row.fields[records[0][column]] = records[i][column];
        rows.push_back(row);
    }
    return rows;
}

}  // namespace mobilenet_cost::test

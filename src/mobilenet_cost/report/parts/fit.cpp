#include "mobilenet_cost/report/parts/fit.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kNarrowestText = 10;  // a text column that is narrower is hard to read

/// Breaks a text between words into lines of at most `width` characters, where words allow it.
std::vector<std::string> lines_of(std::string_view text, std::size_t width) {
    std::vector<std::string> lines(1);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        const std::size_t used = display_width(lines.back());
        if (word.empty()) {
            // two spaces in a row set words apart on a line, and are nothing where it breaks
            if (used > 0) lines.back() += ' ';
        } else if (used > 0 && used + 1 + display_width(word) > width) {
            lines.back().erase(lines.back().find_last_not_of(' ') + 1);
            lines.emplace_back(word);
        } else {
            lines.back().append(used > 0 ? " " : "").append(word);
        }
        text.remove_prefix(std::min(text.size(), end + 1));
    }
    return lines;
}

/// Where the text of a line begins: behind its indentation, or behind a label set apart by two spaces.
std::size_t text_start(std::string_view line) {
    constexpr std::size_t kLongestLabel = 24;
    const std::size_t first = std::min(line.find_first_not_of(' '), line.size());
    const std::size_t gap = line.find("  ", first);
    if (gap > kLongestLabel) return first;
    return line.find_first_not_of(' ', gap);
}

std::string wrapped_line(const std::string& line, std::size_t width) {
    const std::size_t start = text_start(line);
    if (display_width(line) <= width || start + kNarrowestText > width) return line;
    const std::string indent(display_width(line.substr(0, start)), ' ');
    const std::vector<std::string> lines = lines_of(line.substr(start), width - indent.size());
    return line.substr(0, start) + fmt::format("{}", fmt::join(lines, "\n" + indent));
}

std::string wrapped_text(std::string_view text, std::size_t width) {
    std::string wrapped;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        wrapped += wrapped_line(std::string(text.substr(0, end)), width);
        if (end == text.npos) break;
        wrapped += '\n';
        text.remove_prefix(end + 1);
    }
    return wrapped;
}

void erase_column(Table& table, std::size_t column) {
    const auto erase = [column](auto& cells) {
        if (column < cells.size()) cells.erase(cells.begin() + static_cast<std::ptrdiff_t>(column));
    };
    erase(table.columns);
    std::for_each(table.rows.begin(), table.rows.end(), erase);
    std::for_each(table.sums.begin(), table.sums.end(), erase);
    erase(table.total);
}

bool is_constant(const Table& table, std::size_t column) {
    return table.rows.size() > 1 && std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
               return row[column].text == table.rows.front()[column].text;
           });
}

/// Drops columns that say the same in every row, which the note then says once.
void drop_constants(Table& table, std::size_t width) {
    std::string constants;
    for (std::size_t i = 0; i < table.columns.size() && table_width(table) > width;) {
        if (!is_constant(table, i)) {
            ++i;
            continue;
        }
        constants += fmt::format("{}{} {}", constants.empty() ? "" : ", ", table.columns[i].title,
                                 table.rows.front()[i].text);
        erase_column(table, i);
    }
    if (!constants.empty()) table.note = fmt::format("In every row: {}.\n", printable(constants));
}

/// Drops columns until the table fits or has only those that it needs.
void drop_columns(Table& table, std::size_t width) {
    std::vector<std::string> dropped;
    for (const std::string& key : table.droppable) {
        if (table_width(table) <= width) break;
        for (std::size_t i = table.columns.size(); i-- > 0;) {
            if (table.columns[i].key != key) continue;
            if (std::find(dropped.begin(), dropped.end(), table.columns[i].title) == dropped.end())
                dropped.push_back(table.columns[i].title);
            erase_column(table, i);
        }
    }
    if (!dropped.empty())
        table.note += fmt::format("Left out to fit {} columns: {} (--wide shows all).", width,
                                  fmt::join(dropped, ", "));
}

/// One row as several, with the lines of one cell below each other.
std::vector<std::vector<Cell>> split_row(const std::vector<Cell>& row, std::size_t column,
                                         std::size_t width) {
    std::vector<std::vector<Cell>> rows;
    for (std::string& line : lines_of(row[column].text, width)) {
        rows.push_back(rows.empty() ? row : std::vector<Cell>(row.size()));
        rows.back()[column].text = std::move(line);
    }
    return rows;
}

std::size_t text_width(const Table& table, std::size_t column) {
    std::size_t width = 0;
    for (const auto& row : table.rows)
        width = std::max(width, display_width(row[column].text));
    return width;
}

/// Wraps the longest text column that can still be narrower. False: there is none.
bool wrap_column(Table& table, std::size_t width) {
    std::size_t longest = 0;
    for (std::size_t i = 1; i < table.columns.size(); ++i) {
        if (table.columns[i].left && (longest == 0 || text_width(table, i) > text_width(table, longest)))
            longest = i;
    }
    if (longest == 0 || text_width(table, longest) <= kNarrowestText) return false;
    const std::size_t excess = table_width(table) - width;
    const std::size_t room =
        std::max(kNarrowestText, text_width(table, longest) - std::min(text_width(table, longest), excess));
    std::vector<std::vector<Cell>> rows;
    for (const auto& row : table.rows)
        std::ranges::move(split_row(row, longest, room), std::back_inserter(rows));
    const bool is_narrower = rows.size() > table.rows.size();
    table.rows = std::move(rows);
    return is_narrower;
}

void fit(Table& table, std::size_t width) {
    drop_constants(table, width);
    drop_columns(table, width);
    while (table_width(table) > width && wrap_column(table, width)) {
    }
    table.caption = wrapped_text(printable(table.caption), width);
    table.caption_has_lines = true;
    table.note = wrapped_text(table.note, width);
}

}  // namespace

std::vector<Section> fitted(std::vector<Section> sections, std::size_t width) {
    for (Section& section : sections) {
        section.text = wrapped_text(section.text, width);
        if (!section.table.columns.empty()) fit(section.table, width);
    }
    return sections;
}

}  // namespace mobilenet_cost

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/model/resolution.h"

namespace mobilenet_cost {

struct Column {
    std::string key;    ///< machine name with the unit, snake_case: the CSV header
    std::string title;  ///< for people, with the unit
    bool left = false;  ///< align left (text); numbers are right-aligned
};

/// One value twice: rounded for people, raw for machines. Unknown is "-" and "".
struct Cell {
    std::string text;
    std::string raw;
    std::optional<double> heat = std::nullopt;  ///< background colour on a terminal: 0 cold to 1 hot
    std::optional<double> bar =
        std::nullopt;  ///< drawn in a wide terminal (report/drawing.h); >= 0, any unit
};

[[nodiscard]] Cell text_cell(std::string text);
[[nodiscard]] Cell count_cell(std::int64_t count);                 ///< 1,234,567 and 1234567
[[nodiscard]] Cell resolution_cell(const Resolution& resolution);  ///< a square as a count, or 240x320
[[nodiscard]] Cell number_cell(double value, int decimals);        ///< fixed decimals and shortest round-trip
[[nodiscard]] Cell percent_cell(double fraction, int decimals);    ///< 12.3 % and 0.123...
[[nodiscard]] Cell unknown_cell();

/// Columns of a grid that fit a terminal.
inline constexpr std::size_t kWidestGrid = 12;

struct Table {
    std::string caption;             ///< one line above the table; may be empty
    bool caption_has_lines = false;  ///< it was broken into lines by fitted()
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows;
    std::vector<std::vector<Cell>> sums;  ///< rows behind the others, set apart; may be empty
    std::vector<Cell> total;              ///< last row, set apart; empty: none
    std::vector<std::string>
        droppable;     ///< keys of columns that a narrow terminal may do without, first ones first
    std::string note;  ///< lines below the table, for terminals; may be empty
};

/// What a command shows to people: tables with lines of text between them.
struct Section {
    std::string text;  ///< lines before the table, may be empty
    Table table;       ///< no columns: text only
    std::string title =
        {};               ///< a heading, below which markdown shows the text as a paragraph and not as code
    bool folded = false;  ///< in markdown: behind a line to click on, together with its neighbours
};

/// For machines: a last column "lower_bound", "true" in the rows whose counts are, "" in the others. A table
/// without such rows has none.
void mark_lower_bounds(Table& table, const std::vector<bool>& is_lower_bound);

/// The same of a table that has a row for each of `rows`.
template <typename Rows, typename Is>
[[nodiscard]] Table with_lower_bounds(Table table, const Rows& rows, Is is) {
    std::vector<bool> marks;
    for (const auto& row : rows)
        marks.push_back(is(row));
    mark_lower_bounds(table, marks);
    return table;
}

/// One line for a section's text: a name or a reason in it begins no other.
[[nodiscard]] std::string text_line(std::string_view text);

enum class TextStyle { plain, colour };

/// Code points, not bytes: captions and names may hold characters such as "×".
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Characters of its longest line as text, its caption aside.
[[nodiscard]] std::size_t table_width(const Table& table);

[[nodiscard]] std::string render_text(const std::vector<Section>& sections, TextStyle style);
[[nodiscard]] std::string render_markdown(const std::vector<Section>& sections);

/// The rows of one table, raw values, RFC 4180 quoting. No sums and no total: they would be summed twice.
[[nodiscard]] std::string render_csv(const Table& table);

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/parts/drawing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

namespace mobilenet_cost {
namespace {

constexpr std::size_t kShortestBar = 4;  // characters; shorter ones tell little
constexpr std::size_t kLongestBar = 16;

/// Full blocks, then one of so many eighths.
std::string unicode_bar(double fraction, std::size_t length) {
    static constexpr std::array<std::string_view, 8> kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const auto eighths = static_cast<std::size_t>(std::lround(fraction * static_cast<double>(8 * length)));
    std::string bar;
    for (std::size_t i = 0; i < eighths / 8; ++i)
        bar += "█";
    bar += kEighths.at(eighths % 8);
    const std::size_t drawn = eighths / 8 + (eighths % 8 == 0 ? 0 : 1);
    return bar + std::string(length - drawn, ' ');
}

std::string ascii_bar(double fraction, std::size_t length) {
    const auto drawn = static_cast<std::size_t>(std::lround(fraction * static_cast<double>(length)));
    return std::string(drawn, '#') + std::string(length - drawn, ' ');
}

bool has_bars(const Table& table, std::size_t column) {
    return std::any_of(table.rows.begin(), table.rows.end(),
                       [column](const auto& row) { return row[column].bar.has_value(); });
}

double longest_bar(const Table& table, std::size_t column) {
    double longest = 0;
    for (const auto& row : table.rows)
        longest = std::max(longest, row[column].bar.value_or(0));
    return longest;
}

void draw_column(Table& table, std::size_t column, BarStyle style, std::size_t length) {
    const double longest = longest_bar(table, column);
    const std::string blank(length + 1, ' ');
    table.columns[column].title += blank;
    for (auto& row : table.rows) {
        Cell& cell = row[column];
        const double fraction = longest > 0 ? std::clamp(cell.bar.value_or(0) / longest, 0.0, 1.0) : 0;
        cell.text.append(1, ' ').append(style == BarStyle::unicode ? unicode_bar(fraction, length)
                                                                   : ascii_bar(fraction, length));
    }
    for (auto& row : table.sums)
        row[column].text += blank;
    if (!table.total.empty()) table.total[column].text += blank;
}

void draw(Table& table, BarStyle style, std::size_t columns) {
    std::vector<std::size_t> barred;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (has_bars(table, i)) barred.push_back(i);
    }
    const std::size_t width = table_width(table);
    if (barred.empty() || width >= columns) return;
    const std::size_t room = (columns - width) / barred.size();
    if (room < kShortestBar + 1) return;
    for (const std::size_t column : barred)
        draw_column(table, column, style, std::min(room - 1, kLongestBar));
}

struct Spelling {
    std::string_view character;
    std::string_view ascii;
};

/// The ones that our tables use.
constexpr std::array<Spelling, 5> kSpellings = {
    {{"²", "^2"}, {"×", "x"}, {"±", "+-"}, {"µ", "u"}, {"–", "-"}}};

std::string in_ascii(std::string_view text) {
    std::string ascii;
    while (!text.empty()) {
        const auto spelling = std::find_if(kSpellings.begin(), kSpellings.end(), [&](const Spelling& one) {
            return text.starts_with(one.character);
        });
        if (spelling != kSpellings.end()) {
            ascii += spelling->ascii;
            text.remove_prefix(spelling->character.size());
            continue;
        }
        const auto byte = static_cast<unsigned char>(text.front());
        const bool continues =
            (byte & 0xC0U) == 0x80U;  // of a character whose first byte is a question mark now
        if (byte < 0x80) ascii += text.front();
        if (byte >= 0x80 && !continues) ascii += '?';
        text.remove_prefix(1);
    }
    return ascii;
}

void spell(std::vector<Cell>& cells) {
    for (Cell& cell : cells)
        cell.text = in_ascii(cell.text);
}

}  // namespace

std::vector<Section> with_bars(std::vector<Section> sections, BarStyle style, std::size_t columns) {
    for (Section& section : sections)
        draw(section.table, style, columns);
    return sections;
}

std::vector<Section> ascii_only(std::vector<Section> sections) {
    for (Section& section : sections) {
        section.text = in_ascii(section.text);
        Table& table = section.table;
        table.caption = in_ascii(table.caption);
        for (Column& column : table.columns)
            column.title = in_ascii(column.title);
        for (auto& row : table.rows)
            spell(row);
        for (auto& row : table.sums)
            spell(row);
        spell(table.total);
    }
    return sections;
}

}  // namespace mobilenet_cost

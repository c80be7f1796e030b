#include "mobilenet_cost/report/parts/table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {
namespace {

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kReset = "\x1b[0m";

std::string padded(std::string_view text, std::size_t width, bool left) {
    std::string shown(text);
    shown.insert(left ? shown.size() : 0, width - std::min(width, display_width(text)), ' ');
    return shown;
}

std::vector<std::size_t> column_widths(const Table& table) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        std::size_t width = display_width(printable(table.columns[i].title));
        for (const auto& row : table.rows)
            width = std::max(width, display_width(printable(row[i].text)));
        for (const auto& row : table.sums)
            width = std::max(width, display_width(printable(row[i].text)));
        if (!table.total.empty()) width = std::max(width, display_width(printable(table.total[i].text)));
        widths.push_back(width);
    }
    return widths;
}

std::string text_row(const std::vector<std::string>& cells, const Table& table,
                     const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i)
        line.append(i == 0 ? "" : "  ").append(padded(cells[i], widths[i], table.columns[i].left));
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

/// From the 256 colours that terminals share: dark purple, blue, teal, green, yellow, as the viridis map. It
/// grows lighter all the way, so it is also read without colour vision.
std::string heat_style(double heat) {
    struct Shade {
        int background;
        int text;
    };
    constexpr int kWhite = 231;
    constexpr int kBlack = 16;
    static constexpr std::array<Shade, 9> kShades = {{{53, kWhite},
                                                      {60, kWhite},
                                                      {24, kWhite},
                                                      {30, kWhite},
                                                      {36, kBlack},
                                                      {71, kBlack},
                                                      {113, kBlack},
                                                      {149, kBlack},
                                                      {226, kBlack}}};
    const double last = static_cast<double>(kShades.size() - 1);
    const double place = std::isfinite(heat) ? std::clamp(heat, 0.0, 1.0) * last : 0;
    const Shade shade = kShades.at(static_cast<std::size_t>(std::lround(place)));
    return fmt::format("\x1b[48;5;{};38;5;{}m", shade.background, shade.text);
}

/// The same line as text_row(), with the cells that have a heat on a background.
std::string heat_row(const std::vector<Cell>& row, const Table& table,
                     const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string text = padded(printable(row[i].text), widths[i], table.columns[i].left);
        line += i == 0 ? "" : "  ";
        line += row[i].heat ? heat_style(*row[i].heat) + text + std::string(kReset) : text;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

bool has_heat(const std::vector<Cell>& row) {
    return std::any_of(row.begin(), row.end(), [](const Cell& cell) { return cell.heat.has_value(); });
}

std::vector<std::string> titles(const Table& table) {
    std::vector<std::string> texts;
    for (const Column& column : table.columns)
        texts.push_back(printable(column.title));
    return texts;
}

std::vector<std::string> texts_of(const std::vector<Cell>& row) {
    std::vector<std::string> texts;
    for (const Cell& cell : row)
        texts.push_back(printable(cell.text));
    return texts;
}

std::string styled(const std::string& line, std::string_view style_code, TextStyle style) {
    if (style == TextStyle::plain || line.empty()) return line;
    return std::string(style_code) + line + std::string(kReset);
}

std::string text_table(const Table& table, TextStyle style) {
    const std::vector<std::size_t> widths = column_widths(table);
    std::string text;
    if (!table.caption.empty()) {
        const auto shown = table.caption_has_lines ? printable_lines : printable;
        text += styled(shown(table.caption), kBold, style) + "\n";
    }
    text += styled(text_row(titles(table), table, widths), kDim, style) + "\n";
    for (const auto& row : table.rows)
        text += (style == TextStyle::colour && has_heat(row) ? heat_row(row, table, widths)
                                                             : text_row(texts_of(row), table, widths)) +
                "\n";
    if (!table.sums.empty()) text += "\n";
    for (const auto& row : table.sums)
        text += styled(text_row(texts_of(row), table, widths), kBold, style) + "\n";
    if (!table.total.empty())
        text += styled(text_row(texts_of(table.total), table, widths), kBold, style) + "\n";
    if (!table.note.empty())
        text += styled(printable_lines(table.note), kDim, style) + (table.note.ends_with('\n') ? "" : "\n");
    return text;
}

/// No cell ends early, and none becomes HTML, an entity, code, a link or a picture, or is struck through. Of
/// what emphasises only the asterisk is escaped: underscores within words, as in names, emphasise nothing.
std::string markdown_escaped(std::string_view text) {
    std::string escaped;
    for (const char c : printable(text)) {
        const bool link = c == '(' && escaped.ends_with(']');
        const bool strikes = c == '~' && escaped.find('~') != std::string::npos;  // from the second on
        if (link || strikes || std::string_view("|\\<`*&").find(c) != std::string_view::npos) escaped += '\\';
        escaped += c;
    }
    return escaped;
}

/// Line breaks stay where they are in the source, where they mean a space.
std::string markdown_paragraph(const std::string& text) {
    std::string paragraph;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        paragraph += markdown_escaped(std::string_view(text).substr(at, end - at)) + "\n";
        at = end + 1;
    }
    return paragraph;
}

/// Text as it is; its fence is longer than any run of the same character in it.
std::string fenced(const std::string& text) {
    std::string fence = "```";
    while (text.find(fence) != std::string::npos)
        fence += '`';
    return fmt::format("{0}\n{1}{2}{0}\n", fence, text, text.ends_with('\n') ? "" : "\n");
}

std::string markdown_row(const std::vector<std::string>& cells) {
    std::string line = "|";
    for (const std::string& cell : cells)
        line += " " + cell + " |";
    return line + "\n";
}

std::string markdown_table(const Table& table) {
    std::string text;
    if (!table.caption.empty()) text += "**" + markdown_escaped(table.caption) + "**\n\n";
    text += markdown_row(titles(table)) + "|";
    for (const Column& column : table.columns)
        text += column.left ? ":--|" : "--:|";
    text += "\n";
    const auto add = [&text](const std::vector<Cell>& row, std::string_view mark) {
        std::vector<std::string> cells;
        for (const Cell& cell : row) {
            const std::string escaped = markdown_escaped(cell.text);
            cells.push_back(escaped.empty() ? "" : fmt::format("{0}{1}{0}", mark, escaped));
        }
        text += markdown_row(cells);
    };
    for (const auto& row : table.rows)
        add(row, "");
    for (const auto& row : table.sums)
        add(row, "**");
    if (!table.total.empty()) add(table.total, "**");
    return text;
}

constexpr const char* kFold = "<details>\n<summary>Details</summary>\n\n";
constexpr const char* kFoldEnd = "\n</details>\n";

std::string markdown_section(const Section& section) {
    std::string text;
    if (!section.title.empty()) text += fmt::format("### {}\n\n", markdown_escaped(section.title));
    if (!section.text.empty())
        text +=
            section.title.empty() ? fenced(printable_lines(section.text)) : markdown_paragraph(section.text);
    if (section.table.columns.empty()) return text;
    return text + (section.text.empty() ? "" : "\n") + markdown_table(section.table);
}

void append_csv_field(std::string& text, std::string_view value) {
    const auto needs_nothing = [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '"'; };
    if (std::all_of(value.begin(), value.end(), needs_nothing)) {  // as are nearly all fields of a large grid
        text += value;
        return;
    }
    const std::string shown = printable(value);
    if (shown.find_first_of(",\"") == std::string::npos) {
        text += shown;
        return;
    }
    text += '"';
    for (const char c : shown)
        text += c == '"' ? std::string("\"\"") : std::string(1, c);
    text += '"';
}

}  // namespace

Cell text_cell(std::string text) {
    std::string raw = text;
    return {std::move(text), std::move(raw)};
}

Cell count_cell(std::int64_t count) {
    return {with_thousands(count), fmt::format("{}", count)};
}

Cell resolution_cell(const Resolution& resolution) {
    const auto side = side_of(resolution);
    return side ? count_cell(*side) : text_cell(resolution_text(resolution));
}

Cell number_cell(double value, int decimals) {
    return {fmt::format("{:.{}f}", value, decimals), shortest(value)};
}

Cell percent_cell(double fraction, int decimals) {
    return {fmt::format("{:.{}f} %", fraction * 100, decimals), shortest(fraction)};
}

Cell unknown_cell() {
    return {"-", ""};
}

void mark_lower_bounds(Table& table, const std::vector<bool>& is_lower_bound) {
    if (std::find(is_lower_bound.begin(), is_lower_bound.end(), true) == is_lower_bound.end()) return;
    table.columns.push_back({"lower_bound", "lower_bound"});
    for (std::size_t i = 0; i < table.rows.size(); ++i)
        table.rows[i].push_back(is_lower_bound.at(i) ? text_cell("true") : Cell{});
}

std::string text_line(std::string_view text) {
    return printable(text) + '\n';
}

std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::size_t table_width(const Table& table) {
    std::size_t width = 0;
    for (const std::size_t column : column_widths(table))
        width += column + (width == 0 ? 0 : 2);
    return width;
}

std::string render_text(const std::vector<Section>& sections, TextStyle style) {
    std::string text;
    for (const Section& section : sections) {
        if (!text.empty()) text += "\n";
        if (!section.title.empty()) text += styled(printable(section.title), kBold, style) + "\n";
        text += printable_lines(section.text);
        if (!section.text.empty() && section.text.back() != '\n') text += "\n";
        if (section.table.columns.empty()) continue;
        if (!section.text.empty()) text += "\n";
        text += text_table(section.table, style);
    }
    return text;
}

std::string render_markdown(const std::vector<Section>& sections) {
    std::string text;
    bool folded = false;
    for (const Section& section : sections) {
        if (folded && !section.folded) text += kFoldEnd;
        if (!text.empty()) text += "\n";
        if (!folded && section.folded) text += kFold;
        folded = section.folded;
        text += markdown_section(section);
    }
    return folded ? text + kFoldEnd : text;
}

std::string render_csv(const Table& table) {
    std::string text;
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        text.append(i == 0 ? "" : ",").append(table.columns[i].key);
    text += "\n";
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) text += ',';
            append_csv_field(text, row[i].raw);
        }
        text += "\n";
    }
    return text;
}

}  // namespace mobilenet_cost

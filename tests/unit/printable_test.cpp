#include "mobilenet_cost/base/printable.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {
namespace {

using namespace std::string_view_literals;

struct Case {
    std::string_view text;
    std::string_view shown;
};

// Escapes by hand; the characters by their UTF-8 in The Unicode Standard, table 3-7.
constexpr Case kCases[] = {
    {"", ""},
    {"mobilenet_v1 ~!", "mobilenet_v1 ~!"},
    {"a\\x1bé×²漢😀", "a\\x1bé×²漢😀"},  // a backslash is no escape of ours: shown twice it stays the same
    {"\x1b[31mred", "\\x1b[31mred"},
    {"a\nb\rc\td", "a\\nb\\rc\\td"},
    {"\0\x01\x1f\x7f"sv, "\\x00\\x01\\x1f\\x7f"},
    {"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\\u0080\\u009b\\u009f\xc2\xa0"},
    {"\xd8\x9c\xe2\x80\x8b\xe2\x80\x8e\xe2\x80\x8f", "\\u061c\\u200b\\u200e\\u200f"},
    {"\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf",
     "\\u2028\\u2029\\u202a\\u202e\xe2\x80\xaf"},
    {"\xe2\x81\xa0\xe2\x81\xa6\xe2\x81\xa9\xef\xbb\xbf", "\\u2060\\u2066\\u2069\\ufeff"},
    {"\xcd\x8f\xd8\x80\xd8\x85\xd8\x86", "\\u034f\\u0600\\u0605\xd8\x86"},
    {"\xef\xb8\x80\xef\xb8\x8f\xef\xb8\x90\xef\xbe\xa0", "\\ufe00\\ufe0f\xef\xb8\x90\\uffa0"},
    {"\xf3\xa0\x80\x81", "\\U000e0001"},
    {"\xff\xfe\x80", "\\xff\\xfe\\x80"},                    // no first bytes
    {"\xc3", "\\xc3"},                                      // nothing follows
    {"\xe2\x82", "\\xe2\\x82"},                             // too little
    {"\xe2\x82z", "\\xe2\\x82z"},                           // something else
    {"\xc0\xaf\xe0\x80\xaf", "\\xc0\\xaf\\xe0\\x80\\xaf"},  // longer than needed
    {"\xed\xa0\x80", "\\xed\\xa0\\x80"},                    // a surrogate
    {"\xf4\x90\x80\x80\xf5", "\\xf4\\x90\\x80\\x80\\xf5"},  // beyond U+10FFFF
};

TEST(Printable, EscapesWhatIsNotSeen) {
    for (const Case& one : kCases) {
        EXPECT_EQ(printable(one.text), one.shown);
        EXPECT_EQ(is_printable(one.text), one.text == one.shown) << one.shown;
        EXPECT_EQ(printable(one.shown), one.shown) << "the second time";
    }
}

TEST(Printable, AnyTwoBytesBecomePrintable) {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string text = {static_cast<char>(first), static_cast<char>(second)};
            EXPECT_TRUE(is_printable(printable(text))) << first << " " << second;
        }
    }
}

TEST(Printable, LinesStayLines) {
    EXPECT_EQ(printable_lines("a\n\x1b\n\nb"), "a\n\\x1b\n\nb");
    EXPECT_EQ(printable_lines("a\n"), "a\n");
}

TEST(Printable, ShortensByCharacters) {
    EXPECT_EQ(shortened("abcdef", 6), "abcdef");
    EXPECT_EQ(shortened("abcdefg", 6), "abcdef...");
    EXPECT_EQ(shortened("éééé", 3), "ééé...");
    EXPECT_EQ(shortened("ab\x1b[", 6), "ab\\x1b...") << "an escape has four characters";
    EXPECT_EQ(shortened("ab\x1b[", 5), "ab...") << "and is never cut";
    EXPECT_EQ(shortened(std::string(1 << 20, '\x01'), 8), "\\x01\\x01...");
    EXPECT_EQ(in_quotes("a\"b\n"), "\"a\"b\\n\"");
    EXPECT_EQ(in_quotes(std::string(81, 'x')), "\"" + std::string(80, 'x') + "...\"");
}

TEST(Printable, AbridgesInTheMiddle) {
    EXPECT_EQ(abridged("abcdefgh", 8), "abcdefgh");
    EXPECT_EQ(abridged("abcdefghi", 8), "abcd...fghi");
    EXPECT_EQ(abridged("éé\x1b\x1b\x1b\x1béé", 8), "éé...éé") << "an escape that has no room is left out";
    EXPECT_EQ(abridged("/a/\x1b", 300), "/a/\\x1b");
}

TEST(Printable, JsonKeepsTheValue) {
    const std::string text = "a\x1b\x7f\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\x81é\n\"";
    const std::string written = inline_json(Json(text));
    EXPECT_EQ(written, "\"a\\u001b\\u007f\\u009b\\u202e\\udb40\\udc01é\\n\\\"\"");
    EXPECT_EQ(Json::parse(written).get<std::string>(), text);
    EXPECT_EQ(compact_json({{"\xe2\x80\xae", "\xe2\x80\xae"}}), "{\"\\u202e\":\"\\u202e\"}\n");
    EXPECT_EQ(inline_json({{"\xe2\x80\xae\"", 1}}), "{\"\\u202e\\\"\": 1}");
    EXPECT_EQ(inline_json(Json("\xff")), "\"\xef\xbf\xbd\"") << "what JSON cannot say is replaced";
}

/// One row whose only cell, title and caption are the user's.
std::vector<Section> foreign_sections(const std::string& text) {
    Table table;
    table.caption = text;
    table.columns = {{"key", text, true}};
    table.rows = {{text_cell(text)}};
    return {{.text = text + "\n", .table = table}};
}

TEST(Printable, TablesAreWhateverIsInThem) {
    const std::vector<Section> sections = foreign_sections("a\x1b[31m\xe2\x80\xae\xff");
    const std::string shown = "a\\x1b[31m\\u202e\\xff";
    EXPECT_EQ(render_text(sections, TextStyle::plain),
              shown + "\n\n" + shown + "\n" + shown + "\n" + shown + "\n");
    EXPECT_EQ(render_csv(foreign_sections("a\x1b\"\n,").front().table), "key\n\"a\\x1b\"\"\\n,\"\n");
    EXPECT_TRUE(is_printable(render_markdown(sections).substr(0, 3)));
    for (const char c : render_markdown(sections))
        EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f));
}

TEST(Printable, MarkdownStaysText) {
    const std::string markdown = render_markdown(foreign_sections("<b>|`x`&amp;*~[a](b)\\"));
    EXPECT_NE(markdown.find("| \\<b>\\|\\`x\\`\\&amp;\\*~[a]\\(b)\\\\ |"), std::string::npos) << markdown;
    EXPECT_NE(render_markdown(foreign_sections("~~x~~")).find("| ~\\~x\\~\\~ |"), std::string::npos)
        << "struck through by nobody";
    const std::string fenced = render_markdown({{.text = "```\n<script>\n", .table = {}}});
    EXPECT_EQ(fenced, "````\n```\n<script>\n````\n") << "the fence is longer than one in the text";
}

}  // namespace
}  // namespace mobilenet_cost

#include "mobilenet_cost/report/parts/drawing.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mobilenet_cost {
namespace {

/// Ten characters wide: a name of 4, a gap and a share of 4.
std::vector<Section> sections() {
    Table table;
    table.columns = {{"name", "name", true}, {"share", "%"}};
    table.rows = {{text_cell("a"), {"50 %", "0.5", {}, 0.5}},
                  {text_cell("b"), {"25 %", "0.25", {}, 0.25}},
                  {text_cell("c"), {"2 %", "0.02", {}, 0.02}},
                  {text_cell("d"), unknown_cell()}};
    table.total = {text_cell("sum"), text_cell("77 %")};
    return {{"", table}};
}

std::string drawn(BarStyle style, std::size_t columns) {
    return render_text(with_bars(sections(), style, columns), TextStyle::plain);
}

TEST(Drawing, BarsFillTheTerminal) {
    // 20 columns leave 10: a blank and 9 for the longest bar, which is the largest share of the column.
    EXPECT_EQ(drawn(BarStyle::ascii, 20),
              "name     %\n"
              "a     50 % #########\n"
              "b     25 % #####\n"
              "c      2 %\n"
              "d        -\n"
              "sum   77 %\n");
}

TEST(Drawing, EighthsOfABlock) {
    // 5 blocks are 40 eighths: 40, 20 and 1.6.
    EXPECT_EQ(drawn(BarStyle::unicode, 16),
              "name     %\n"
              "a     50 % █████\n"
              "b     25 % ██▌\n"
              "c      2 % ▎\n"
              "d        -\n"
              "sum   77 %\n");
}

TEST(Drawing, NoRoomNoBars) {
    const std::string plain = render_text(sections(), TextStyle::plain);
    for (std::size_t columns = 0; columns <= 14; ++columns)
        EXPECT_EQ(drawn(BarStyle::ascii, columns), plain) << columns;
    EXPECT_NE(drawn(BarStyle::ascii, 15), plain);
}

TEST(Drawing, NeverWiderThanTheTerminal) {
    for (std::size_t columns = 15; columns < 60; ++columns) {
        const std::vector<Section> wide = with_bars(sections(), BarStyle::unicode, columns);
        EXPECT_LE(table_width(wide.front().table), columns);
    }
}

TEST(Drawing, NothingToDraw) {
    std::vector<Section> none = sections();
    for (auto& row : none.front().table.rows)
        row[1].bar.reset();
    EXPECT_EQ(render_text(with_bars(none, BarStyle::ascii, 200), TextStyle::plain),
              render_text(none, TextStyle::plain));
    EXPECT_TRUE(with_bars({}, BarStyle::ascii, 200).empty());
}

TEST(Drawing, AllBarsOfNoLength) {
    std::vector<Section> zero = sections();
    for (auto& row : zero.front().table.rows)
        row[1].bar = 0;
    EXPECT_EQ(render_text(with_bars(zero, BarStyle::ascii, 20), TextStyle::plain),
              render_text(sections(), TextStyle::plain));
}

TEST(Drawing, Ascii) {
    Table table;
    table.caption = "2×3";
    table.columns = {{"a", "K²Co", true}};
    table.rows = {{text_cell("±1 µs")}, {text_cell("日本")}};
    table.total = {text_cell("é")};
    EXPECT_EQ(render_text(ascii_only({{"alpha²\n", table}}), TextStyle::plain),
              "alpha^2\n\n2x3\nK^2Co\n+-1 us\n??\n?\n");
}

}  // namespace
}  // namespace mobilenet_cost

#include "mobilenet_cost/report/parts/fit.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mobilenet_cost {
namespace {

/// 32 characters wide: 4 + 5 + 5 + 12 and gaps of 2.
Table table() {
    Table table;
    table.columns = {
        {"name", "name", true}, {"model", "model", true}, {"count", "count"}, {"note", "note", true}};
    table.rows = {{text_cell("a"), text_cell("v1"), text_cell("1"), text_cell("some words a")},
                  {text_cell("b"), text_cell("v1"), text_cell("12345"), text_cell("-")}};
    return table;
}

std::string at(const Table& table, std::size_t width) {
    return render_text(fitted({{"", table}}, width), TextStyle::plain);
}

TEST(Fit, NothingChangesWhereThereIsRoom) {
    EXPECT_EQ(at(table(), 32), render_text({{"", table()}}, TextStyle::plain));
}

TEST(Fit, AColumnThatIsTheSameEverywhereIsSaidOnce) {
    EXPECT_EQ(at(table(), 31),
              "name  count  note\n"
              "a         1  some words a\n"
              "b     12345  -\n"
              "In every row: model v1.\n");
}

TEST(Fit, DroppableColumnsGoInTheirOrder) {
    Table two = table();
    two.droppable = {"missing", "note", "count"};
    EXPECT_EQ(at(two, 20),
              "name  count\n"
              "a         1\n"
              "b     12345\n"
              "In every row: model\n"
              "v1.\n"
              "Left out to fit 20\n"
              "columns: note\n"
              "(--wide shows all).\n");
}

TEST(Fit, TotalsLoseTheSameColumns) {
    Table sums = table();
    sums.droppable = {"note"};
    sums.sums = {{text_cell("sum"), {}, text_cell("12346"), text_cell("x")}};
    sums.total = sums.sums.front();
    const Section fit = fitted({{"", sums}}, 24).front();
    ASSERT_EQ(fit.table.columns.size(), 2U);
    EXPECT_EQ(fit.table.total.size(), 2U);
    EXPECT_EQ(fit.table.sums.front().size(), 2U);
}

TEST(Fit, TheLongestTextIsWrappedBetweenWords) {
    Table words = table();
    words.rows[1][3] = text_cell("one two three four five six");
    words.rows[1][1] = text_cell("v2");
    EXPECT_EQ(at(words, 40),
              "name  model  count  note\n"
              "a     v1         1  some words a\n"
              "b     v2     12345  one two three four\n"
              "                    five six\n");
}

TEST(Fit, LinesOfTextBreakBelowWhereTheyBegin) {
    const std::vector<Section> sections = {{"label      one two three four five six\nshort\n", {}}};
    EXPECT_EQ(render_text(fitted(sections, 30), TextStyle::plain),
              "label      one two three four\n"
              "           five six\n"
              "short\n");
}

}  // namespace
}  // namespace mobilenet_cost

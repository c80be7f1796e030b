// The readers that the tests on tests/data rely on.

#include "unit/csv.h"

#include <gtest/gtest.h>

#include "unit/decimal.h"

namespace mobilenet_cost::test {
namespace {

using Records = std::vector<std::vector<std::string>>;

TEST(ParseCsv, PlainAndQuotedFields) {
    EXPECT_EQ(parse_csv("a,b\n1,2\n"), (Records{{"a", "b"}, {"1", "2"}}));
    EXPECT_EQ(parse_csv("a,\"b, c\"\r\n,\"say \"\"x\"\"\"\n"), (Records{{"a", "b, c"}, {"", "say \"x\""}}));
    EXPECT_EQ(parse_csv("\"two\nlines\",x"), (Records{{"two\nlines", "x"}})) << "no line end at the end";
    EXPECT_EQ(parse_csv("a,\n"), (Records{{"a", ""}}));
}

TEST(ReadCsv, RefusesWhatIsNotThere) {
    EXPECT_THROW((void)read_csv("no_such_file.csv"), std::runtime_error);
    const CsvRow row = read_csv("scaling.csv").front();
    EXPECT_EQ(row.where, "scaling.csv row 2");
    EXPECT_THROW((void)row["no_such_column"], std::runtime_error);
    EXPECT_THROW((void)row.integer("alpha"), std::runtime_error) << "0.75 is not a whole number";
}

TEST(DecimalText, ExactDigits) {
    EXPECT_EQ(parse_decimal("4.20").digits, 420);
    EXPECT_EQ(parse_decimal("4.20").scale, 100);
    EXPECT_EQ(parse_decimal("-0.06").digits, -6);
    for (const char* text : {"", "1.2.3", "1e6", "4,2", "2-"})
        EXPECT_THROW((void)parse_decimal(text), std::runtime_error) << text;
}

TEST(DecimalText, HalvesGoUpAndTruncationCuts) {
    EXPECT_EQ(half_up(25, 1000, 100), 3) << "0.025";
    EXPECT_EQ(truncated(25, 1000, 100), 2);
    EXPECT_EQ(half_up(24'999, 1'000'000, 100), 2);
    EXPECT_EQ(half_up(-25, 1000, 100), -3);
    EXPECT_EQ(half_up(999, 1000, 1), 1);
    EXPECT_EQ(truncated(999, 1000, 1), 0);
}

}  // namespace
}  // namespace mobilenet_cost::test

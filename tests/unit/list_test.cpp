#include "mobilenet_cost/base/list.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::error_of;
using Numbers = std::vector<double>;
using Integers = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

std::string number_error(const std::string& text) {
    return error_of([&] { (void)parse_numbers({text}, "--alpha"); });
}

TEST(ParseNumbers, ListsRangesAndRepeatedFlags) {
    EXPECT_EQ(parse_numbers({"1"}, "--alpha"), (Numbers{1}));
    EXPECT_EQ(parse_numbers({"0.25,0.5,1"}, "--alpha"), (Numbers{0.25, 0.5, 1}));
    EXPECT_EQ(parse_numbers({"0.25:1:0.25"}, "--alpha"), (Numbers{0.25, 0.5, 0.75, 1}));
    EXPECT_EQ(parse_numbers({"2,0.25:0.5:0.25", "1.5"}, "--alpha"), (Numbers{2, 0.25, 0.5, 1.5}));
    EXPECT_EQ(parse_numbers({"1e-1"}, "--alpha"), (Numbers{0.1}));
    EXPECT_EQ(parse_numbers({}, "--alpha"), Numbers{});
}

TEST(ParseNumbers, RangesAreInclusiveAndWithoutRoundingErrors) {
    EXPECT_EQ(parse_numbers({"0.1:1:0.1"}, "--alpha"),
              (Numbers{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1}));
    EXPECT_EQ(parse_numbers({"1:1:5"}, "--alpha"), (Numbers{1}));
    EXPECT_EQ(parse_numbers({"1:2:0.3"}, "--alpha"), (Numbers{1, 1.3, 1.6, 1.9})) << "stops before the end";
    EXPECT_EQ(parse_numbers({"0.35:1.4:0.01"}, "--alpha").size(), 106U);
}

TEST(ParseNumbers, TinyRangeStaysAboveZero) {
    EXPECT_EQ(parse_numbers({"1e-13:1e-13:1"}, "--alpha"), (Numbers{1e-13}));
}

TEST(ParseNumbers, ErrorsNameThePlaceAndTheText) {
    const std::string expected = "--alpha: expected a number above 0, found ";
    for (const char* text : {"", "abc", "0", "-1", "+1", "nan", "inf", "1x", " 1", "1 ", "0x10", "1e999"})
        EXPECT_EQ(number_error(text), expected + "\"" + text + "\"");
    EXPECT_EQ(number_error("1,,2"), expected + "\"\"");
    EXPECT_EQ(number_error("1,"), expected + "\"\"");
    EXPECT_EQ(number_error("0.5:1:0"), expected + "\"0\"");
    EXPECT_EQ(number_error("1:2"), "--alpha: expected a number or FIRST:LAST:STEP, found \"1:2\"");
    EXPECT_EQ(number_error("1:2:3:4"), "--alpha: expected a number or FIRST:LAST:STEP, found \"1:2:3:4\"");
    EXPECT_EQ(number_error("1:0.5:0.1"),
              "--alpha: expected FIRST:LAST:STEP with FIRST <= LAST, found \"1:0.5:0.1\"");
}

TEST(ParseNumbers, AtMostAMillion) {
    EXPECT_EQ(parse_numbers({"1:1000000:1"}, "--alpha").size(), 1'000'000U);
    EXPECT_EQ(number_error("1:1e300:1e-300"),
              "--alpha: expected at most 1000000 values, found a range of inf");
    EXPECT_EQ(number_error("1:1000001:1"),
              "--alpha: expected at most 1000000 values, found a range of 1e+06");
    EXPECT_EQ(number_error("1:999999:1,1,2"), "--alpha: expected at most 1000000 values, found more");
}

TEST(ParseIntegers, WholeNumbers) {
    EXPECT_EQ(parse_integers({"224,192", "128:160:16"}, "--res"), (Integers{224, 192, 128, 144, 160}));
    EXPECT_EQ(error_of([] { (void)parse_integers({"224.5"}, "--res"); }),
              "--res: expected a whole number, found 224.5");
    EXPECT_EQ(error_of([] { (void)parse_integers({"1e16"}, "--res"); }),
              "--res: expected a whole number, found 1e+16");
    EXPECT_EQ(error_of([] { (void)parse_integers({"0"}, "--res"); }),
              "--res: expected a number above 0, found \"0\"");
}

TEST(ParseNames, CommasAndRepeatedFlags) {
    EXPECT_EQ(parse_names({"reference,onednn", "xnnpack"}), (Texts{"reference", "onednn", "xnnpack"}));
    EXPECT_EQ(parse_names({"a,,b"}), (Texts{"a", "", "b"}));
}

}  // namespace
}  // namespace mobilenet_cost

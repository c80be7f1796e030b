#include "mobilenet_cost/base/units.h"

#include <limits>

#include <gtest/gtest.h>

namespace mobilenet_cost {
namespace {

TEST(WithThousands, EveryThirdDigit) {
    EXPECT_EQ(with_thousands(0), "0");
    EXPECT_EQ(with_thousands(999), "999");
    EXPECT_EQ(with_thousands(1000), "1,000");
    EXPECT_EQ(with_thousands(568740352), "568,740,352");
    EXPECT_EQ(with_thousands(-999), "-999");
    EXPECT_EQ(with_thousands(-123456), "-123,456");
    EXPECT_EQ(with_thousands(std::numeric_limits<std::int64_t>::max()), "9,223,372,036,854,775,807");
    EXPECT_EQ(with_thousands(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(Shortest, ReadsBackAsTheSameDouble) {
    EXPECT_EQ(shortest(1), "1");
    EXPECT_EQ(shortest(0.1), "0.1");
    EXPECT_EQ(shortest(1.0 / 3), "0.3333333333333333");
    for (const double value : {0.1 + 0.2, 160.0 / 224, 1e-300, 123456789.125})
        EXPECT_EQ(std::stod(shortest(value)), value);
}

TEST(WithPrefix, ThreeDigitsAndThePrefixThatTheyRoundTo) {
    EXPECT_EQ(with_prefix(0), "0");
    EXPECT_EQ(with_prefix(999), "999");
    EXPECT_EQ(with_prefix(1000), "1.00 k");
    EXPECT_EQ(with_prefix(13000), "13.0 k");
    EXPECT_EQ(with_prefix(568740352), "568.7 M");
    EXPECT_EQ(with_prefix(4210088), "4.21 M");
    EXPECT_EQ(with_prefix(999'949), "999.9 k");
    EXPECT_EQ(with_prefix(999'999), "1.00 M");
    EXPECT_EQ(with_prefix(-1'500), "-1.50 k");
    EXPECT_EQ(with_prefix(std::numeric_limits<std::int64_t>::max()), "9.22 E");
}

TEST(BytesText, BinaryPrefixes) {
    EXPECT_EQ(bytes_text(0), "0 B");
    EXPECT_EQ(bytes_text(1023), "1023 B");
    EXPECT_EQ(bytes_text(1024), "1.00 KiB");
    EXPECT_EQ(bytes_text(4'816'896), "4.59 MiB");
    EXPECT_EQ(bytes_text((1 << 20) - 1), "1.00 MiB");
    EXPECT_EQ(bytes_text(std::int64_t{3} << 30), "3.00 GiB");
    EXPECT_EQ(bytes_text(std::numeric_limits<std::int64_t>::max()), "8.00 EiB");
}

TEST(SecondsText, UnitThatFits) {
    EXPECT_EQ(seconds_text(0.00572), "5.72 ms");
    EXPECT_EQ(seconds_text(178.4e-6), "178.4 us");
    EXPECT_EQ(seconds_text(1.2), "1.20 s");
    EXPECT_EQ(seconds_text(12.34), "12.3 s");
    EXPECT_EQ(seconds_text(1234), "1234.0 s");
    EXPECT_EQ(seconds_text(42e-9), "42.0 ns");
    EXPECT_EQ(seconds_text(0), "0.00 ns");
    EXPECT_EQ(seconds_text(-0.002), "-2.00 ms");
}

TEST(SecondsText, RoundsUpIntoTheNextUnit) {
    EXPECT_EQ(seconds_text(0.99996), "1.00 s");
    EXPECT_EQ(seconds_text(0.00099996), "1.00 ms");
    EXPECT_EQ(seconds_text(0.99996e-6), "1.00 us");
    EXPECT_EQ(seconds_text(0.9999), "999.9 ms");
}

TEST(FactorAndSize, Text) {
    EXPECT_EQ(factor_text(8.5567), "8.56x");
    EXPECT_EQ(factor_text(1), "1.00x");
    EXPECT_EQ(size_text(224, 192, 3), "224x192x3");
}

}  // namespace
}  // namespace mobilenet_cost

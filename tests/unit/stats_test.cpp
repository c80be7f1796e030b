#include "mobilenet_cost/base/stats.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {
namespace {

/// SplitMix64 (Steele, Lea, Flood 2014): a few lines, so that the counts below can be recomputed elsewhere.
class Uniform {
  public:
    explicit Uniform(std::uint64_t seed) : state_(seed) {}

    double operator()() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return static_cast<double>((z ^ (z >> 31U)) >> 11U) * 0x1p-53;
    }

  private:
    std::uint64_t state_;
};

std::vector<double> draw(Uniform& uniform, std::size_t n) {
    std::vector<double> values(n);
    std::generate(values.begin(), values.end(), [&] { return 0.5 + uniform(); });
    return values;
}

TEST(Median, OddEvenOneAndTies) {
    EXPECT_EQ(median(std::vector{3.0, 1.0, 2.0}), 2.0);
    EXPECT_EQ(median(std::vector{4.0, 1.0, 2.0, 3.0}), 2.5);
    EXPECT_EQ(median(std::vector{7.0}), 7.0);
    EXPECT_EQ(median(std::vector{5.0, 5.0, 5.0, 1.0}), 5.0);
}

TEST(Median, LeavesTheSampleAsItIs) {
    const std::vector<double> values = {3, 1, 2};
    (void)median(values);
    EXPECT_EQ(values, (std::vector<double>{3, 1, 2}));
}

TEST(Quantile, Definition7) {
    // Position p (n - 1) = 0.25 * 4 = 1, then 0.4 * 4 = 1.6 between 20 and 30, as numpy.quantile gives.
    const std::vector<double> values = {50, 40, 30, 20, 10};
    EXPECT_EQ(quantile(values, 0), 10);
    EXPECT_EQ(quantile(values, 0.25), 20);
    EXPECT_DOUBLE_EQ(quantile(values, 0.4), 26);
    EXPECT_DOUBLE_EQ(quantile(values, 0.9), 46);
    EXPECT_EQ(quantile(values, 1), 50);
}

TEST(Quantile, RefusesWhatHasNoAnswer) {
    EXPECT_THROW((void)quantile(std::vector<double>{}, 0.5), Error);
    EXPECT_THROW((void)quantile(std::vector{1.0}, 1.5), Error);
    EXPECT_THROW((void)quantile(std::vector{1.0}, std::nan("")), Error);
}

TEST(GeometricMean, OfPowers) {
    EXPECT_NEAR(geometric_mean(std::vector{1.0, 10.0, 100.0}), 10, 1e-12);
    EXPECT_NEAR(geometric_mean(std::vector{4.0, 0.25}), 1, 1e-12);
    EXPECT_THROW((void)geometric_mean(std::vector{1.0, 0.0}), Error);
}

struct RanksRow {
    std::size_t n;
    std::size_t low;
    std::size_t high;
    double coverage;
};

/// Coverage by hand: n = 15, low = 4: 1 - 2 (1 + 15 + 105 + 455) / 2^15 = 1 - 1152 / 32768.
constexpr RanksRow kRanks95[] = {
    {6, 1, 6, 1 - 2 * 1 / 64.0},        {7, 1, 7, 1 - 2 * 1 / 128.0},
    {8, 1, 8, 1 - 2 * 1 / 256.0},       {9, 2, 8, 1 - 2 * 10 / 512.0},
    {10, 2, 9, 1 - 2 * 11 / 1024.0},    {12, 3, 10, 1 - 2 * 79 / 4096.0},
    {15, 4, 12, 1 - 2 * 576 / 32768.0}, {20, 6, 15, 1 - 2 * 21700 / 1048576.0},
    {31, 10, 22, 0.9705506265163422},   {100, 40, 61, 0.9647997997822952},
};

TEST(MedianRanks, TableAt95Percent) {
    for (const RanksRow& row : kRanks95) {
        SCOPED_TRACE(row.n);
        const auto ranks = median_ranks(row.n, 0.95);
        ASSERT_TRUE(ranks.has_value());
        EXPECT_EQ(ranks->low, row.low);
        EXPECT_EQ(ranks->high, row.high);
        EXPECT_NEAR(ranks->coverage, row.coverage, 1e-12);
    }
    EXPECT_NEAR(median_ranks(15, 0.95)->coverage, 0.9648, 5e-5);
}

TEST(MedianRanks, TableAt99Percent) {
    constexpr RanksRow kRanks99[] = {
        {8, 1, 8, 0.9921875}, {15, 3, 13, 1 - 2 * 121 / 32768.0}, {61, 21, 41, 0.9901465518047408}};
    for (const RanksRow& row : kRanks99) {
        SCOPED_TRACE(row.n);
        const auto ranks = median_ranks(row.n, 0.99);
        ASSERT_TRUE(ranks.has_value());
        EXPECT_EQ(ranks->low, row.low);
        EXPECT_EQ(ranks->high, row.high);
        EXPECT_NEAR(ranks->coverage, row.coverage, 1e-12);
    }
}

TEST(MedianRanks, NothingIsInventedForSmallSamples) {
    for (std::size_t n = 0; n < 6; ++n)
        EXPECT_FALSE(median_ranks(n, 0.95).has_value()) << n;
    EXPECT_FALSE(median_ranks(7, 0.99).has_value());
    EXPECT_EQ(samples_for_interval(0.95), 6U);
    EXPECT_EQ(samples_for_interval(0.99), 8U);
    EXPECT_EQ(samples_for_interval(0.5), 2U);
}

TEST(MedianRanks, ALevelThatIsMetExactlyIsEnough) {
    // 1 - 2 / 2^5 = 0.9375 with five values.
    ASSERT_TRUE(median_ranks(5, 0.9375).has_value());
    EXPECT_NEAR(median_ranks(5, 0.9375)->coverage, 0.9375, 1e-12);
}

TEST(MedianRanks, LargeSamplesDoNotUnderflow) {
    // 2^-2000 is no double. The figures are from exact integers: 1 - 2 sum C(2000, k) / 2^2000, k < 956.
    const auto ranks = median_ranks(2000, 0.95);
    ASSERT_TRUE(ranks.has_value());
    EXPECT_EQ(ranks->low, 956U);
    EXPECT_EQ(ranks->high, 1045U);
    EXPECT_NEAR(ranks->coverage, 0.9534471795082162, 1e-9);
}

TEST(MedianRanks, RefusesALevelThatIsNone) {
    EXPECT_THROW((void)median_ranks(15, 1), Error);
    EXPECT_THROW((void)median_ranks(15, 0), Error);
    EXPECT_THROW((void)median_ranks(15, std::nan("")), Error);
}

TEST(MedianEstimate, TakesTheOrderStatistics) {
    std::vector<double> values;
    for (int i = 15; i >= 1; --i)
        values.push_back(i);
    const Estimate estimate = median_estimate(values, 0.95);
    EXPECT_EQ(estimate.value, 8);
    ASSERT_TRUE(estimate.interval.has_value());
    EXPECT_EQ(estimate.interval->low, 4);
    EXPECT_EQ(estimate.interval->high, 12);
    EXPECT_NEAR(estimate.interval->coverage, 1 - 1152 / 32768.0, 1e-12);
    EXPECT_FALSE(median_estimate(std::vector{1.0, 2.0, 3.0, 4.0, 5.0}, 0.95).interval.has_value());
}

TEST(MedianEstimate, IntervalContainsTheMedian) {
    Uniform uniform(7);
    for (std::size_t n = 6; n < 60; ++n) {
        const Estimate estimate = median_estimate(draw(uniform, n), 0.95);
        ASSERT_TRUE(estimate.interval.has_value());
        EXPECT_LE(estimate.interval->low, estimate.value);
        EXPECT_GE(estimate.interval->high, estimate.value);
    }
}

TEST(MedianEstimate, ScaleEquivariant) {
    Uniform uniform(8);
    for (std::size_t n = 1; n < 40; ++n) {
        const std::vector<double> values = draw(uniform, n);
        std::vector<double> larger = values;
        for (double& value : larger)
            value *= 1024;  // a power of two: exact
        EXPECT_EQ(median_estimate(larger, 0.95), scaled(median_estimate(values, 0.95), 1024)) << n;
    }
}

TEST(PairedRatio, MedianOfTheRatiosNotRatioOfTheMedians) {
    // Ratios 2, 3, 2; the medians alone would say 6 / 2 = 3.
    const Estimate ratio = paired_ratio(std::vector{2.0, 6.0, 20.0}, std::vector{1.0, 2.0, 10.0}, 0.95);
    EXPECT_NEAR(ratio.value, 2, 1e-12);
    EXPECT_FALSE(ratio.interval.has_value());
}

TEST(PairedRatio, ReciprocalSymmetry) {
    Uniform uniform(9);
    for (std::size_t n = 1; n < 40; ++n) {
        const std::vector<double> a = draw(uniform, n);
        const std::vector<double> b = draw(uniform, n);
        const Estimate forth = paired_ratio(a, b, 0.95);
        const Estimate back = paired_ratio(b, a, 0.95);
        EXPECT_NEAR(forth.value * back.value, 1, 1e-12);
        ASSERT_EQ(forth.interval.has_value(), n >= 6);
        if (!forth.interval) continue;
        EXPECT_NEAR(forth.interval->low * back.interval->high, 1, 1e-12);
        EXPECT_NEAR(forth.interval->high * back.interval->low, 1, 1e-12);
    }
}

TEST(PairedRatio, WhatBothShareCancels) {
    Uniform uniform(10);
    const std::vector<double> drift = draw(uniform, 15);
    std::vector<double> slow = drift;
    for (double& value : slow)
        value *= 4;
    const Estimate ratio = paired_ratio(slow, drift, 0.95);
    EXPECT_NEAR(ratio.value, 4, 1e-12);
    EXPECT_NEAR(ratio.interval->low, 4, 1e-12);
    EXPECT_NEAR(ratio.interval->high, 4, 1e-12);
}

TEST(PairedRatio, RefusesWhatIsNoPairOrNoTime) {
    EXPECT_THROW((void)paired_ratio(std::vector{1.0, 2.0}, std::vector{1.0}, 0.95), Error);
    EXPECT_THROW((void)paired_ratio(std::vector{0.0}, std::vector{1.0}, 0.95), Error);
    EXPECT_THROW((void)paired_ratio(std::vector<double>{}, std::vector<double>{}, 0.95), Error);
}

/// How many of 10,000 intervals cover the true median 0.25 of a skewed distribution (u^2). The generator is
/// fixed, so the counts are exact; a program of a few lines in another language gives the same ones.
TEST(Coverage, OfASkewedDistribution) {
    struct Row {
        std::size_t n;
        int covered;
    };
    Uniform uniform(20240607);
    for (const Row row : {Row{6, 9645}, Row{15, 9661}, Row{31, 9675}}) {
        int covered = 0;
        for (int trial = 0; trial < 10000; ++trial) {
            std::vector<double> values(row.n);
            for (double& value : values) {
                const double u = uniform();
                value = u * u;
            }
            const Estimate estimate = median_estimate(values, 0.95);
            covered += estimate.interval->low <= 0.25 && 0.25 <= estimate.interval->high;
        }
        EXPECT_EQ(covered, row.covered);
        const double promised = 10000 * median_ranks(row.n, 0.95)->coverage;
        EXPECT_NEAR(covered, promised, 3 * std::sqrt(promised * (1 - promised / 10000))) << row.n;
    }
}

}  // namespace
}  // namespace mobilenet_cost

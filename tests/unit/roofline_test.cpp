#include "mobilenet_cost/machine/roofline.h"

#include <gtest/gtest.h>

#include "unit/peaks_support.h"

namespace mobilenet_cost {
namespace {

using testing_support::plausible_samples;

TEST(SummarisePeaks, MediansWithIntervals) {
    PeakSamples samples = plausible_samples();
    samples.compute[0].f32 = {31e9, 32e9, 30e9, 32e9, 31e9, 32e9};
    const MachinePeaks peaks = summarise_peaks(samples);
    EXPECT_TRUE(peaks.warnings.empty());
    ASSERT_TRUE(peaks.compute[0].f32.per_second && peaks.compute[0].f32.per_second->interval);
    EXPECT_DOUBLE_EQ(peaks.compute[0].f32.per_second->value, 31.5e9);
    EXPECT_DOUBLE_EQ(peaks.compute[0].f32.per_second->interval->low, 30e9);
    EXPECT_DOUBLE_EQ(peaks.compute[0].f32.per_second->interval->high, 32e9);
    // The clock is that of one core, though the samples are sums over four.
    EXPECT_DOUBLE_EQ(peaks.compute[1].clock.per_second->value, 1e9);
    EXPECT_NEAR(*peaks.compute[1].f32_flops_per_cycle, 32, 1e-9);
    EXPECT_EQ(peaks.compute[0].i8, (Rate{std::nullopt, "no instruction"}));
    ASSERT_EQ(peaks.round_trips.size(), 2U);
    EXPECT_DOUBLE_EQ(peaks.round_trips[1].seconds.value, 400e-9);
}

/// FLOP/cycle of 8 lanes: 2 x 8 x pipes, with 3 % for a clock that moved.
constexpr double kLimit = 16.0 * kMostVectorPipes;

TEST(SummarisePeaks, AFigureAboveThePhysicalLimitIsRefused) {
    PeakSamples samples = plausible_samples();
    samples.compute[0].f32.assign(6, kLimit * 1e9 * 1.02);
    EXPECT_TRUE(summarise_peaks(samples).compute[0].f32.per_second.has_value());

    samples.compute[0].f32.assign(6, kLimit * 1e9 * 1.04);
    const MachinePeaks peaks = summarise_peaks(samples);
    EXPECT_FALSE(peaks.compute[0].f32.per_second.has_value());
    EXPECT_FALSE(peaks.compute[0].f32_flops_per_cycle.has_value());
    EXPECT_EQ(peaks.compute[0].f32.reason.rfind("implausible: ", 0), 0U) << peaks.compute[0].f32.reason;
    EXPECT_EQ(peaks.warnings, std::vector<std::string>{peaks.compute[0].f32.reason});
    EXPECT_TRUE(peaks.compute[1].f32.per_second.has_value());  // the other number of threads stands
}

TEST(SummarisePeaks, TheClockOfTheSameRoundDecides) {
    // A machine whose clock doubled half-way is no implausible one.
    PeakSamples samples = plausible_samples();
    samples.compute[0].cycles = {1e9, 1e9, 1e9, 2e9, 2e9, 2e9};
    samples.compute[0].f32 = {32e9, 32e9, 32e9, 64e9, 64e9, 64e9};
    const MachinePeaks peaks = summarise_peaks(samples);
    EXPECT_TRUE(peaks.warnings.empty());
    EXPECT_NEAR(*peaks.compute[0].f32_flops_per_cycle, 32, 1e-9);
}

TEST(SummarisePeaks, EightBitLimit) {
    PeakSamples samples = plausible_samples();
    samples.i8_vector_bytes = 64;
    samples.compute[0].i8.assign(6, 128e9 * kMostVectorPipes);
    EXPECT_TRUE(summarise_peaks(samples).compute[0].i8.per_second.has_value());
    samples.compute[0].i8.assign(6, 140e9 * kMostVectorPipes);
    EXPECT_FALSE(summarise_peaks(samples).compute[0].i8.per_second.has_value());
}

TEST(SummarisePeaks, MoreBytesThanACoreLoadsAreRefused) {
    PeakSamples samples = plausible_samples();
    samples.memory[0].read.assign(6, 32e9 * kMostVectorLoads * 1.1);
    samples.memory[1].triad.assign(6, 32e9 * kMostVectorLoads * 1.5 * 1.1);
    const MachinePeaks peaks = summarise_peaks(samples);
    EXPECT_FALSE(peaks.memory[0].read.per_second.has_value());
    EXPECT_TRUE(peaks.memory[0].triad.per_second.has_value());
    EXPECT_FALSE(peaks.memory[1].triad.per_second.has_value());
    EXPECT_EQ(peaks.warnings.size(), 2U);
}

TEST(SummarisePeaks, AFartherLevelThatIsQuickerIsAWarning) {
    PeakSamples samples = plausible_samples();
    samples.memory[1].read.assign(6, 65e9);  // L2 beside L1 of 64e9: within the slack
    EXPECT_TRUE(summarise_peaks(samples).warnings.empty());
    samples.memory[1].read.assign(6, 70e9);
    const MachinePeaks peaks = summarise_peaks(samples);
    ASSERT_EQ(peaks.warnings.size(), 1U);
    EXPECT_EQ(
        peaks.warnings[0].rfind("read of L2 is quicker than of L1 with 1 thread (70.0 and 64.0 GB/s)", 0), 0U)
        << peaks.warnings[0];
    EXPECT_TRUE(peaks.memory[1].read.per_second.has_value());  // the figure stays
}

TEST(SummarisePeaks, AnUnknownLevelIsSteppedOver) {
    PeakSamples samples = plausible_samples();
    samples.memory[1].read.clear();
    samples.memory[1].triad.clear();
    samples.memory[1].reason = "hidden";
    samples.memory[2].read.assign(6, 100e9);  // DRAM above L1, with nothing known of L2
    const MachinePeaks peaks = summarise_peaks(samples);
    EXPECT_EQ(peaks.memory[1].read, (Rate{std::nullopt, "hidden"}));
    ASSERT_EQ(peaks.warnings.size(), 1U);
    EXPECT_EQ(peaks.warnings[0].rfind("read of DRAM is quicker than of L1", 0), 0U);
}

TEST(SummarisePeaks, FewRoundsHaveNoInterval) {
    PeakSamples samples = plausible_samples();
    samples.compute[0].f32.resize(5);
    samples.compute[0].cycles.resize(5);
    const MachinePeaks peaks = summarise_peaks(samples);
    ASSERT_TRUE(peaks.compute[0].f32.per_second.has_value());
    EXPECT_FALSE(peaks.compute[0].f32.per_second->interval.has_value());
}

TEST(Roofline, WhereTheTwoRoofsMeet) {
    const MachinePeaks peaks = summarise_peaks(plausible_samples());
    // 32 GFLOP/s a thread. L1 64 GB/s, L2 32 GB/s, DRAM 8 GB/s, for four threads twice as much.
    EXPECT_DOUBLE_EQ(*peak_flops(peaks, 1), 32e9);
    EXPECT_DOUBLE_EQ(*level_bandwidth(peaks, "L1", 1), 64e9);
    EXPECT_DOUBLE_EQ(*level_bandwidth(peaks, "L2", 1), 32e9);
    EXPECT_DOUBLE_EQ(*level_bandwidth(peaks, "DRAM", 1), 8e9);
    EXPECT_DOUBLE_EQ(*level_bandwidth(peaks, "DRAM", 4), 16e9);
    EXPECT_DOUBLE_EQ(*ridge_point(peaks, "DRAM", 1), 4);
    EXPECT_DOUBLE_EQ(*ridge_point(peaks, "L2", 4), 1);
}

TEST(Roofline, ThreadsBetweenOneAndAllStayABound) {
    const MachinePeaks peaks = summarise_peaks(plausible_samples());
    EXPECT_DOUBLE_EQ(*peak_flops(peaks, 2), 64e9);
    EXPECT_DOUBLE_EQ(*peak_flops(peaks, 9), 128e9);  // not more than all
    EXPECT_DOUBLE_EQ(*level_bandwidth(peaks, "DRAM", 3), 16e9);
}

TEST(Roofline, AbsentFiguresGiveNoBound) {
    PeakSamples samples = plausible_samples();
    for (ComputeSamples& row : samples.compute)
        row.f32.clear();
    const MachinePeaks peaks = summarise_peaks(samples);
    EXPECT_FALSE(ridge_point(peaks, "L1", 1).has_value());
    EXPECT_FALSE(ridge_point(MachinePeaks{}, "L1", 1).has_value());
    EXPECT_FALSE(level_bandwidth(peaks, "L4", 1).has_value());
}

}  // namespace
}  // namespace mobilenet_cost

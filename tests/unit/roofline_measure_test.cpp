#include "mobilenet_cost/machine/roofline_measure.h"

#include <gtest/gtest.h>

namespace mobilenet_cost {
namespace {

Topology two_cores() {
    Topology topology;
    topology.caches = {{1, "Data", 32 << 10, 64, 2, 1},
                       {1, "Instruction", 32 << 10, 64, 2, 1},
                       {2, "Unified", 512 << 10, 64, 2, 1},
                       {3, "Unified", 32 << 20, 64, 1, 2}};
    return topology;
}

TEST(PlanLevels, FractionsOfPrivateAndSharedCaches) {
    const auto one = plan_levels(two_cores(), 1, std::int64_t{16} << 30);
    ASSERT_EQ(one.size(), 4U);
    EXPECT_EQ(one[0].thread_bytes, 16 << 10);
    EXPECT_EQ(one[1].thread_bytes, 256 << 10);
    EXPECT_EQ(one[2].thread_bytes, 8 << 20);
    EXPECT_EQ(one[3].thread_bytes, 256 << 20);
    EXPECT_FALSE(one[3].capacity_bytes.has_value());

    const auto two = plan_levels(two_cores(), 2, std::int64_t{16} << 30);
    EXPECT_EQ(two[0].thread_bytes, 16 << 10);  // each has its own
    EXPECT_EQ(two[0].capacity_bytes, 64 << 10);
    EXPECT_EQ(two[2].thread_bytes, 4 << 20);  // one for both
    EXPECT_EQ(two[2].capacity_bytes, 32 << 20);
    EXPECT_EQ(two[3].thread_bytes, 128 << 20);
}

TEST(PlanLevels, HiddenCachesAndLittleMemoryAreReasons) {
    const auto hidden = plan_levels({}, 1, std::int64_t{16} << 30);
    for (const int level : {0, 1, 2}) {
        EXPECT_EQ(hidden[static_cast<std::size_t>(level)].thread_bytes, 0);
        EXPECT_FALSE(hidden[static_cast<std::size_t>(level)].reason.empty());
    }
    EXPECT_EQ(hidden[3].thread_bytes, 256 << 20);

    const auto little = plan_levels(two_cores(), 1, 200 << 20);
    EXPECT_EQ(little[3].thread_bytes, 0);  // a quarter of it fits into L3
    EXPECT_FALSE(little[3].reason.empty());
}

// Kernels that a compiler has left out return at once.

float no_arithmetic(std::int64_t /*steps*/, float factor, float /*term*/) {
    return factor;
}
std::uint32_t no_reading(const std::uint32_t* words, std::size_t /*count*/, std::int64_t /*repeats*/) {
    return *words;
}
float no_triad(float* /*sums*/, const float* left, const float* /*right*/, float /*factor*/,
               std::size_t /*count*/, std::int64_t /*repeats*/) {
    return *left;
}

TEST(SamplePeaks, WorkThatWasNotDoneIsRefused) {
    PeakKernels kernels;
    kernels.target = "fake";
    kernels.vector_bytes = 32;
    kernels.multiply_add = no_arithmetic;
    kernels.flops_per_step = 192;
    kernels.read = no_reading;
    kernels.triad = no_triad;
    kernels.i8_instruction = "none in a fake";
    int rounds_seen = 0;
    const PeakSettings settings{
        .rounds = 2, .block_seconds = 1e-4, .max_seconds = 60, .progress = [&](std::int64_t, std::int64_t) {
            ++rounds_seen;
        }};
    const std::vector<int> cpus = allowed_cpus();
    const MachinePeaks peaks = summarise_peaks(sample_peaks({&kernels, ""}, two_cores(), cpus, settings));
    EXPECT_EQ(rounds_seen, 2);
    EXPECT_EQ(peaks.rounds, 2);
    ASSERT_EQ(peaks.compute.size(), cpus.size() > 1 ? 2U : 1U);
    for (const ComputePeaks& row : peaks.compute) {
        EXPECT_TRUE(row.clock.per_second.has_value());  // real
        EXPECT_EQ(row.f32.reason.rfind("implausible", 0), 0U) << row.f32.reason;
        EXPECT_EQ(row.i8.reason, "none in a fake");
    }
    for (const MemoryPeaks& row : peaks.memory) {
        if (row.level != "DRAM") {
            EXPECT_EQ(row.read.reason.rfind("implausible", 0), 0U) << row.level << row.read.reason;
        }
    }
}

TEST(SamplePeaks, WithoutKernelsEveryFigureHasTheReason) {
    PeakSettings settings;
    settings.rounds = 3;
    const MachinePeaks peaks =
        summarise_peaks(sample_peaks({nullptr, "not built"}, two_cores(), allowed_cpus(), settings));
    EXPECT_EQ(peaks.rounds, 0);
    EXPECT_EQ(peaks.rounds_asked, 3);
    EXPECT_EQ(peaks.compute.front().f32, (Rate{std::nullopt, "not built"}));
    EXPECT_EQ(peaks.memory.back().triad, (Rate{std::nullopt, "not built"}));
}

#if MOBILENET_COST_HAVE_HIGHWAY
TEST(PeakKernelsPlugin, DoTheWorkTheySay) {
    const PeakKernelsStatus status = find_peak_kernels();
    ASSERT_NE(status.kernels, nullptr) << status.reason;
    const PeakKernels& kernels = *status.kernels;
    // Chains converge to term / (1 - factor) in every lane: 12 or 20 of them, lanes wide.
    const double chains = kernels.flops_per_step / 2;
    EXPECT_NEAR(kernels.multiply_add(400, 0.5F, 0.25F), 0.5 * chains, 1e-3 * chains);

    alignas(64) std::uint32_t words[kPeakWords] = {};
    words[0] = 5;
    words[kPeakWords - 1] = 8;
    EXPECT_EQ(kernels.read(words, kPeakWords, 1), 13U);  // in different lanes
    EXPECT_EQ(kernels.read(words, kPeakWords, 2), 0U);   // each word twice

    alignas(64) float sums[kPeakWords] = {};
    alignas(64) float left[kPeakWords];
    alignas(64) float right[kPeakWords];
    for (std::size_t i = 0; i < kPeakWords; ++i) {
        left[i] = static_cast<float>(i);
        right[i] = 2;
    }
    (void)kernels.triad(sums, left, right, 0.5F, kPeakWords, 1);
    for (std::size_t i = 0; i < kPeakWords; ++i)
        ASSERT_EQ(sums[i], static_cast<float>(i) + 1) << i;
    EXPECT_NE(*kernels.i8_instruction, '\0');
    if (kernels.dot_i8 != nullptr) {
        std::int32_t expected = 0;
        for (int i = 0; i < static_cast<int>(kernels.i8_ops_per_step) / (2 * kernels.i8_vector_bytes); ++i)
            expected ^= i + 400 * 4 * 3 * -5;
        EXPECT_EQ(kernels.dot_i8(400), expected);
    }
}
#endif

TEST(DependentAdds, AddsThatOften) {
    EXPECT_EQ(dependent_adds(160), 480U);
    EXPECT_EQ(dependent_adds(0), 0U);
}

}  // namespace
}  // namespace mobilenet_cost

#include "mobilenet_cost/machine/preflight.h"

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/machine/ping_pong.h"

#include "unit/fake_engine.h"

namespace mobilenet_cost {
namespace {

/// Nothing disturbs: every case below spoils one reading.
PreflightReadings calm() {
    return {.seconds = 0.5,
            .cpus = 2,
            .load_average = 0.1,
            .steal_share = 0.0,
            .involuntary_switches_per_s = 0.0,
            .clock_resolution_seconds = 30e-9,
            .loop = {.count = 500, .median_seconds = 1e-3, .p95_over_median = 1.01, .max_over_median = 1.2},
            .ping_pong_seconds = 100e-9};
}

TEST(ClassifyNoise, CalmIsQuietWithoutReasons) {
    const Preflight result = classify_noise(calm());
    EXPECT_EQ(result.verdict, NoiseVerdict::quiet);
    EXPECT_TRUE(result.reasons.empty());
    EXPECT_EQ(result.readings, calm());
}

struct NoiseCase {
    const char* name;
    void (*spoil)(PreflightReadings&);
    NoiseVerdict verdict;
    std::string reason;  ///< its first words
};

TEST(ClassifyNoise, EachReadingOnBothSidesOfItsLimits) {
    const std::vector<NoiseCase> cases = {
        {"load at the limit", [](auto& r) { r.load_average = 1.0; }, NoiseVerdict::quiet, ""},
        {"load", [](auto& r) { r.load_average = 1.01; }, NoiseVerdict::usable, "usable: load average 1.01"},
        {"huge load", [](auto& r) { r.load_average = 500; }, NoiseVerdict::usable,
         "usable: load average 500"},
        {"little steal", [](auto& r) { r.steal_share = 0.005; }, NoiseVerdict::quiet, ""},
        {"steal", [](auto& r) { r.steal_share = 0.02; }, NoiseVerdict::usable,
         "usable: the hypervisor took 2.0 %"},
        {"much steal", [](auto& r) { r.steal_share = 0.06; }, NoiseVerdict::hopeless,
         "hopeless: the hypervisor"},
        {"few switches", [](auto& r) { r.involuntary_switches_per_s = 10; }, NoiseVerdict::quiet, ""},
        {"switches", [](auto& r) { r.involuntary_switches_per_s = 100; }, NoiseVerdict::usable,
         "usable: preempted"},
        {"many", [](auto& r) { r.involuntary_switches_per_s = 101; }, NoiseVerdict::hopeless,
         "hopeless: preempted"},
        {"clock", [](auto& r) { r.clock_resolution_seconds = 2e-6; }, NoiseVerdict::usable,
         "usable: the clock's"},
        {"ticks", [](auto& r) { r.clock_resolution_seconds = 4e-3; }, NoiseVerdict::hopeless,
         "hopeless: the clock's"},
        {"steady", [](auto& r) { r.loop.p95_over_median = 1.03; }, NoiseVerdict::quiet, ""},
        {"jitter", [](auto& r) { r.loop.p95_over_median = 1.1; }, NoiseVerdict::usable,
         "usable: one fixed loop"},
        {"shaken", [](auto& r) { r.loop.p95_over_median = 2; }, NoiseVerdict::hopeless,
         "hopeless: one fixed loop"},
        {"one burst", [](auto& r) { r.loop.max_over_median = 40; }, NoiseVerdict::usable,
         "usable: the slowest"},
        {"far", [](auto& r) { r.ping_pong_seconds = 400e-9; }, NoiseVerdict::quiet, ""},
    };
    for (const NoiseCase& row : cases) {
        PreflightReadings readings = calm();
        row.spoil(readings);
        const Preflight result = classify_noise(readings);
        EXPECT_EQ(result.verdict, row.verdict) << row.name;
        ASSERT_EQ(result.reasons.size(), row.reason.empty() ? 0U : 1U) << row.name;
        if (!row.reason.empty()) {
            EXPECT_EQ(result.reasons.front().rfind(row.reason, 0), 0U) << result.reasons.front();
        }
    }
}

TEST(ClassifyNoise, UnknownIsNoSignOfNoise) {
    PreflightReadings readings = calm();
    readings.load_average.reset();
    readings.steal_share.reset();
    readings.involuntary_switches_per_s.reset();
    readings.ping_pong_seconds.reset();
    EXPECT_EQ(classify_noise(readings).verdict, NoiseVerdict::quiet);
}

TEST(ClassifyNoise, TheWorstReadingDecidesAndEachIsTold) {
    PreflightReadings readings = calm();
    readings.load_average = 3;
    readings.steal_share = 0.5;
    readings.loop.p95_over_median = 1.1;
    const Preflight result = classify_noise(readings);
    EXPECT_EQ(result.verdict, NoiseVerdict::hopeless);
    EXPECT_EQ(result.reasons.size(), 3U);
}

TEST(LoopJitter, MedianAndTail) {
    std::vector<double> seconds(100, 2.0);
    seconds[7] = 10;
    const LoopJitter one = loop_jitter(seconds);
    EXPECT_EQ(one,
              (LoopJitter{.count = 100, .median_seconds = 2, .p95_over_median = 1, .max_over_median = 5}));
    for (std::size_t i = 0; i < 10; ++i)
        seconds[i] = 3;
    EXPECT_DOUBLE_EQ(loop_jitter(seconds).p95_over_median, 1.5);
    EXPECT_THROW((void)loop_jitter({}), Error);
}

TEST(RunPreflight, AStoppedClockEndsAndTellsNoRates) {
    testing_support::FakeClock clock;
    const Preflight result = run_preflight(clock, {.loops = 3, .ping_pong = false});
    EXPECT_EQ(result.readings.loop.count, 3);
    EXPECT_FALSE(result.readings.steal_share.has_value());
    EXPECT_FALSE(result.readings.involuntary_switches_per_s.has_value());
    EXPECT_FALSE(result.readings.ping_pong_seconds.has_value());
}

TEST(RunPreflight, ReadsTheRealMachine) {
    const Preflight result = run_preflight({.loops = 20});
    EXPECT_GT(result.readings.loop.median_seconds, 0);
    EXPECT_GE(result.readings.loop.p95_over_median, 1);
    EXPECT_GE(result.readings.loop.max_over_median, result.readings.loop.p95_over_median);
    EXPECT_GT(result.readings.clock_resolution_seconds, 0);
    EXPECT_EQ(result.readings.cpus, static_cast<std::int64_t>(allowed_cpus().size()));
    EXPECT_EQ(result.readings.ping_pong_seconds.has_value(), result.readings.cpus > 1);
    EXPECT_EQ(result, classify_noise(result.readings));
}

TEST(PingPong, NeedsTwoCpusThatAreAllowed) {
    const std::vector<int> cpus = allowed_cpus();
    EXPECT_FALSE(ping_pong_seconds(cpus.front(), cpus.front()).has_value());
    EXPECT_FALSE(ping_pong_seconds(cpus.front(), 1 << 20).has_value());
    EXPECT_FALSE(ping_pong_seconds(-1, cpus.front()).has_value());
    EXPECT_EQ(allowed_cpus(), cpus);
}

}  // namespace
}  // namespace mobilenet_cost

// What --max-seconds covers: nothing begins when it is over, in bench and in sweep alike.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/measure/calibration.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/sweep/result.h"

#include "unit/bench_support.h"
#include "unit/sweep_support.h"

namespace mobilenet_cost {
namespace {

using testing_support::BenchNetwork;
using testing_support::BenchOutcome;
using testing_support::fake_timing;
using testing_support::FakeBench;
using testing_support::FakeClock;
using testing_support::run_bench;
using testing_support::SweepBench;

constexpr double kTooLong = 2 * kShortestLimit;

std::int64_t nanoseconds(double seconds) {
    return std::llround(seconds * 1e9);
}

/// Cells whose passes take these seconds and do the same work, with a limit far below kShortestLimit.
Measurement measured(FakeClock& clock, const std::vector<double>& passes, double work = 0) {
    std::vector<MeasuredCell> cells;
    for (const double seconds : passes) {
        cells.push_back(
            {.run = [&clock,
                     seconds](std::int64_t count) { clock.nanoseconds += count * nanoseconds(seconds); },
             .pin_cpu = std::nullopt,
             .recording = {},
             .work = work});
    }
    testing_support::QuietWorld world(clock);
    MeasureHooks hooks;
    hooks.world = &world;
    return measure(cells, {.max_seconds = 0.1}, hooks);
}

TEST(TimeLimit, NoWarmUpBeginsWhenItIsOver) {
    FakeClock clock;
    const Measurement result = measured(clock, {kTooLong, 1, 1});
    EXPECT_EQ(clock.nanoseconds, nanoseconds(kTooLong));
    EXPECT_EQ(result.ended, Ended::time_limit);
    EXPECT_FALSE(result.calibrated);
    EXPECT_TRUE(result.order.empty());
    EXPECT_TRUE(result.cells[0].failure.empty() && result.cells[1].failure.empty());
}

TEST(TimeLimit, NoRoundBeginsThatWouldEndTooLate) {
    FakeClock clock;
    const Measurement late = measured(clock, {0.4 * kShortestLimit, 0.4 * kShortestLimit});
    EXPECT_EQ(late.ended, Ended::time_limit);
    EXPECT_TRUE(late.order.empty());
    const Measurement first = measured(clock, {0.2 * kShortestLimit, 0.2 * kShortestLimit});
    EXPECT_EQ(first.order.size(), 1U);
}

TEST(TimeLimit, NothingMoreBeginsOnceARoundIsKnownToEndTooLate) {
    FakeClock clock;
    const Measurement late = measured(clock, std::vector<double>(3, 0.6 * kShortestLimit), 1e9);
    EXPECT_EQ(clock.nanoseconds, nanoseconds(0.6 * kShortestLimit)) << "the first pass told";
    EXPECT_EQ(late.ended, Ended::time_limit);
    EXPECT_EQ(measured(clock, std::vector<double>(3, 0.1 * kShortestLimit), 1e9).order.size(), 1U);
}

TEST(TimeLimit, LayersAreLeftOutAfterAPassThatTells) {
    FakeBench fake;
    int passes = 0;
    fake.run = [&](const Network&) {
        ++passes;
        fake.clock.nanoseconds += nanoseconds(0.3 * kShortestLimit);
    };
    SweepTiming settings = fake_timing();
    settings.engines = {"fake"};
    settings.networks = {NetworkKind::separable};
    settings.max_seconds = 1;
    settings.layers = true;
    const BenchOutcome result = run_bench({{.alpha = 1}}, settings, fake.hooks());
    EXPECT_EQ(result.profiles.at(0).status, BenchStatus::late);
    EXPECT_EQ(passes, 1) << "the first told that neither a round nor the layers would end in time";
}

TEST(TimeLimit, RefusesBeforehandWhatNoMachineIsFastEnoughFor) {
    EXPECT_EQ(time_refusal({.macs = 10'000'000'000, .weight_bytes = 100'000'000}, 1, 1), "");
    EXPECT_EQ(time_refusal({.macs = 1'000'000'000, .weight_bytes = 4'000'000'000}, 1, 0.3),
              "takes at least 2.00 s to be made ready (3.73 GiB of weights) and 5.00 ms for a pass "
              "(1,000,000,000 MACs), --max-seconds is 0.3");
    EXPECT_NE(time_refusal({.macs = 1'000'000'000'000}, 1, 4), "");
    EXPECT_EQ(time_refusal({.macs = 569'000'000, .weight_bytes = 17'000'000}, 1, 0.01), "")
        << "8.5 ms to make ready and 2.8 ms for a pass, each with 10 ms";
    EXPECT_EQ(time_refusal({.macs = 1'000'000'000'000}, 2, 4), "");
}

TEST(TimeLimit, BenchSkipsWhatCannotBeMadeReady) {
    FakeBench fake;
    SweepTiming settings = fake_timing();
    settings.engines = {"fake"};
    settings.max_seconds = 1e-6;
    const BenchOutcome result = run_bench({{.alpha = 0.5}}, settings, fake.hooks());
    EXPECT_EQ(fake.sessions, 0);
    for (const BenchNetwork& row : result.networks) {
        EXPECT_EQ(row.status, BenchStatus::late);
        EXPECT_EQ(row.reason.rfind("takes at least ", 0), 0U) << row.reason;
    }
}

TEST(TimeLimit, BenchMakesNothingReadyWhenItIsOver) {
    FakeBench fake;
    fake.make = [&](const Network&) { fake.clock.nanoseconds += nanoseconds(kTooLong); };
    SweepTiming settings = fake_timing();
    settings.engines = {"fake"};
    settings.max_seconds = 1;
    const BenchOutcome result = run_bench({{.alpha = 0.5}}, settings, fake.hooks());
    EXPECT_EQ(fake.sessions, 1);
    EXPECT_EQ(result.networks[0].status, BenchStatus::ok);
    EXPECT_EQ(result.networks[1].status, BenchStatus::late);
    EXPECT_EQ(result.networks[1].reason, kNotMadeReady);
}

TEST(TimeLimit, BenchSaysThatNoRoundWasLeft) {
    FakeBench fake;
    fake.run = [&](const Network&) { fake.clock.nanoseconds += nanoseconds(kTooLong); };
    SweepTiming settings = fake_timing();
    settings.engines = {"fake"};
    settings.max_seconds = 1;
    settings.layers = true;
    const BenchOutcome result = run_bench({{.alpha = 0.5}}, settings, fake.hooks());
    EXPECT_EQ(result.run.measurement.ended, Ended::time_limit);
    for (const BenchNetwork& row : result.networks) {
        EXPECT_EQ(row.status, BenchStatus::late);
        EXPECT_EQ(row.reason, "--max-seconds was over before the first round");
    }
    EXPECT_EQ(result.profiles.at(0).status, BenchStatus::late);
}

TEST(TimeLimit, SweepMakesNothingReadyWhenItIsOver) {
    SweepBench bench;
    bench.timing.max_seconds = 1;
    bench.fake.make = [&](const Network&) { bench.fake.clock.nanoseconds += nanoseconds(kTooLong); };
    SweepRun run = bench.plan();
    bench.time(run);
    EXPECT_EQ(bench.fake.sessions, 1);
    EXPECT_EQ(run.points[0].status, BenchStatus::ok);
    EXPECT_EQ(run.points[1].status, BenchStatus::late);
    EXPECT_EQ(run.points[1].reason, kNotMadeReady);
}

TEST(TimeLimit, SweepSkipsWhatCannotBeMadeReady) {
    SweepBench bench;
    bench.timing.max_seconds = 1e-9;
    SweepRun run = bench.plan();
    bench.time(run);
    EXPECT_EQ(bench.fake.sessions, 0);
    EXPECT_EQ(run.points[0].reason.rfind("takes at least ", 0), 0U) << run.points[0].reason;
    EXPECT_EQ(run.points[0].status, BenchStatus::late);
}

}  // namespace
}  // namespace mobilenet_cost

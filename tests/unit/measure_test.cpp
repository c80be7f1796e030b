#include "mobilenet_cost/measure/measure.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/random.h"
#include "mobilenet_cost/base/stats.h"

#include "unit/fake_world.h"

namespace mobilenet_cost {
namespace {

constexpr double kMillisecond = 1e-3;

/// Time passes only when something "works".
class FakeClock final : public Clock {
  public:
    std::int64_t now() override { return nanoseconds; }
    std::int64_t resolution() override { return step; }
    void work(double seconds) { nanoseconds += std::llround(seconds * 1e9); }
    [[nodiscard]] double seconds() const { return static_cast<double>(nanoseconds) * 1e-9; }

    std::int64_t nanoseconds = 0;
    std::int64_t step = 1;
};

struct MeasureTest : testing::Test {
    /// A cell whose n-th pass since the start of the program takes cost(n) seconds.
    MeasuredCell cell(std::function<double(std::int64_t)> cost) {
        auto count = std::make_shared<std::int64_t>(0);
        return {.run =
                    [this, count, cost = std::move(cost)](std::int64_t passes) {
                        for (std::int64_t i = 0; i < passes; ++i)
                            clock.work(cost((*count)++));
                    },
                .pin_cpu = std::nullopt,
                .recording = {}};
    }

    MeasuredCell constant(double seconds) {
        return cell([seconds](std::int64_t) { return seconds; });
    }

    [[nodiscard]] Measurement run(const std::vector<MeasuredCell>& cells, const Measurement& earlier = {}) {
        testing_support::QuietWorld world(clock);
        world.on_noise = noise;
        MeasureHooks hooks;
        hooks.world = &world;
        hooks.progress = progress;
        hooks.stop = &stop;
        hooks.calibrated = calibrated;
        hooks.round_done = round_done;
        hooks.visits = visits;
        return measure(cells, settings, hooks, earlier);
    }

    FakeClock clock;
    MeasureSettings settings;
    std::function<NoiseSnapshot()> noise = [] { return NoiseSnapshot{}; };
    std::function<void(const Progress&)> progress;
    std::function<void(const Measurement&)> calibrated;
    std::function<void(const Measurement&)> round_done;
    std::function<std::vector<std::size_t>(const Measurement&, const std::vector<std::size_t>&)> visits;
    std::atomic<bool> stop = false;
};

TEST_F(MeasureTest, ConstantCellGivesItsTime) {
    const Measurement result = run({constant(kMillisecond)});
    ASSERT_EQ(result.cells.size(), 1U);
    const CellSamples& cell = result.cells[0];
    EXPECT_EQ(cell.failure, "");
    EXPECT_EQ(cell.blocks.size(), 15U);
    EXPECT_EQ(cell.size, (BlockSize{.passes = 20, .group = 1, .confirmed = true}));
    for (const TimedBlock& block : cell.blocks) {
        EXPECT_EQ(block.pass_seconds.size(), 20U);
        EXPECT_NEAR(block.seconds, kMillisecond, 1e-12);
    }
    EXPECT_EQ(result.ended, Ended::all_rounds);
    EXPECT_FALSE(result.shortened);
    EXPECT_NEAR(result.seconds, clock.seconds(), 1e-9);
}

TEST_F(MeasureTest, WarmUpEndsWhenTwoBlocksAgree) {
    // Cold passes: 8 ms, and 4 % less with each pass until 2 ms.
    const auto cost = [](std::int64_t n) {
        return std::max(2.0, 8.0 * std::pow(0.96, static_cast<double>(n))) * kMillisecond;
    };
    const Measurement result = run({cell(cost)});
    const WarmUp& warm_up = result.cells[0].warm_up;
    EXPECT_TRUE(warm_up.converged);
    EXPECT_NEAR(warm_up.first_pass_seconds, 8 * kMillisecond, 1e-9);
    // 0.96^34 is the first below 1/4, and the last block before the end lies behind that.
    EXPECT_GE(warm_up.passes, 34 + 10);
    EXPECT_LT(warm_up.passes, 80);
    for (const double seconds : round_seconds(result.cells[0]))
        EXPECT_NEAR(seconds, 2 * kMillisecond, 1e-9);
}

TEST_F(MeasureTest, WarmUpThatNeverSettlesIsCappedInTimeAndSaysSo) {
    // Each pass takes 3 % longer than the one before: no two blocks agree within 2 %.
    double pass = kMillisecond;
    const Measurement result = run({cell([&](std::int64_t) { return pass *= 1.03; })});
    const WarmUp& warm_up = result.cells[0].warm_up;
    EXPECT_FALSE(warm_up.converged);
    EXPECT_GE(warm_up.seconds, settings.warm_up.max_seconds);
    EXPECT_LT(warm_up.seconds, settings.warm_up.max_seconds + 0.05);
    EXPECT_EQ(result.cells[0].blocks.size(), 15U);
}

TEST_F(MeasureTest, WarmUpIsCappedInBlocks) {
    settings.warm_up.max_blocks = 4;
    double pass = kMillisecond;
    const Measurement result = run({cell([&](std::int64_t) { return pass *= 1.01; })});
    EXPECT_FALSE(result.cells[0].warm_up.converged);
    // One pass, then three blocks of at most 20.
    EXPECT_LE(result.cells[0].warm_up.passes, 1 + 3 * 20);
    EXPECT_GT(result.cells[0].warm_up.passes, 1 + 3 * 5);
}

TEST_F(MeasureTest, ADisturbedCalibrationIsRepeated) {
    // Warm after 1 + 20 + 20 passes. Another process then takes the machine: the first calibration sees
    // passes that are ten times longer, so it asks for 2 instead of 20.
    std::int64_t passes = 0;
    const MeasuredCell disturbed = {.run =
                                        [&](std::int64_t count) {
                                            for (std::int64_t i = 0; i < count; ++i, ++passes) {
                                                const bool taken = passes >= 41 && passes < 61;
                                                clock.work((taken ? 10 : 1) * kMillisecond);
                                            }
                                        },
                                    .pin_cpu = std::nullopt,
                                    .recording = {}};
    const Measurement result = run({disturbed});
    const CellSamples& cell = result.cells[0];
    EXPECT_TRUE(cell.warm_up.converged);
    EXPECT_EQ(cell.warm_up.passes, 41);
    EXPECT_EQ(cell.size, (BlockSize{.passes = 20, .group = 1, .confirmed = true}));
    // 20 disturbed passes, 2 that contradict them, 20 that confirm; each round: 1 to settle and 20.
    EXPECT_EQ(passes, 41 + 20 + 2 + 20 + 15 * 21);
}

TEST_F(MeasureTest, CalibrationsThatNeverAgreeAreNotBelieved) {
    // Warm after 41 passes. Then 20 passes at 4 ms ask for blocks of 5, and 5 at 1 ms ask for 20 again.
    const Measurement result =
        run({cell([](std::int64_t n) { return (n < 41 || (n - 41) % 25 >= 20 ? 1 : 4) * kMillisecond; })});
    EXPECT_TRUE(result.cells[0].warm_up.converged);
    EXPECT_FALSE(result.cells[0].size.confirmed);
    EXPECT_EQ(result.cells[0].blocks.size(), 15U);
}

TEST_F(MeasureTest, ShortPassesAreTimedInGroups) {
    const Measurement result = run({constant(4e-6), constant(60e-6)});
    // 50 us / 4 us: 13 passes between two readings; 20 ms / 4 us: 5000 passes, rounded up to whole groups.
    EXPECT_EQ(result.cells[0].size, (BlockSize{.passes = 5005, .group = 13, .confirmed = true}));
    EXPECT_EQ(result.cells[0].blocks[0].pass_seconds.size(), 385U);
    EXPECT_NEAR(result.cells[0].blocks[0].seconds, 4e-6, 1e-12);
    EXPECT_EQ(result.cells[1].size.group, 1);
}

TEST_F(MeasureTest, ACoarseClockMakesBlocksLonger) {
    clock.step = 1'000'000;  // 1 ms: a block lasts at least 1 s
    const Measurement result = run({constant(10 * kMillisecond)});
    EXPECT_EQ(result.cells[0].size.passes, 100);
    EXPECT_EQ(result.cells[0].size.group, 100);
}

TEST_F(MeasureTest, TheMedianOfABlockIgnoresABurst) {
    std::int64_t calls = 0;
    // One pass in nine takes ten times as long.
    const Measurement result =
        run({cell([&](std::int64_t) { return (++calls % 9 == 0 ? 10 : 1) * kMillisecond; })});
    for (const double seconds : round_seconds(result.cells[0]))
        EXPECT_NEAR(seconds, kMillisecond, 1e-12);
}

TEST_F(MeasureTest, EveryRoundVisitsEveryCellInARecordedOrder) {
    const std::vector<MeasuredCell> cells = {constant(0.01), constant(0.02), constant(0.03), constant(0.04)};
    const Measurement first = run(cells);
    ASSERT_EQ(first.order.size(), 15U);
    for (const auto& order : first.order) {
        EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()), (std::set<std::size_t>{0, 1, 2, 3}));
        EXPECT_EQ(order.size(), 4U);
    }
    EXPECT_GT(std::set(first.order.begin(), first.order.end()).size(), 5U);  // not one and the same order
    EXPECT_EQ(run(cells).order, first.order);
    settings.seed = 2;
    EXPECT_NE(run(cells).order, first.order);
}

TEST_F(MeasureTest, TheRecordedOrderIsTheOrderOfExecution) {
    std::vector<std::size_t> executed;
    std::vector<MeasuredCell> cells = {constant(0.01), constant(0.02), constant(0.03)};
    for (std::size_t i = 0; i < cells.size(); ++i) {
        cells[i].recording = [&executed, i](bool counts) {
            if (counts) executed.push_back(i);
        };
    }
    const Measurement result = run(cells);
    std::vector<std::size_t> recorded;
    for (const auto& order : result.order)
        recorded.insert(recorded.end(), order.begin(), order.end());
    EXPECT_EQ(executed, recorded);
}

TEST(Permutation, IsTheSameEverywhere) {
    // From an independent implementation of SplitMix64 and Fisher-Yates.
    std::uint64_t state = 1;
    EXPECT_EQ(permutation(6, state), (std::vector<std::size_t>{0, 1, 3, 2, 4, 5}));
    EXPECT_EQ(permutation(6, state), (std::vector<std::size_t>{3, 5, 4, 1, 0, 2}));
}

TEST_F(MeasureTest, DriftOfTheMachineCancelsInPairs) {
    // The machine gets 2 % slower every 100 ms of its own time; the cells differ by a factor of four.
    const auto drifting = [this](double seconds) {
        return cell([this, seconds](std::int64_t) { return seconds * (1 + 0.2 * clock.seconds()); });
    };
    settings.block_seconds = 0.005;
    const Measurement result = run({drifting(kMillisecond), drifting(4 * kMillisecond)});
    const std::vector<double> fast = round_seconds(result.cells[0]);
    const std::vector<double> slow = round_seconds(result.cells[1]);
    ASSERT_EQ(fast.size(), 15U);
    const Estimate alone = median_estimate(fast, 0.95);
    EXPECT_GT(alone.interval->high / alone.interval->low, 1.03);
    const Estimate ratio = paired_ratio(slow, fast, 0.95);
    EXPECT_NEAR(ratio.value, 4, 0.04);
    EXPECT_LT(ratio.interval->high / ratio.interval->low, 1.01);
}

TEST_F(MeasureTest, StopsAtTheTimeLimitAndSaysSo) {
    settings.max_seconds = 10;
    const Measurement result = run({constant(0.5), constant(0.5)});
    EXPECT_EQ(result.ended, Ended::time_limit);
    EXPECT_LE(clock.seconds(), 10 + 1e-9);
    EXPECT_GT(clock.seconds(), 8.9);
    EXPECT_EQ(result.cells[0].blocks.size(), result.cells[1].blocks.size());
    EXPECT_GE(result.cells[0].blocks.size(), 6U);
    EXPECT_LT(result.cells[0].blocks.size(), 15U);
}

TEST_F(MeasureTest, ThereIsOneRoundHoweverShortTheLimit) {
    settings.max_seconds = 0.1;
    const Measurement result = run({constant(1.0), constant(2.0)});
    EXPECT_EQ(result.ended, Ended::time_limit);
    EXPECT_EQ(result.cells[0].blocks.size(), 1U);
    EXPECT_EQ(result.cells[1].blocks.size(), 1U);
}

TEST_F(MeasureTest, ShortensBlocksWhenTheLimitWouldLeaveTooFewRounds) {
    settings.max_seconds = 1;
    // Eight cells: a round of full blocks takes 168 ms, six of them 1.0 s, warm-up and calibration not
    // counted.
    const Measurement result = run(std::vector<MeasuredCell>(8, constant(kMillisecond)));
    EXPECT_TRUE(result.shortened);
    EXPECT_LT(result.cells[0].size.passes, 20);
    EXPECT_GE(result.cells[0].blocks.size(), samples_for_interval(settings.confidence));
    EXPECT_LE(clock.seconds(), 1 + 1e-9);
}

TEST_F(MeasureTest, KeepsBlocksWhereShorterOnesWouldNotHelp) {
    settings.max_seconds = 10;
    // The slow cell alone takes longer than a sixth of the limit.
    const Measurement result = run({constant(kMillisecond), constant(3)});
    EXPECT_FALSE(result.shortened);
    EXPECT_EQ(result.cells[0].size.passes, 20);
    EXPECT_EQ(result.ended, Ended::time_limit);
    EXPECT_GE(result.cells[0].blocks.size(), 1U);
}

TEST_F(MeasureTest, WarmUpOfManyCellsDoesNotEatTheLimit) {
    settings.max_seconds = 8;
    double pass = 1e-3;
    // Never settles: all warm-ups together may take a quarter of the limit.
    std::vector<MeasuredCell> cells(
        8, cell([&](std::int64_t n) { return n / 20 % 2 == 0 ? pass : 1.5 * pass; }));
    const Measurement result = run(cells);
    double warm_up = 0;
    for (const CellSamples& cell : result.cells)
        warm_up += cell.warm_up.seconds;
    EXPECT_LT(warm_up, 8 * 0.25 + 8 * 0.04);
    EXPECT_EQ(result.ended, Ended::all_rounds);
}

TEST_F(MeasureTest, AnInterruptEndsAfterTheRound) {
    std::int64_t counted = 0;
    std::vector<MeasuredCell> cells = {constant(0.01), constant(0.02)};
    for (MeasuredCell& cell : cells) {
        cell.recording = [&](bool counts) {
            if (counts && ++counted == 7) stop = true;  // in the fourth round
        };
    }
    const Measurement result = run(cells);
    EXPECT_EQ(result.ended, Ended::interrupted);
    EXPECT_EQ(result.order.size(), 4U);
    EXPECT_EQ(result.cells[0].blocks.size(), 4U);
    EXPECT_EQ(result.cells[1].blocks.size(), 4U);
}

TEST_F(MeasureTest, AnInterruptInTheWarmUpLeavesNoSamples) {
    const auto cost = [this](std::int64_t n) {
        if (n == 3) stop = true;
        return kMillisecond;
    };
    const Measurement result = run({cell(cost), constant(1)});
    EXPECT_EQ(result.ended, Ended::interrupted);
    EXPECT_TRUE(result.cells[0].blocks.empty());
    EXPECT_TRUE(result.order.empty());
    EXPECT_EQ(result.cells[1].warm_up.passes, 0);
    EXPECT_LT(clock.seconds(), 0.1);
}

TEST_F(MeasureTest, AFailingCellDoesNotStopTheOthers) {
    MeasuredCell late = constant(0.01);
    std::int64_t blocks = 0;
    late.recording = [&](bool counts) {
        if (counts && ++blocks == 3) throw std::runtime_error("kernel refused");
    };
    const MeasuredCell never = cell([](std::int64_t) -> double { throw std::bad_alloc(); });
    const Measurement result = run({late, constant(0.01), never});
    EXPECT_EQ(result.cells[0].failure, "kernel refused");
    EXPECT_EQ(result.cells[0].blocks.size(), 2U);
    EXPECT_EQ(result.cells[1].failure, "");
    EXPECT_EQ(result.cells[1].blocks.size(), 15U);
    EXPECT_EQ(result.cells[2].failure, "out of memory");
    EXPECT_EQ(result.order.back(), std::vector<std::size_t>{1});
}

TEST_F(MeasureTest, NoRoundsWhenNothingRuns) {
    const Measurement result = run({cell([](std::int64_t) -> double { throw std::runtime_error("no"); })});
    EXPECT_TRUE(result.order.empty());
    EXPECT_EQ(result.cells[0].failure, "no");
}

TEST_F(MeasureTest, RecordsWhatDisturbedEachBlock) {
    std::int64_t readings = 0;
    noise = [&] {
        ++readings;
        return NoiseSnapshot{.steal_seconds = 0.25 * static_cast<double>(readings / 2),
                             .involuntary_switches = std::nullopt};
    };
    const Measurement result = run({constant(0.01)});
    // Readings 1, 2 | 3, 4 | ...: each block sees 0.25 s.
    for (const TimedBlock& block : result.cells[0].blocks)
        EXPECT_EQ(block.disturbance.steal_seconds, 0.25);
    EXPECT_EQ(total_disturbance(result.cells[0]),
              (NoiseSnapshot{.steal_seconds = 15 * 0.25, .involuntary_switches = std::nullopt}));
}

TEST_F(MeasureTest, WhatIsDoneBeforeAPassIsNotItsTimeButTakesTime) {
    // 1 us of work behind 4 ms of preparation: without them a block would be 20000 passes in groups.
    MeasuredCell prepared = constant(1e-6);
    std::int64_t preparations = 0;
    prepared.before_pass = [&] {
        ++preparations;
        clock.work(0.004);
    };
    std::int64_t passes = 0;
    prepared.run = [&, run = prepared.run](std::int64_t count) {
        EXPECT_EQ(count, 1);
        passes += count;
        run(count);
    };
    const Measurement result = run({prepared});
    const CellSamples& cell = result.cells[0];
    EXPECT_EQ(cell.size, (BlockSize{.passes = 5, .group = 1, .confirmed = true}));
    for (const TimedBlock& block : cell.blocks) {
        EXPECT_EQ(block.pass_seconds.size(), 5U);
        EXPECT_NEAR(block.seconds, 1e-6, 1e-12);
    }
    EXPECT_EQ(preparations, passes);  // no pass to settle, either
    EXPECT_NEAR(result.seconds, static_cast<double>(passes) * 0.004001, 1e-9);
}

TEST_F(MeasureTest, TheTimeLimitCountsWhatIsDoneBeforeAPass) {
    MeasuredCell prepared = constant(1e-6);
    prepared.before_pass = [this] { clock.work(0.15); };
    settings.max_seconds = 2;
    const Measurement result = run({prepared});
    EXPECT_EQ(result.ended, Ended::time_limit);
    EXPECT_LE(result.seconds, 2.0);
    EXPECT_GE(result.cells[0].blocks.size(), 6U);
}

// ---- rounds of some of the cells, and measurements that are continued

TEST_F(MeasureTest, VisitsWhatItIsTold) {
    const std::vector<MeasuredCell> cells = {constant(0.01), constant(0.02), constant(0.03)};
    const Measurement all = run(cells);
    std::vector<std::vector<std::size_t>> told;
    visits = [&](const Measurement& so_far, const std::vector<std::size_t>& random) {
        if (so_far.calibrated) {
            EXPECT_EQ(random, all.order[so_far.order.size()]);
            told.push_back({0, 2, 0});
            if (so_far.order.size() >= 5) told.back() = {1};
            return told.back();
        }
        return random;  // asked how long a round will take
    };
    const Measurement some = run(cells);
    EXPECT_EQ(some.order, told);
    EXPECT_EQ(some.cells[0].blocks.size(), 10U);
    EXPECT_EQ(some.cells[1].blocks.size(), 10U);
    EXPECT_EQ(some.cells[2].blocks.size(), 5U);
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(some.cells[0].blocks[i].round, static_cast<std::int64_t>(i / 2));
        EXPECT_EQ(some.cells[0].blocks[i].place, i % 2 == 0 ? 0 : 2);
    }
    EXPECT_EQ(some.cells[2].blocks[4].place, 1);
}

TEST_F(MeasureTest, APlaceIsThatAmongTheBlocks) {
    std::int64_t passes = 0;
    visits = [](const Measurement&, const std::vector<std::size_t>&) {
        return std::vector<std::size_t>{0, 1, 0};
    };
    settings.rounds = 2;
    MeasuredCell failing = constant(0.01);
    failing.recording = [&](bool counts) {
        if (counts && ++passes == 2) throw std::runtime_error("no");
    };
    const Measurement result = run({constant(0.01), failing});
    ASSERT_EQ(result.cells[0].blocks.size(), 4U);
    EXPECT_EQ(result.cells[0].blocks[1].place, 2);
    EXPECT_EQ(result.cells[0].blocks[3].place, 1);  // the other gave none
}

TEST_F(MeasureTest, EndsWhenThereIsNothingToVisit) {
    visits = [](const Measurement& so_far, const std::vector<std::size_t>& random) {
        return so_far.order.size() < 6 ? random : std::vector<std::size_t>{};
    };
    const Measurement result = run({constant(0.01), constant(0.02)});
    EXPECT_EQ(result.ended, Ended::precise_enough);
    EXPECT_EQ(result.order.size(), 6U);
}

TEST_F(MeasureTest, ABlockIsAQuarterOfItsPartnersPass) {
    std::vector<MeasuredCell> cells = {constant(0.01), constant(0.4), constant(4e-6), constant(0.3)};
    for (MeasuredCell& cell : cells)
        cell.partners = {1, 3};
    settings.max_seconds = 1000;
    const Measurement result = run(cells);
    EXPECT_EQ(result.cells[0].size.passes, 10);
    EXPECT_EQ(result.cells[1].size.passes, 1);
    // In whole groups of 13 passes, which a clock reading every 50 us makes.
    EXPECT_EQ(result.cells[2].size.group, 13);
    EXPECT_EQ(result.cells[2].size.passes, 1924 * 13);
    EXPECT_EQ(result.cells[3].size.passes, 1);
    cells[0].partners = {2};
    EXPECT_EQ(run(cells).cells[0].size.passes, 2);  // 20 ms, as without
}

TEST_F(MeasureTest, ALogsBlocksDoNotRunBeyondTheLimit) {
    settings.rounds = 2;
    settings.max_seconds = 10;
    Measurement earlier;
    earlier.calibrated = true;
    earlier.cells.resize(1);
    for (const auto& [passes, rounds] : {std::pair(std::int64_t{20}, 2U), {std::int64_t{1} << 29U, 0U}}) {
        earlier.cells[0].size.passes = passes;
        clock.nanoseconds = 0;
        const Measurement result = run({constant(0.01)}, earlier);
        EXPECT_EQ(result.order.size(), rounds);
        EXPECT_EQ(result.ended, rounds == 0 ? Ended::time_limit : Ended::all_rounds);
        EXPECT_LT(clock.seconds(), 10);
    }
}

TEST_F(MeasureTest, SettlesOnlyWhatCachesKeep) {
    for (const bool keeps : {true, false}) {
        std::int64_t passes = 0;
        MeasuredCell one = cell([&passes](std::int64_t) {
            ++passes;
            return 0.04;
        });
        one.keeps_caches = keeps;
        std::vector<std::int64_t> before;
        round_done = [&](const Measurement&) { before.push_back(passes); };
        (void)run({one});
        ASSERT_EQ(before.size(), 15U);
        EXPECT_EQ(before[14] - before[13], keeps ? 2 : 1);
    }
}

TEST_F(MeasureTest, TellsWhatItHasAsSoonAsItHasIt) {
    std::vector<std::size_t> rounds;
    calibrated = [&](const Measurement& so_far) {
        EXPECT_TRUE(rounds.empty());
        EXPECT_TRUE(so_far.calibrated);
        EXPECT_TRUE(so_far.order.empty());
        EXPECT_TRUE(so_far.cells[0].size.confirmed);
        EXPECT_NEAR(so_far.seconds, clock.seconds(), 1e-9);
    };
    round_done = [&](const Measurement& so_far) {
        rounds.push_back(so_far.order.size());
        EXPECT_EQ(so_far.cells[0].blocks.size(), rounds.size());
        EXPECT_NEAR(so_far.seconds, clock.seconds(), 1e-9);
    };
    settings.rounds = 3;
    (void)run({constant(0.01)});
    EXPECT_EQ(rounds, (std::vector<std::size_t>{1, 2, 3}));
}

TEST_F(MeasureTest, WhatAHookThrowsEndsTheMeasurement) {
    std::int64_t rounds = 0;
    round_done = [&](const Measurement&) {
        if (++rounds == 2) throw std::runtime_error("disk full");
    };
    EXPECT_THROW((void)run({constant(0.01)}), std::runtime_error);
    EXPECT_EQ(rounds, 2);
}

TEST_F(MeasureTest, AContinuedMeasurementGoesOnWithItsOrderAndBlocks) {
    const std::vector<MeasuredCell> cells = {constant(0.001), constant(0.002), constant(0.003)};
    const Measurement whole = run(cells);
    visits = [this](const Measurement& so_far, const std::vector<std::size_t>& random) {
        stop = so_far.order.size() == 4;
        return random;
    };
    Measurement begun = run(cells);
    ASSERT_EQ(begun.ended, Ended::interrupted);
    ASSERT_EQ(begun.order.size(), 4U);
    visits = nullptr;
    stop = false;
    begun.cells[1].size = {.passes = 3, .group = 1, .confirmed = false};  // not as it would be now
    const double seconds = begun.seconds;
    const std::int64_t start = clock.nanoseconds;
    const Measurement continued = run(cells, begun);
    EXPECT_EQ(continued.ended, Ended::all_rounds);
    EXPECT_EQ(continued.order, whole.order);
    EXPECT_EQ(continued.cells[0].blocks.size(), 15U);
    EXPECT_EQ(continued.cells[1].blocks.back().pass_seconds.size(), 3U);
    EXPECT_EQ(continued.cells[1].blocks[3].pass_seconds.size(), 10U);
    EXPECT_NEAR(continued.seconds, seconds + static_cast<double>(clock.nanoseconds - start) * 1e-9, 1e-9);
    // Warm again, and only of that is told.
    EXPECT_EQ(continued.cells[0].warm_up, whole.cells[0].warm_up);
}

TEST_F(MeasureTest, TheTimeLimitCountsEarlierTime) {
    settings.max_seconds = 10;
    Measurement earlier;
    earlier.seconds = 8;
    const Measurement result = run({constant(0.5)}, earlier);
    EXPECT_EQ(result.ended, Ended::time_limit);
    EXPECT_LE(clock.seconds(), 2);
    EXPECT_EQ(result.cells[0].blocks.size(), 2U);  // behind a warm-up of two passes
}

TEST_F(MeasureTest, ACellThatFailedBeforehandIsNotRun) {
    Measurement earlier;
    earlier.cells.resize(2);
    earlier.cells[0].failure = "not built";
    const Measurement result = run({MeasuredCell{}, constant(0.01)}, earlier);
    EXPECT_EQ(result.cells[0].failure, "not built");
    EXPECT_EQ(result.cells[0].warm_up, WarmUp{});
    EXPECT_EQ(result.cells[1].blocks.size(), 15U);
}

struct Placed {
    std::int64_t round = 0;
    double seconds = 0;
    std::int64_t place = 0;
};

CellSamples samples_of(const std::vector<Placed>& blocks) {
    CellSamples samples;
    for (const Placed& block : blocks)
        samples.blocks.push_back({.round = block.round,
                                  .place = block.place,
                                  .seconds = block.seconds,
                                  .pass_seconds = {block.seconds},
                                  .disturbance = {}});
    return samples;
}

TEST(RoundSeconds, AreMediansOfTheRoundsBlocks) {
    const CellSamples samples = samples_of({{0, 1}, {2, 5, 0}, {2, 9, 4}, {2, 6, 8}, {3, 2, 0}, {3, 4, 1}});
    EXPECT_EQ(round_seconds(samples), (std::vector<double>{1, 6, 3}));
    const auto keep = [](const TimedBlock& block) { return block.seconds > 2; };
    const std::vector<RoundSeconds> kept = seconds_by_round(samples, keep);
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_EQ(kept[0].round, 2);
    EXPECT_EQ(kept[0].seconds, 6);
    EXPECT_EQ(kept[1].round, 3);
    EXPECT_EQ(kept[1].seconds, 4);
}

TEST(PairedSeconds, AreThoseOfTheRoundsThatBothVisited) {
    const CellSamples first = samples_of({{0, 10}, {2, 12}, {3, 13}, {7, 17}});
    const CellSamples second = samples_of({{1, 1}, {2, 2}, {4, 4}, {7, 7}, {8, 8}});
    const PairedSeconds pairs = paired_seconds(first, second);
    EXPECT_EQ(pairs.first, (std::vector<double>{12, 17}));
    EXPECT_EQ(pairs.second, (std::vector<double>{2, 7}));
    EXPECT_TRUE(paired_seconds(first, {}).first.empty());
    EXPECT_TRUE(paired_seconds({}, second).second.empty());
}

TEST(PairedSeconds, AreNeighboursOnceARound) {
    const CellSamples first =
        samples_of({{0, 10, 0}, {0, 11, 3}, {0, 12, 5}, {1, 13, 0}, {1, 14, 4}, {2, 15, 1}});
    const CellSamples second = samples_of({{0, 1, 4}, {0, 2, 6}, {1, 3, 2}, {2, 4, 0}});
    const PairedSeconds pairs = paired_seconds(first, second);
    EXPECT_EQ(pairs.first, (std::vector<double>{11, 15}));
    EXPECT_EQ(pairs.second, (std::vector<double>{1, 4}));
    // Where the first neighbour does not count, the next one may.
    const auto keep = [](const TimedBlock& a, const TimedBlock&) { return a.seconds != 11; };
    EXPECT_EQ(paired_seconds(first, second, keep).first, (std::vector<double>{12, 15}));
    EXPECT_EQ(paired_seconds(second, first).first, (std::vector<double>{1, 4}));
}

TEST(PairedSeconds, AreLeftOutTogether) {
    const CellSamples first = samples_of({{0, 10}, {1, 11}, {2, 12}});
    const CellSamples second = samples_of({{0, 1}, {1, 2}, {2, 3}});
    const PairedSeconds pairs = paired_seconds(first, second, [](const TimedBlock& a, const TimedBlock& b) {
        return a.seconds != 10 && b.seconds != 3;
    });
    EXPECT_EQ(pairs.first, std::vector<double>{11});
    EXPECT_EQ(pairs.second, std::vector<double>{2});
}

TEST_F(MeasureTest, ReportsProgress) {
    std::vector<Progress> reports;
    progress = [&](const Progress& report) { reports.push_back(report); };
    (void)run({constant(0.03), constant(0.07)});
    ASSERT_EQ(reports.size(), 2U + 16U);
    EXPECT_EQ(reports[1].stage, Progress::Stage::warm_up);
    EXPECT_EQ(reports[1].total, 2);
    EXPECT_EQ(reports[2].stage, Progress::Stage::rounds);
    // A pass to settle and one that counts, each cell: 0.2 s a round.
    EXPECT_NEAR(reports[2].seconds_left.value(), 15 * 0.2, 1e-6);
    EXPECT_NEAR(reports[7].seconds_left.value(), 10 * 0.2, 1e-6);
    EXPECT_EQ(reports.back().done, 15);
    EXPECT_EQ(reports.back().seconds_left, 0);
}

TEST_F(MeasureTest, RefusesSettingsOutOfRange) {
    settings.rounds = 0;
    EXPECT_THROW((void)run({constant(1)}), Error);
    settings.rounds = 1;
    settings.max_seconds = std::nan("");
    EXPECT_THROW((void)run({constant(1)}), Error);
    settings.max_seconds = 1;
    settings.confidence = 1;
    EXPECT_THROW((void)run({constant(1)}), Error);
    EXPECT_EQ(clock.nanoseconds, 0);
}

TEST(SteadyClock, GoesForwardInPositiveSteps) {
    SteadyClock clock;
    const std::int64_t before = clock.now();
    EXPECT_GT(clock.resolution(), 0);
    EXPECT_GT(clock.now(), before);
}

}  // namespace
}  // namespace mobilenet_cost

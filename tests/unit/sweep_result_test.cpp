#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/report/sweep/data_types.h"
#include "mobilenet_cost/sweep/result.h"

namespace mobilenet_cost {
namespace {

/// A run without any network: points with MACs, and blocks as a test wants them.
struct SweepResultTest : testing::Test {
    /// A cell with a separable point, and a standard one if `standard_macs` is above 0. The first is the
    /// base.
    void add_cell(std::int64_t macs, std::int64_t standard_macs = 0) {
        SweepCell cell;
        cell.model = "small";
        cell.variant.alpha = 1.0 / static_cast<double>(1 + run.cells.size());
        run.cells.push_back(cell);
        add_point(macs, NetworkKind::separable, 0);
        if (standard_macs == 0) return;
        add_point(standard_macs, NetworkKind::standard, 1);
        run.points[run.points.size() - 2].counterpart = run.points.size() - 1;
        run.points.back().counterpart = run.points.size() - 2;
    }

    void add_point(std::int64_t macs, NetworkKind network, std::size_t base) {
        SweepPoint point;
        point.cell = run.cells.size() - 1;
        point.engine = "fake";
        point.network = network;
        point.base = base;
        point.counts = NetworkCounts{.macs = macs};
        run.points.push_back(point);
        run.measurement.cells.emplace_back();
    }

    TimedBlock& add_block(std::size_t point, std::int64_t round, double seconds) {
        TimedBlock block;
        block.round = round;
        block.seconds = seconds;
        block.pass_seconds = {seconds};
        std::vector<TimedBlock>& blocks = run.measurement.cells[point].blocks;
        blocks.push_back(block);
        return blocks.back();
    }

    SweepResultTest() { run.timing.between_runs = 0; }

    /// Base and another point, whose ratio is 2.0, 2.1, ... 2.6 while the machine gets slower.
    void add_seven_rounds() {
        add_cell(400);
        add_cell(100);
        for (std::int64_t round = 0; round < 7; ++round) {
            const double drift = 1 + 0.5 * static_cast<double>(round);
            add_block(0, round, drift * (2.0 + 0.1 * static_cast<double>(round)));
            add_block(1, round, drift);
        }
    }

    SweepRun run;
};

TEST_F(SweepResultTest, SpeedupIsTheMedianOfThePairs) {
    add_seven_rounds();
    run.timing.confidence = 0.98;
    const SweepResult result = evaluate(run);
    // Each interval may miss 2 %, and 7 rounds from least to greatest miss 2 / 2^7.
    const PointResult& point = result.points[1];
    EXPECT_EQ(point.status, BenchStatus::ok);
    EXPECT_EQ(point.rounds, 7);
    EXPECT_EQ(point.disturbed, 0);
    EXPECT_NEAR(point.seconds->value, 2.5, 1e-12);
    EXPECT_NEAR(point.seconds->interval->low, 1, 1e-12);
    EXPECT_NEAR(point.seconds->interval->high, 4, 1e-12);
    EXPECT_EQ(point.analytic_speedup, 4);
    EXPECT_NEAR(point.speedup->value, 2.3, 1e-12);
    EXPECT_NEAR(point.speedup->interval->low, 2.0, 1e-12);
    EXPECT_NEAR(point.speedup->interval->high, 2.6, 1e-12);
    EXPECT_NEAR(point.speedup->interval->coverage, 1 - 2.0 / 128, 1e-12);
    EXPECT_NEAR(point.kept->value, 2.3 / 4, 1e-12);
    EXPECT_NEAR(point.kept->interval->high, 2.6 / 4, 1e-12);
    EXPECT_FALSE(point.standard);
    EXPECT_FALSE(point.precise);
    EXPECT_EQ(result.points[0].speedup->value, 1);
    EXPECT_EQ(result.points[0].analytic_speedup, 1);
    EXPECT_NEAR(result.worst_interval.value(), (2.6 - 2.0) / 2 / 2.3, 1e-12);
    EXPECT_EQ(result.imprecise, 1);  // the base has no ratio of its own
}

TEST_F(SweepResultTest, ADisturbedBlockTakesItsPartnerAlong) {
    add_seven_rounds();
    run.timing.confidence = 0.95;
    TimedBlock& stolen = run.measurement.cells[0].blocks[6];  // 20 s, the pair with the ratio 2.6
    stolen.pass_seconds = {10, 10};
    stolen.disturbance.steal_seconds = 1.01;
    run.measurement.cells[1].blocks[0].disturbance.involuntary_switches = 101;  // 1 s, the pair with 2.0
    const SweepResult result = evaluate(run);
    EXPECT_EQ(result.points[0].disturbed, 1);
    EXPECT_EQ(result.points[1].disturbed, 1);
    EXPECT_NEAR(result.points[1].seconds->value, 2.75, 1e-12);                  // 1.5, 2, ... 4
    EXPECT_NEAR(result.points[1].speedup->value, std::sqrt(2.3 * 2.3), 1e-12);  // 2.1, ... 2.5
    EXPECT_FALSE(result.points[1].speedup->interval);                           // of five pairs
}

TEST_F(SweepResultTest, WhatJustDoesNotDisturbIsKept) {
    add_seven_rounds();
    run.measurement.cells[0].blocks[6].pass_seconds = {10, 10};
    run.measurement.cells[0].blocks[6].disturbance = {.steal_seconds = 1.0, .involuntary_switches = 2000};
    // A short block: a tick of the kernel's accounting and two switches are always forgiven.
    run.measurement.cells[1].blocks[0].pass_seconds = {0.01};
    run.measurement.cells[1].blocks[0].disturbance = {.steal_seconds = 0.01, .involuntary_switches = 2};
    const SweepResult result = evaluate(run);
    EXPECT_EQ(result.points[0].disturbed + result.points[1].disturbed, 0);
}

TEST_F(SweepResultTest, ABlockOfGroupsIsAsLongAsItsPasses) {
    add_seven_rounds();
    // Each of the two readings is of 10 passes of 50 ms: 1 s, of which 50 ms may be stolen.
    run.measurement.cells[1].size = {.passes = 20, .group = 10, .confirmed = true};
    TimedBlock& block = run.measurement.cells[1].blocks[3];
    block.pass_seconds = {50e-3, 50e-3};
    block.disturbance.steal_seconds = 49e-3;
    EXPECT_EQ(evaluate(run).points[1].disturbed, 0);
    block.disturbance.steal_seconds = 51e-3;
    EXPECT_EQ(evaluate(run).points[1].disturbed, 1);
}

TEST_F(SweepResultTest, WhatDiffersBetweenRunsWidensRatiosOnly) {
    add_seven_rounds();
    run.timing.confidence = 0.98;
    const PointResult within = evaluate(run).points[1];
    run.timing.between_runs = 0.01;
    const SweepResult result = evaluate(run);
    const PointResult& point = result.points[1];
    EXPECT_EQ(point.speedup->value, within.speedup->value);
    EXPECT_NEAR(point.speedup->interval->low, 2.0 / 1.01, 1e-12);
    EXPECT_NEAR(point.speedup->interval->high, 2.6 * 1.01, 1e-12);
    EXPECT_NEAR(point.kept->interval->high, 2.6 * 1.01 / 4, 1e-12);
    EXPECT_EQ(point.seconds, within.seconds);
    EXPECT_NEAR(*point.detectable_change, *within.detectable_change + 0.01, 1e-12);
    EXPECT_EQ(result.points[0].speedup->interval->high, 1);  // over itself
}

TEST_F(SweepResultTest, OnlyNeighboursArePairs) {
    add_cell(400);
    add_cell(100);
    for (std::int64_t round = 0; round < 3; ++round) {
        add_block(0, round, 4).place = 0;
        add_block(0, round, 2).place = 2;
        add_block(1, round, 1).place = round == 1 ? 4 : 3;  // behind something else in the second round
    }
    const SweepResult result = evaluate(run);
    EXPECT_EQ(result.points[0].rounds, 3);
    EXPECT_EQ(result.points[0].seconds->value, 3);  // of a round: the median of its blocks
    EXPECT_EQ(result.points[1].speedup->value, 2);
    run.measurement.cells[1].blocks.resize(2);
    run.measurement.cells[1].blocks.erase(run.measurement.cells[1].blocks.begin());
    EXPECT_FALSE(evaluate(run).points[1].speedup);
}

TEST_F(SweepResultTest, StandardRatioIsOverTheOwnTime) {
    add_cell(400, 1000);
    for (std::int64_t round = 0; round < 9; ++round) {
        const double drift = std::pow(1.1, static_cast<double>(round));
        add_block(0, round, drift);
        add_block(1, round, drift * 2);
    }
    const SweepResult result = evaluate(run);
    EXPECT_EQ(result.points[0].analytic_standard, 2.5);
    EXPECT_NEAR(result.points[0].standard->value, 2, 1e-12);
    EXPECT_NEAR(result.points[0].standard_kept->value, 0.8, 1e-12);
    EXPECT_FALSE(result.points[1].standard);
    EXPECT_FALSE(result.points[1].analytic_standard);
}

TEST_F(SweepResultTest, SlopeOfAPowerLawIsItsExponent) {
    for (const std::int64_t macs : {1000, 500, 120, 7})
        add_cell(macs);
    for (std::int64_t round = 0; round < 12; ++round) {
        for (std::size_t i = 0; i < 4; ++i) {
            const auto macs = static_cast<double>(run.points[i].counts->macs);
            add_block(i, round, static_cast<double>(1 + round % 3) * 1e-6 * std::pow(macs, 0.8));
        }
    }
    add_block(0, 12, 1000);  // a round without the others says nothing
    const SweepResult result = evaluate(run);
    ASSERT_EQ(result.fits.size(), 1U);
    const SlopeFit& fit = result.fits[0];
    EXPECT_EQ(fit.model, "small");
    EXPECT_EQ(fit.engine, "fake");
    EXPECT_EQ(fit.cells, 4);
    EXPECT_NEAR(fit.slope.value, 0.8, 1e-12);
    EXPECT_NEAR(fit.slope.interval->low, 0.8, 1e-12);
    EXPECT_NEAR(fit.slope.interval->high, 0.8, 1e-12);
}

TEST_F(SweepResultTest, EqualMacsHaveNoSlope) {
    add_cell(100);
    add_cell(100);
    for (std::size_t i = 0; i < 2; ++i)
        add_block(i, 0, 1);
    EXPECT_TRUE(evaluate(run).fits.empty());
}

TEST_F(SweepResultTest, AFailedBaseLeavesTheTimes) {
    add_seven_rounds();
    run.measurement.cells[0].failure = "kernel refused";
    const SweepResult result = evaluate(run);
    EXPECT_EQ(result.points[0].status, BenchStatus::failed);
    EXPECT_EQ(result.points[0].reason, "kernel refused");
    EXPECT_EQ(result.points[0].rounds, 7);
    EXPECT_FALSE(result.points[0].seconds);
    EXPECT_EQ(result.points[1].status, BenchStatus::ok);
    EXPECT_TRUE(result.points[1].seconds);
    EXPECT_FALSE(result.points[1].speedup);
    EXPECT_FALSE(result.points[1].kept);
    EXPECT_EQ(result.points[1].analytic_speedup, 4);
    EXPECT_EQ(result.imprecise, 1);
}

TEST_F(SweepResultTest, APointWithoutSamplesSaysWhy) {
    add_seven_rounds();
    run.measurement.cells[0].blocks.clear();
    for (TimedBlock& block : run.measurement.cells[1].blocks)
        block.disturbance.steal_seconds = 100;
    const SweepResult result = evaluate(run);
    EXPECT_EQ(result.points[0].status, BenchStatus::skipped);
    EXPECT_EQ(result.points[0].reason, "ended before its first round");
    EXPECT_EQ(result.points[1].status, BenchStatus::skipped);
    EXPECT_EQ(result.points[1].reason, "every round was disturbed");
    EXPECT_EQ(result.points[1].disturbed, 7);
    EXPECT_FALSE(result.worst_interval);
    EXPECT_FALSE(result.detectable_change);
}

TEST_F(SweepResultTest, ASkippedPointKeepsItsReason) {
    add_seven_rounds();
    run.points[1].status = BenchStatus::skipped;
    run.points[1].reason = "not built";
    run.points[1].counts.reset();
    const SweepResult result = evaluate(run);
    EXPECT_EQ(result.points[1].status, BenchStatus::skipped);
    EXPECT_EQ(result.points[1].reason, "not built");
    EXPECT_FALSE(result.points[1].analytic_speedup);
    EXPECT_FALSE(result.points[1].seconds);
}

TEST_F(SweepResultTest, DetectableChangeSolvesTheSampleSizeFormula) {
    add_cell(400);
    add_cell(100);
    run.timing.confidence = 0.95;
    for (std::int64_t round = 0; round < 9; ++round) {
        // Logarithms -0.04, -0.03, ... 0.04: quartiles at -0.02 and 0.02.
        add_block(0, round, std::exp(0.01 * static_cast<double>(round - 4)));
        add_block(1, round, 1);
    }
    const SweepResult result = evaluate(run);
    // (1.95996 + 1.28155) x sqrt(pi / 2) x (0.04 / 1.34898) / sqrt(9) = 0.04016
    EXPECT_NEAR(result.points[1].detectable_change.value(), std::expm1(0.040155), 2e-5);
    EXPECT_FALSE(result.points[0].detectable_change);
    EXPECT_EQ(result.detectable_change, result.points[1].detectable_change);
}

TEST_F(SweepResultTest, OneRoundDetectsNothing) {
    add_cell(400);
    add_cell(100);
    add_block(0, 0, 4);
    add_block(1, 0, 1);
    const SweepResult result = evaluate(run);
    EXPECT_EQ(result.points[1].speedup->value, 4);
    EXPECT_FALSE(result.points[1].speedup->interval);
    EXPECT_FALSE(result.points[1].detectable_change);
    EXPECT_FALSE(result.points[1].precise);
}

// ---- what decides whether a point is done

TEST_F(SweepResultTest, NothingIsWideWhereAllRoundsAgree) {
    add_cell(400, 1000);
    add_cell(100, 300);
    for (std::int64_t round = 0; round < 10; ++round) {
        for (std::size_t i = 0; i < 4; ++i)
            add_block(i, round, static_cast<double>(1 + i));
    }
    const SweepResult result = evaluate(run);
    EXPECT_EQ(result.imprecise, 0);
    EXPECT_EQ(result.worst_interval, 0);
    for (const PointResult& point : result.points)
        EXPECT_TRUE(point.precise && !point.wide.any());
}

TEST_F(SweepResultTest, DriftThatRatiosCancelIsNotWide) {
    add_cell(400, 1000);
    add_cell(100, 300);
    for (std::int64_t round = 0; round < 10; ++round) {
        for (std::size_t i = 0; i < 4; ++i)
            add_block(i, round, static_cast<double>((1 + i) * (1 + static_cast<std::size_t>(round))));
    }
    const SweepResult result = evaluate(run);
    EXPECT_GT(result.points[0].seconds->interval->high, 5 * result.points[0].seconds->interval->low);
    EXPECT_EQ(result.imprecise, 0);
    run.timing.precise_times = true;
    EXPECT_EQ(evaluate(run).imprecise, 4);
    // The longest of them takes 40 s, the shortest 1 s.
    run.timing.decided_at = 100;
    EXPECT_EQ(evaluate(run).imprecise, 0) << "each is below it, wide as it is";
    run.timing.decided_at = 5;
    EXPECT_EQ(evaluate(run).imprecise, 4) << "intervals reach over it";
}

TEST_F(SweepResultTest, OneNoisyPointIsWideInEachOfItsRatios) {
    add_cell(400, 1000);
    add_cell(100, 300);
    add_cell(50, 200);
    for (std::int64_t round = 0; round < 10; ++round) {
        for (std::size_t i = 0; i < 6; ++i)
            add_block(i, round, i == 2 ? 1 + 0.1 * static_cast<double>(round) : 1);
    }
    const SweepResult result = evaluate(run);
    EXPECT_EQ(result.imprecise, 1);
    EXPECT_TRUE(result.points[2].wide.speedup && result.points[2].wide.standard);
    EXPECT_FALSE(result.points[2].wide.seconds);
}

TEST_F(SweepResultTest, WithoutAPairARatioIsWide) {
    add_cell(400, 1000);
    for (std::int64_t round = 0; round < 20; ++round)
        add_block(round < 10 ? 0 : 1, round, 1);  // never in the same round
    const SweepResult result = evaluate(run);
    EXPECT_FALSE(result.points[0].standard);
    EXPECT_TRUE(result.points[0].wide.standard);
    EXPECT_FALSE(result.points[0].precise);
}

TEST_F(SweepResultTest, WithoutItsPartnerAPointIsJudgedByItsTime) {
    add_seven_rounds();
    run.measurement.cells[1].failure = "kernel refused";
    const SweepResult result = evaluate(run);
    EXPECT_TRUE(result.points[0].wide.seconds);
    EXPECT_FALSE(result.points[1].wide.any());
    run.points[0].status = BenchStatus::skipped;
    EXPECT_FALSE(evaluate(run).points[0].wide.any());
}

TEST_F(SweepResultTest, APointWithoutSamplesIsWide) {
    add_cell(400);
    EXPECT_TRUE(evaluate(run).points[0].wide.seconds);
    EXPECT_FALSE(evaluate(run).points[0].precise);
}

/// The network of the first cell once more, in 8 bits.
struct DataTypeTest : SweepResultTest {
    void add_rounds(double f32, double i8) {
        add_cell(400);
        add_point(400, NetworkKind::separable, 1);
        run.points.back().engine = "fake:i8";
        for (std::int64_t round = 0; round < 9; ++round) {
            const double drift = 1 + 0.2 * static_cast<double>(round);
            add_block(0, round, drift * (f32 + 0.01 * static_cast<double>(round)));
            add_block(1, round, drift * i8);
        }
        run.timing.confidence = 0.9;
    }
};

TEST_F(DataTypeTest, is_compared_with_f32_from_the_pairs_of_each_round) {
    add_rounds(2, 1);
    EXPECT_EQ(f32_point(run, 1), 0U);
    EXPECT_EQ(f32_point(run, 0), std::nullopt);
    const SweepResult result = evaluate(run);
    EXPECT_FALSE(result.points[0].over_f32);
    ASSERT_TRUE(result.points[1].over_f32);
    EXPECT_NEAR(result.points[1].over_f32->value, 2.04, 1e-9);
    EXPECT_FALSE(result.points[1].speedup && result.points[1].speedup->value != 1);
    EXPECT_EQ(data_type_lines(run, result).rfind("8 bits pay here (fake, 1 thread): 2.04x [", 0), 0U)
        << data_type_lines(run, result);
}

TEST_F(DataTypeTest, that_is_slower_does_not_pay) {
    add_rounds(1, 2);
    const std::string text = data_type_lines(run, evaluate(run));
    EXPECT_EQ(text.rfind("8 bits do not pay here (fake, 1 thread): ~0.52x [", 0), 0U) << text;
}

TEST_F(DataTypeTest, that_is_neither_is_not_established) {
    add_rounds(0.97, 1);
    const std::string text = data_type_lines(run, evaluate(run));
    EXPECT_EQ(text.rfind("Whether 8 bits pay here is not established", 0), 0U) << text;
    EXPECT_EQ(data_type_lines(run, {}), "");
}

}  // namespace
}  // namespace mobilenet_cost

#include "mobilenet_cost/sweep/join_runs.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/sweep/result.h"

#include "unit/sweep_support.h"

namespace mobilenet_cost {
namespace {

using testing_support::SweepBench;

struct JoinRunsTest : testing::Test {
    JoinRunsTest() {
        bench.timing.rounds = 5;
        bench.timing.engines = {"absent", "fake"};
    }

    /// Of shard I/N, as it would come from its log.
    SweepRun timed(std::int64_t index, std::int64_t count, std::uint64_t seed = 1) {
        bench.timing.shard = {.index = index, .count = count};
        bench.timing.seed = seed;
        SweepRun run = bench.plan();
        bench.time(run);
        return run;
    }

    [[nodiscard]] static std::string message_of(const std::vector<SweepRun>& runs) {
        try {
            (void)join_runs(runs);
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    }

    SweepBench bench;
};

TEST_F(JoinRunsTest, ShardsAreTheWhole) {
    bench.timing.engines = {"fake"};
    bench.timing.threads = {1, 2, 3};
    const SweepRun whole = timed(1, 1);
    const SweepRun joined = join_runs({timed(1, 2), timed(2, 2)});
    EXPECT_EQ(joined.cells, whole.cells);
    EXPECT_EQ(joined.timing.shard, (Shard{1, 1}));
    EXPECT_EQ(joined.timing.threads, whole.timing.threads);
    ASSERT_EQ(joined.points.size(), whole.points.size());
    std::size_t found = 0;
    for (std::size_t i = 0; i < joined.points.size(); ++i) {
        const SweepPoint& point = joined.points[i];
        for (const SweepPoint& other : whole.points) {
            found += static_cast<std::size_t>(point.cell == other.cell && point.threads == other.threads &&
                                              point.network == other.network);
        }
        EXPECT_EQ(joined.points[point.base].threads, point.threads);
        EXPECT_EQ(joined.points[point.base].network, point.network);
        EXPECT_EQ(joined.points[point.base].cell, 0U);
        EXPECT_EQ(joined.points[point.counterpart.value()].counterpart, i);
        EXPECT_EQ(seconds_by_round(joined.measurement.cells[i]).size(), 5U);
    }
    EXPECT_EQ(found, whole.points.size());
    // Rounds of the second follow those of the first, and their points are the joined ones.
    ASSERT_EQ(joined.measurement.order.size(), 10U);
    for (std::size_t round = 0; round < 10; ++round) {
        for (const std::size_t point : joined.measurement.order[round]) {
            EXPECT_EQ(joined.points[point].threads == 2, round >= 5);
            const auto first = static_cast<std::size_t>(joined.measurement.cells[point].blocks.front().round);
            EXPECT_EQ(first, round >= 5 ? 5U : 0U);
        }
    }
    for (const PointResult& point : evaluate(joined).points)
        EXPECT_TRUE(point.speedup);
}

TEST_F(JoinRunsTest, RepetitionsAddTheirRounds) {
    const SweepRun first = timed(1, 1, 1);
    const SweepRun second = timed(1, 1, 2);
    const SweepRun joined = join_runs({first, second});
    ASSERT_EQ(joined.points.size(), first.points.size());
    EXPECT_EQ(joined.measurement.seconds, first.measurement.seconds + second.measurement.seconds);
    const std::size_t ran = 6;  // behind the absent engine's, and no base: visited once in a round
    const std::vector<TimedBlock>& blocks = joined.measurement.cells[ran].blocks;
    ASSERT_EQ(blocks.size(), 10U);
    for (std::size_t i = 0; i < 10; ++i)
        EXPECT_EQ(blocks[i].round, static_cast<std::int64_t>(i));
    EXPECT_EQ(blocks[7].pass_seconds, second.measurement.cells[ran].blocks[2].pass_seconds);
    EXPECT_EQ(evaluate(joined).points[ran].rounds, 10);
}

TEST_F(JoinRunsTest, TheSameCellTwiceStaysTwo) {
    bench.alphas = {1, 1};
    const SweepRun joined = join_runs({timed(1, 1, 1), timed(1, 1, 2)});
    EXPECT_EQ(joined.cells.size(), 2U);
    ASSERT_EQ(joined.points.size(), 8U);
    for (std::size_t i = 4; i < 8; ++i)
        EXPECT_EQ(seconds_by_round(joined.measurement.cells[i]).size(), 10U);
}

TEST_F(JoinRunsTest, WhatRanInOneRunHasRun) {
    const SweepRun good = timed(1, 1, 1);
    SweepRun bad = timed(1, 1, 2);
    bad.points[4].status = BenchStatus::failed;
    bad.points[4].reason = bad.measurement.cells[4].failure = "out of memory";
    bad.measurement.cells[4].blocks.clear();
    bad.measurement.cells[5].failure = "kernel refused";  // after its rounds
    for (const auto& runs : {std::vector<SweepRun>{good, bad}, {bad, good}}) {
        const SweepResult result = evaluate(join_runs(runs));
        EXPECT_EQ(result.points[4].status, BenchStatus::ok);
        EXPECT_EQ(result.points[4].rounds, 5);
        EXPECT_EQ(result.points[5].status, BenchStatus::ok);
        EXPECT_EQ(result.points[5].rounds, 10);
        EXPECT_EQ(result.points[0].status, BenchStatus::skipped);  // of the absent engine, in both
    }
}

TEST_F(JoinRunsTest, EndsAsTheWorstOfThem) {
    const auto ended = [this](Ended first, Ended second) {
        std::vector<SweepRun> runs = {timed(1, 1, 1), timed(1, 1, 2)};
        runs[0].measurement.ended = first;
        runs[1].measurement.ended = second;
        return join_runs(std::move(runs)).measurement.ended;
    };
    EXPECT_EQ(ended(Ended::precise_enough, Ended::precise_enough), Ended::precise_enough);
    EXPECT_EQ(ended(Ended::precise_enough, Ended::all_rounds), Ended::all_rounds);
    EXPECT_EQ(ended(Ended::all_rounds, Ended::precise_enough), Ended::all_rounds);
    EXPECT_EQ(ended(Ended::time_limit, Ended::all_rounds), Ended::time_limit);
    EXPECT_EQ(ended(Ended::interrupted, Ended::time_limit), Ended::interrupted);
}

TEST_F(JoinRunsTest, OtherMachinesBuildsAndSettingsAreRefused) {
    const SweepRun first = timed(1, 1, 1);
    const SweepRun second = timed(1, 1, 2);
    EXPECT_EQ(message_of({first, second}), "");
    const auto expect_refused = [&](const std::string& what, const std::function<void(SweepRun&)>& change) {
        SweepRun other = second;
        change(other);
        const std::string message = message_of({first, other});
        EXPECT_TRUE(message.starts_with("run logs: expected " + what + " of the first log, ")) << message;
        EXPECT_NE(message_of({other, first}), "") << what;
    };
    expect_refused("the processor", [](SweepRun& run) { run.origin.machine.cpu.model_name = "Another"; });
    expect_refused("the caches", [](SweepRun& run) { run.origin.machine.caches.push_back({}); });
    expect_refused("the number of CPUs",
                   [](SweepRun& run) { run.origin.machine.allowed_cpus.push_back(99); });
    expect_refused("the confidence", [](SweepRun& run) { run.timing.confidence = 0.9; });
    expect_refused("what is added between runs", [](SweepRun& run) { run.timing.between_runs = 0.1; });
    expect_refused("the version", [](SweepRun& run) { run.origin.commit += "x"; });
    expect_refused("the build", [](SweepRun& run) { run.origin.flags += "x"; });
    expect_refused("the settings", [](SweepRun& run) { run.settings.classes = 7; });
    expect_refused("the cells to predict", [](SweepRun& run) { run.timing.prediction = {{0}, {1}}; });
    expect_refused("the engine", [](SweepRun& run) { run.origin.engines[1].info.version = "2.0"; });
}

TEST_F(JoinRunsTest, OtherCountsAndBasesAreRefused) {
    const SweepRun first = timed(1, 1, 1);
    SweepRun second = timed(1, 1, 2);
    second.cells[1].macs += 1;
    EXPECT_NE(message_of({first, second}).find("expected the same counts for small alpha 0.5 at 32 px"),
              std::string::npos);
    bench.alphas = {0.25, 0.125};
    const std::string message = message_of({first, timed(1, 1, 2)});
    EXPECT_NE(
        message.find("expected the base small alpha 1 at 32 px in all logs, found small alpha 0.25 at 32"),
        std::string::npos)
        << message;
}

TEST_F(JoinRunsTest, OneLogTwiceIsRefused) {
    const SweepRun run = timed(1, 1);
    EXPECT_NE(message_of({run, run}).find("expected different runs"), std::string::npos);
    EXPECT_NE(message_of({}).find("expected at least one, found none"), std::string::npos);
    EXPECT_EQ(message_of({run}), "");
}

}  // namespace
}  // namespace mobilenet_cost

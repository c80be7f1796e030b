#include <algorithm>
#include <cstdint>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/model/standard_counterpart.h"
#include "mobilenet_cost/sweep/plan.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/run_log_read.h"
#include "mobilenet_cost/sweep/runner.h"

#include "unit/sweep_support.h"

namespace mobilenet_cost {
namespace {

using testing_support::expect_same_measurement;
using testing_support::expect_same_samples;
using testing_support::FakeClock;
using testing_support::lines_of;
using testing_support::read_file;
using testing_support::SweepBench;
using testing_support::TestFolder;

/// Stands for kill -9: whatever was going on ends here.
struct Killed {};

std::string message_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

struct SweepRunnerTest : testing::Test {
    TestFolder folder;
    std::string path = folder.file("run.jsonl");
    SweepBench bench;
};

TEST_F(SweepRunnerTest, TimesEveryPointInEveryRound) {
    SweepRun run = bench.plan();
    ASSERT_EQ(run.points.size(), 4U);
    bench.time(run);
    EXPECT_EQ(run.measurement.ended, Ended::all_rounds);
    EXPECT_EQ(run.measurement.order.size(), 13U);
    for (const auto& round : run.measurement.order)
        EXPECT_EQ(std::set<std::size_t>(round.begin(), round.end()), (std::set<std::size_t>{0, 1, 2, 3}));
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(seconds_by_round(run.measurement.cells[i]).size(), 13U);
        EXPECT_EQ(run.points[i].memory_bytes, 4096);
    }
    EXPECT_EQ(bench.preflights, 1);
    EXPECT_EQ(bench.fake.sessions, 4);
    // What the runner counts is what the sweep counts, by the convention of the papers.
    EXPECT_EQ(run.points[0].counts->macs, run.cells[0].macs);
    EXPECT_EQ(run.points[1].counts->macs, run.cells[0].standard_macs);
}

TEST_F(SweepRunnerTest, TimesLayersOfTheSeparableNetworks) {
    bench.timing.layers = true;
    SweepRun run = bench.plan();
    bench.time(run);
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_EQ(run.profiles[i].has_value(), run.points[i].network == NetworkKind::separable) << i;
    EXPECT_EQ(run.profiles[0]->status, BenchStatus::ok);
    EXPECT_EQ(run.profiles[0]->engine, "fake");
}

TEST_F(SweepRunnerTest, EndsWhenAllIsPrecise) {
    bench.noise = 0;
    bench.timing.rounds = 1000;
    bench.timing.confidence = 0.95;
    SweepRun run = bench.plan();
    bench.time(run);
    EXPECT_EQ(run.measurement.ended, Ended::precise_enough);
    // An interval needs six rounds; looked at every fourth.
    EXPECT_EQ(run.measurement.order.size(), 8U);
    EXPECT_EQ(evaluate(run).imprecise, 0);
}

TEST_F(SweepRunnerTest, LeavesOutWhatIsPreciseAlready) {
    bench.timing.networks = {NetworkKind::separable};
    bench.timing.rounds = 40;
    bench.alphas = {1, 0.5, 0.25};
    SweepRun run = bench.plan();
    const std::int64_t noisy = run.cells[1].macs;
    bench.on_pass = [&](const Network& network) {
        bench.noise = total_cost(network).macs == noisy ? 0.3 : 0;
    };
    SweepProgress last;
    bench.on_progress = [&](const SweepProgress& progress) { last = progress; };
    bench.time(run);
    EXPECT_EQ(last.points, 3);
    EXPECT_EQ(last.points_done, 2);
    EXPECT_EQ(run.measurement.ended, Ended::all_rounds);
    EXPECT_EQ(run.measurement.cells[0].blocks.size(), 40U);  // the base of the noisy one
    EXPECT_EQ(run.measurement.cells[1].blocks.size(), 40U);
    EXPECT_LT(run.measurement.cells[2].blocks.size(), 20U);
    EXPECT_EQ(run.measurement.cells[2].blocks.size() % 4, 0U);
}

TEST_F(SweepRunnerTest, ReportsHowPreciseItIs) {
    bench.noise = 0.1;
    std::vector<SweepProgress> reports;
    bench.on_progress = [&](const SweepProgress& progress) { reports.push_back(progress); };
    SweepRun run = bench.plan();
    bench.time(run);
    const SweepProgress& last = reports.back();
    EXPECT_EQ(last.phase, SweepProgress::Phase::rounds);
    EXPECT_EQ(last.done, 13);
    EXPECT_EQ(last.points, 4);
    EXPECT_EQ(last.points_done, 1);  // the base's standard network, which no ratio is named after
    EXPECT_GT(last.worst_interval.value(), 1e-6);
    EXPECT_LT(last.worst_interval.value(), 0.2);
}

TEST_F(SweepRunnerTest, TheLogHoldsTheWholeRun) {
    bench.timing.layers = true;
    const SweepRun run = bench.logged(path);
    const StoredRun stored = read_run_log(path);
    EXPECT_TRUE(stored.complete);
    EXPECT_EQ(stored.note, "");
    expect_same_measurement(stored.run.measurement, run.measurement);
    EXPECT_EQ(stored.run.preflight, run.preflight);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(stored.run.points[i].memory_bytes, run.points[i].memory_bytes);
        ASSERT_EQ(stored.run.profiles[i].has_value(), run.profiles[i].has_value());
        if (!run.profiles[i]) continue;
        EXPECT_EQ(stored.run.profiles[i]->sum_seconds, run.profiles[i]->sum_seconds);
    }
    // header, prepared, calibrated, 13 rounds, two profiles, ended
    EXPECT_EQ(lines_of(read_file(path)).size(), 3U + 13U + 2U + 1U);
}

// ---- interrupted and continued, at every report of progress there is

struct SweepResumeTest : SweepRunnerTest {
    SweepResumeTest() {
        bench.timing.rounds = 9;
        bench.timing.layers = true;
        whole = bench.logged(folder.file("whole"));
        bench.on_progress = [this](const SweepProgress&) {
            if (reports++ == end_at) end();
        };
        bench.on_progress({});
        reports = 0;
        bench.time(*std::make_unique<SweepRun>(bench.plan()));
        total = reports;
    }

    /// A run that ends at each place, then one that goes on.
    void check() {
        ASSERT_EQ(total, 1 + 4 + 4 + 10 + 2);  // preflight, sessions, warm-up, rounds and their end, layers
        for (std::int64_t place = 0; place < total; ++place) {
            SCOPED_TRACE(place);
            std::filesystem::remove(path);
            begin(place);
            const SweepRun resumed = go_on(-1);
            expect_whole(resumed);
        }
    }

    void begin(std::int64_t place) {
        ended([&] { (void)bench.logged(path); }, place);
    }

    SweepRun go_on(std::int64_t place) {
        SweepRun run;
        ended([&] { run = bench.resumed(path); }, place);
        return run;
    }

    void ended(const std::function<void()>& work, std::int64_t place) {
        reports = 0;
        end_at = place;
        bench.stop = false;
        try {
            work();
        } catch (const Killed&) {  // as asked for
        }
    }

    void expect_whole(const SweepRun& resumed) const {
        expect_same_samples(resumed.measurement, whole.measurement);
        EXPECT_EQ(resumed.measurement.ended, Ended::all_rounds);
        const StoredRun stored = read_run_log(path);
        EXPECT_TRUE(stored.complete);
        expect_same_measurement(stored.run.measurement, resumed.measurement);
        for (std::size_t i = 0; i < whole.points.size(); ++i) {
            EXPECT_EQ(resumed.profiles[i].has_value(), whole.profiles[i].has_value());
            EXPECT_EQ(resumed.points[i].status, BenchStatus::ok);
        }
    }

    SweepRun whole;
    std::int64_t reports = 0;
    std::int64_t end_at = -1;
    std::int64_t total = 0;
    std::function<void()> end;
};

TEST_F(SweepResumeTest, AfterAnInterrupt) {
    end = [this] { bench.stop = true; };
    check();
}

TEST_F(SweepResumeTest, AfterAKill) {
    end = [] { throw Killed(); };
    check();
}

TEST_F(SweepResumeTest, AfterManyKills) {
    end = [] { throw Killed(); };
    begin(3);
    std::int64_t lives = 1;
    // Each life is a little longer than the last, so that it gets to the next phase.
    while (!read_run_log(path).complete) {
        ++lives;
        const SweepRun run = go_on(2 + lives);
        if (read_run_log(path).complete) expect_whole(run);
    }
    EXPECT_GE(lives, 5);
}

TEST_F(SweepResumeTest, AnInterruptSaysSo) {
    end = [this] { bench.stop = true; };
    begin(total / 2);
    StoredRun stored = read_run_log(path);
    EXPECT_FALSE(stored.complete);
    EXPECT_EQ(stored.run.measurement.ended, Ended::interrupted);
    EXPECT_EQ(nlohmann::json::parse(lines_of(read_file(path)).back())["ended"], "interrupted");
}

TEST_F(SweepRunnerTest, AnInterruptionIsNotAnotherLook) {
    // Precise points drop out at looks after every fourth round; an extra look after a resumption would let
    // them drop out earlier.
    bench.noise = 0.02;
    bench.timing.precision = 0.012;
    bench.timing.rounds = 60;
    bench.alphas = {1, 0.75, 0.5, 0.25};
    const SweepRun whole = bench.logged(folder.file("whole"));
    EXPECT_LT(whole.measurement.order.size(), 60U);
    std::set<std::size_t> sizes;
    for (const auto& round : whole.measurement.order)
        sizes.insert(round.size());
    EXPECT_GT(sizes.size(), 1U);
    // Every distance to the looks, at a few of them.
    for (std::int64_t last = 1; last < static_cast<std::int64_t>(whole.measurement.order.size()); last += 9) {
        std::filesystem::remove(path);
        bench.stop = false;
        bench.on_progress = [&](const SweepProgress& progress) {
            if (progress.phase == SweepProgress::Phase::rounds && progress.done == last) bench.stop = true;
        };
        (void)bench.logged(path);
        bench.stop = false;
        bench.on_progress = nullptr;
        expect_same_samples(bench.resumed(path).measurement, whole.measurement);
    }
}

TEST_F(SweepRunnerTest, WhatNoCacheKeepsNeedsNoSettlingPass) {
    const auto passes_of_a_round = [&](std::int64_t cache_bytes) {
        SweepRun run = bench.plan();
        run.origin.machine.caches = {{.level = 3, .type = "Unified", .bytes = cache_bytes}};
        std::int64_t passes = 0;
        std::int64_t before = 0;
        bench.on_pass = [&](const Network&) { ++passes; };
        bench.on_progress = [&](const SweepProgress& progress) {
            if (progress.phase == SweepProgress::Phase::rounds && progress.done == 12) before = passes;
        };
        bench.time(run);
        return std::pair(passes - before, static_cast<std::int64_t>(run.measurement.order.back().size()));
    };
    const auto [settled, visits] = passes_of_a_round(INT64_MAX / 4);
    const auto [unsettled, same_visits] = passes_of_a_round(1);
    EXPECT_EQ(visits, same_visits);
    EXPECT_EQ(settled - unsettled, visits);
}

// ---- what fails is a row

TEST_F(SweepRunnerTest, ASessionThatCannotBeMadeIsARow) {
    SweepRun run = bench.plan();
    const std::int64_t refused = run.cells[1].standard_macs;
    const std::int64_t broken = run.cells[1].macs;
    bench.fake.make = [&](const Network& network) {
        if (total_cost(network).macs == refused) throw Error("no kernel for it");
        if (total_cost(network).macs == broken) throw std::bad_alloc();
    };
    RunLog log = RunLog::create(path);
    log.header(run);
    bench.time(run, &log);
    EXPECT_EQ(run.points[3].status, BenchStatus::skipped);
    EXPECT_EQ(run.points[3].reason, "no kernel for it");
    EXPECT_EQ(run.points[2].status, BenchStatus::failed);
    EXPECT_EQ(run.points[2].reason, "out of memory");
    EXPECT_EQ(run.measurement.cells[0].blocks.size(), 13U);
    EXPECT_EQ(run.measurement.cells[1].blocks.size(), 13U);
    const SweepRun stored = read_run_log(path).run;
    EXPECT_EQ(stored.points[2].reason, "out of memory");
    EXPECT_EQ(stored.measurement.cells[3].failure, "no kernel for it");
}

TEST_F(SweepRunnerTest, APointThatFailsInTheMiddleIsARow) {
    SweepRun run = bench.plan();
    const std::int64_t fails = run.cells[0].macs;  // the base
    std::int64_t round = 0;
    bench.on_progress = [&](const SweepProgress& progress) {
        round = progress.phase == SweepProgress::Phase::rounds ? progress.done : 0;
    };
    bench.on_pass = [&](const Network& network) {
        if (round == 5 && total_cost(network).macs == fails) throw std::runtime_error("kernel refused");
    };
    RunLog log = RunLog::create(path);
    log.header(run);
    bench.time(run, &log);
    const SweepResult result = evaluate(run);
    EXPECT_EQ(result.points[0].status, BenchStatus::failed);
    EXPECT_EQ(result.points[0].reason, "kernel refused");
    EXPECT_EQ(result.points[0].rounds, 5);
    EXPECT_EQ(result.points[2].status, BenchStatus::ok);
    EXPECT_FALSE(result.points[2].speedup);
    EXPECT_EQ(result.points[2].rounds, 13);
    EXPECT_EQ(evaluate(read_run_log(path).run).points[0].reason, "kernel refused");
}

TEST_F(SweepRunnerTest, WhatFailsAfterAResumptionIsInTheLog) {
    bench.on_progress = [&](const SweepProgress& progress) {
        if (progress.phase == SweepProgress::Phase::rounds && progress.done == 4) bench.stop = true;
    };
    const SweepRun begun = bench.logged(path);
    bench.on_progress = nullptr;
    bench.stop = false;
    bench.fake.make = [&](const Network& network) {
        if (total_cost(network).macs == begun.cells[1].macs) throw std::runtime_error("no such device");
    };
    bench.on_pass = [&](const Network& network) {
        if (total_cost(network).macs == begun.cells[1].standard_macs) throw std::runtime_error("too warm");
    };
    const SweepRun resumed = bench.resumed(path);
    EXPECT_EQ(resumed.measurement.order.size(), 13U);
    for (const SweepRun& run : {resumed, read_run_log(path).run}) {
        const SweepResult result = evaluate(run);
        EXPECT_EQ(result.points[2].status, BenchStatus::failed);
        EXPECT_EQ(result.points[2].reason, "no such device");
        EXPECT_EQ(result.points[3].status, BenchStatus::failed);
        EXPECT_EQ(result.points[3].reason, "too warm");
        EXPECT_EQ(result.points[3].rounds, 4 + 1);  // the round that the interrupt came in is finished
        EXPECT_EQ(result.points[0].rounds, 13);
    }
}

TEST_F(SweepRunnerTest, AMissingCounterpartIsARow) {
    ModelConfig plain = bench.config;
    plain.blocks.erase(plain.blocks.begin() + 1, plain.blocks.begin() + 3);
    std::vector<std::string> names;
    for (const Block& block : plain.blocks)
        names.push_back(block.name);
    plain.block_names = std::make_shared<const std::vector<std::string>>(std::move(names));
    bench.config = plain;
    SweepRun run = bench.plan();
    bench.time(run);
    EXPECT_EQ(run.points[1].status, BenchStatus::skipped);
    EXPECT_EQ(run.points[1].reason, "the network has no depthwise convolution with its pointwise one");
    EXPECT_EQ(run.measurement.cells[0].blocks.size(), 13U);
}

TEST_F(SweepRunnerTest, WhatDoesNotFitIntoMemoryIsARow) {
    SweepRun run = bench.plan();
    bench.time(run);
    const auto needed = [&](std::size_t i) {
        return 2 * run.points[i].counts->weight_bytes + run.points[i].counts->activation_bytes;
    };
    ASSERT_LT(needed(0), needed(1));
    bench.fake.available_memory = needed(0);
    run = bench.plan();
    bench.time(run);
    EXPECT_EQ(run.points[0].status, BenchStatus::ok);
    EXPECT_EQ(run.points[1].status, BenchStatus::skipped);
    EXPECT_TRUE(run.points[1].reason.starts_with("needs ")) << run.points[1].reason;
    EXPECT_TRUE(run.points[1].counts);
    EXPECT_TRUE(run.measurement.cells[1].blocks.empty());
    EXPECT_EQ(run.measurement.cells[0].blocks.size(), 13U);
}

TEST_F(SweepRunnerTest, AnAbsentEngineIsARow) {
    bench.timing.engines = {"absent", "fake"};
    SweepRun run = bench.plan();
    bench.time(run);
    ASSERT_EQ(run.points.size(), 8U);
    for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_EQ(run.points[i].status, i < 4 ? BenchStatus::skipped : BenchStatus::ok);
        EXPECT_EQ(run.points[i].reason, i < 4 ? "not built" : "");
    }
}

// ---- planning

TEST_F(SweepRunnerTest, RefusesSettingsOutOfRange) {
    const auto refused = [](const std::function<void(SweepTiming&)>& change) {
        SweepBench other;
        change(other.timing);
        return message_of([&] { (void)other.plan(); });
    };
    EXPECT_EQ(refused([](SweepTiming& timing) { timing.rounds = 0; }),
              "--rounds: expected a number above 0, found 0");
    EXPECT_EQ(refused([](SweepTiming& timing) { timing.precision = -1; }),
              "--precision: expected a number above 0, found -1");
    EXPECT_EQ(refused([](SweepTiming& timing) { timing.max_seconds = std::nan(""); }),
              "--max-seconds: expected a number above 0, found nan");
    EXPECT_EQ(refused([](SweepTiming& timing) {
                  timing.threads = {1, 0};
              }),
              "--threads: expected a number above 0, found 0");
    EXPECT_EQ(refused([](SweepTiming& timing) { timing.confidence = 1; }),
              "--confidence: expected a number between 0 and 1, found 1");
    EXPECT_EQ(refused([](SweepTiming& timing) { timing.shard = {.index = 3, .count = 2}; }),
              "--shard: expected I/N with 1 <= I <= N, found 3/2");
    EXPECT_EQ(refused([](SweepTiming& timing) { timing.shard = {.index = 2, .count = 2}; }),
              "--shard: expected at most as many shards as groups (models x engines x threads), found 2");
    EXPECT_EQ(refused([](SweepTiming& timing) { timing.engines = {"fakes"}; }),
              "--engine: unknown engine \"fakes\" (did you mean \"fake\"?)");
}

TEST_F(SweepRunnerTest, ThreadsAndNetworksCountOnce) {
    bench.timing.threads = {2, 1, 2};
    bench.timing.networks = {NetworkKind::separable, NetworkKind::separable};
    const SweepRun run = bench.plan();
    EXPECT_EQ(run.timing.threads, (std::vector<int>{2, 1}));
    EXPECT_EQ(run.points.size(), 4U);
    EXPECT_FALSE(run.points[0].counterpart);
}

// ---- where a run may be continued

TEST_F(SweepRunnerTest, AnotherMachineBuildOrEngineIsRefused) {
    const SweepRun run = bench.plan();
    EXPECT_EQ(message_of([&] { require_resumable(run, run.origin, "x"); }), "");
    const auto refused = [&](const std::function<void(RunOrigin&)>& change) {
        RunOrigin here = run.origin;
        change(here);
        return message_of([&] { require_resumable(run, here, "x.jsonl"); });
    };
    const auto expect_named = [](const std::string& message, const std::string& what) {
        EXPECT_TRUE(message.starts_with("x.jsonl: expected " + what)) << message;
    };
    expect_named(refused([](RunOrigin& here) { here.machine.cpu.model_name = "Another"; }), "the processor");
    expect_named(refused([](RunOrigin& here) { here.machine.caches.push_back({}); }), "the processor");
    expect_named(refused([](RunOrigin& here) { here.machine.allowed_cpus.push_back(999); }), "the CPUs");
    expect_named(refused([](RunOrigin& here) { here.version += "0"; }), "the version");
    expect_named(refused([](RunOrigin& here) { here.commit = "other"; }), "the version");
    expect_named(refused([](RunOrigin& here) { here.compiler = "other"; }), "the build");
    expect_named(refused([](RunOrigin& here) { here.flags += " -Og"; }), "the build");
    expect_named(refused([](RunOrigin& here) { here.engines[0].info.version = "2.0"; }),
                 "the engine fake 1.0, where the run was begun, found fake 2.0");
    expect_named(refused([](RunOrigin& here) { here.engines[0].available = false; }), "the engine");
    expect_named(refused([](RunOrigin& here) { here.engines[0].info.instruction_set = "AVX9"; }),
                 "the engine");
    // What changes from minute to minute does not matter.
    EXPECT_EQ(refused([](RunOrigin& here) {
                  here.machine.load_average = {{9, 9, 9}};
                  here.machine.memory.available_bytes = 1;
              }),
              "");
}

}  // namespace
}  // namespace mobilenet_cost

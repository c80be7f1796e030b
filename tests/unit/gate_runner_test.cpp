#include <cmath>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/gate/facts.h"
#include "mobilenet_cost/gate/result.h"
#include "mobilenet_cost/report/gate/json.h"
#include "mobilenet_cost/report/gate/junit.h"
#include "mobilenet_cost/report/gate/report.h"
#include "mobilenet_cost/report/parts/table.h"

#include "unit/gate_support.h"

namespace mobilenet_cost {
namespace {

using testing_support::FakeBuild;
using testing_support::FakeGate;
using testing_support::small_cell;

constexpr std::size_t kLayers = 7;

/// Makes one layer slower. The fake session asks for the layers' slowness in their order, again and again.
std::function<double()> slow_layer(std::size_t layer, double factor) {
    return [layer, factor, asked = std::size_t{0}]() mutable {
        return asked++ % kLayers == layer ? factor : 1.0;
    };
}

/// Replaces the first match in every answer.
std::function<std::string(const std::string&)> replacing(const std::string& from, const std::string& to) {
    return [from, to](const std::string& answer) {
        const std::size_t at = answer.find(from);
        return at == std::string::npos ? answer : std::string(answer).replace(at, from.size(), to);
    };
}

GateResult evaluated(const GateRun& run) {
    return evaluate_gate({.run = run});
}

TEST(GateRunner, EqualBuildsAreTheSame) {
    FakeGate gate;
    gate.cells = {small_cell(1), small_cell(0.5)};
    const GateRun run = gate.run();
    EXPECT_EQ(run.ended, GateEnded::all_decided);
    EXPECT_EQ(run.rounds, 15);
    EXPECT_EQ(run.taken, (std::vector<std::int64_t>{15}));
    const GateResult result = evaluated(run);
    EXPECT_EQ(result.outcome, GateOutcome::same) << result.reason;
    EXPECT_EQ(result.together, GateVerdict::same);
    EXPECT_EQ(result.measured, 2);
    for (const GateCellRun& cell : run.cells) {
        EXPECT_TRUE(cell.calibrated && cell.warm);
        EXPECT_EQ(cell.layers.size(), 30U);
        const double pass = static_cast<double>(cell.base->macs) * 1e-9;
        EXPECT_GE(static_cast<double>(cell.passes) * pass, gate.settings.block_seconds);
        EXPECT_LT(static_cast<double>(cell.passes - 1) * pass, gate.settings.block_seconds * 1.2);
    }
    EXPECT_TRUE(result.cells[0].moved.empty());
}

TEST(GateRunner, FindsASlowerBuildAndTheCell) {
    FakeGate gate;
    gate.cells = {small_cell(1), small_cell(0.5), small_cell(0.25)};
    const std::int64_t guilty = [] {
        FakeGate one;
        one.cells = {small_cell(0.5)};
        return one.run().cells.front().base->macs;
    }();
    std::int64_t now = 0;
    gate.head.bench.run = [&](const Network& network) { now = total_cost(network).macs; };
    gate.head.bench.slowness = [&] { return now == guilty ? 1.05 : 1.0; };
    const GateResult result = evaluated(gate.run());
    EXPECT_EQ(result.outcome, GateOutcome::regressed);
    EXPECT_EQ(result.cells[0].verdict, GateVerdict::same);
    EXPECT_EQ(result.cells[1].verdict, GateVerdict::regressed);
    EXPECT_EQ(result.cells[2].verdict, GateVerdict::same);
    EXPECT_EQ(result.cells[1].moved.size(), kLayers - 1) << "all that compute; the pool takes no time";
}

TEST(GateRunner, TheMeanIsJudgedToo) {
    FakeGate gate;
    gate.cells = {small_cell(1), small_cell(0.5)};
    gate.head.bench.slowness = [] { return 1.026; };
    const GateRun run = gate.run();
    ASSERT_TRUE(run.together);
    EXPECT_NEAR(*run.together->ratio, 1.026, 1e-4);
    EXPECT_EQ(run.together->verdict, GateVerdict::regressed);
}

TEST(GateRunner, NamesTheSlowLayerOfACellThatIsTheSame) {
    FakeGate gate;
    // The first pointwise convolution is 38 % of the pass: +1.9 % of the whole, within the dead band.
    gate.head.bench.slowness = slow_layer(2, 1.05);
    const GateRun run = gate.run();
    const GateResult result = evaluated(run);
    EXPECT_EQ(result.outcome, GateOutcome::same) << result.reason;
    ASSERT_EQ(result.cells[0].moved.size(), 1U);
    const GateLayer& layer = result.cells[0].moved.front();
    EXPECT_EQ(layer.layer.name, run.cells[0].base->layers[2].name);
    EXPECT_EQ(layer.layer.layer_class, "pointwise");
    EXPECT_NEAR(*layer.row.ratio, 1.05, 1e-3);
    EXPECT_EQ(layer.row.verdict, GateVerdict::regressed);
}

TEST(GateRunner, AnImprovementIsNoRegression) {
    FakeGate gate;
    gate.base.bench.slowness = [] { return 1.1; };
    EXPECT_EQ(evaluated(gate.run()).outcome, GateOutcome::improved);
}

TEST(GateRunner, NoiseIsNotEquality) {
    FakeGate gate;
    gate.cells = {small_cell(1), small_cell(0.5)};
    gate.noise = NoiseVerdict::hopeless;
    const GateRun run = gate.run();
    const GateResult result = evaluated(run);
    EXPECT_EQ(result.outcome, GateOutcome::inconclusive);
    EXPECT_EQ(result.reason,
              "after 15 rounds of 2 cells: 0 regressed, 0 improved, 0 the same, 2 undecided; all "
              "together: inconclusive; the machine is too noisy to call anything the same: steal");
    for (std::size_t i = 0; i < run.cells.size(); ++i) {
        EXPECT_EQ(run.rows[i].verdict, GateVerdict::inconclusive);
        EXPECT_EQ(result.cells[i].verdict, GateVerdict::inconclusive);
        EXPECT_EQ(result.cells[i].reason, "the machine is too noisy to judge it");
    }
    const GateReport report = {.run = run};
    const std::vector<Section> sections = gate_sections(report, result);
    for (const std::string& text : {render_text(sections, TextStyle::plain), render_markdown(sections),
                                    gate_json(report, result), gate_junit(report, result)}) {
        EXPECT_NE(text.find("too noisy to call anything the same: steal"), std::string::npos) << text;
        EXPECT_EQ(text.find("| same |"), std::string::npos) << text;
    }
    gate.head.bench.slowness = [] { return 1.2; };
    EXPECT_EQ(evaluated(gate.run()).outcome, GateOutcome::regressed);
}

TEST(GateRunner, DisturbedRoundsGoInPairs) {
    FakeGate gate;
    gate.head.bench.run = [&](const Network&) { *gate.head.noise.involuntary_switches += 10; };
    const GateRun run = gate.run();
    EXPECT_EQ(run.ended, GateEnded::all_rounds);
    const GateResult result = evaluated(run);
    EXPECT_EQ(result.outcome, GateOutcome::inconclusive);
    EXPECT_EQ(result.cells[0].reason, "every round was disturbed");
    const GateDrops drops = count_drops(run);
    EXPECT_EQ(drops.head, 63);
    EXPECT_EQ(drops.base, 0);
    EXPECT_TRUE(drops.one_sided);
}

/// However long each answer takes: what has not begun when the limit is over does not begin.
TEST(GateRunner, TheLimitHoldsWhateverWorkersTake) {
    for (const std::size_t slow_from : {1U, 5U, 30U, 60U}) {  // preparing, warming up, in the rounds
        FakeGate gate;
        gate.cells = {small_cell(1), small_cell(0.5), small_cell(0.25)};
        gate.settings.max_seconds = 1;
        std::size_t asked = 0;
        gate.head.edit = [&](const std::string& answer) {
            if (asked++ >= slow_from) gate.clock.nanoseconds += 20'000'000'000;
            return answer;
        };
        const GateRun run = gate.run();
        EXPECT_EQ(run.ended, GateEnded::time_limit) << slow_from;
        EXPECT_LE(asked, slow_from + 7) << "more than what belongs to one cell";
        if (run.rounds == 0) {
            EXPECT_EQ(evaluated(run).cells[2].reason, "not measured: --max-seconds was over before");
        }
    }
}

TEST(GateRunner, NothingMoreBeginsOnceARoundIsKnownToEndTooLate) {
    FakeGate gate;
    gate.settings.max_seconds = 1;
    gate.base.bench.slowness = [] { return 5000; };  // seconds a pass
    std::size_t blocks = 0;
    gate.head.edit = [&](const std::string& answer) {
        blocks += answer.find("\"pass_seconds\"") != std::string::npos ? 1 : 0;
        return answer;
    };
    const GateRun run = gate.run();
    EXPECT_EQ(run.ended, GateEnded::time_limit);
    EXPECT_EQ(blocks, 0U) << "the first pass of the base told";
}

TEST(GateRunner, BlocksFitTheLimit) {
    FakeGate gate;
    gate.settings.max_seconds = 8;
    gate.settings.block_seconds = 1.1;
    try {
        (void)gate.run();
        FAIL() << "it was accepted";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(),
                     "--block-seconds: expected at most 1, a part of --max-seconds 8, found 1.1");
    }
    gate.settings.block_seconds = 1;
    EXPECT_NO_THROW((void)gate.run());
}

TEST(GateRunner, BlocksFitOneRequest) {
    FakeGate gate;
    gate.settings.max_seconds = 600;
    gate.settings.block_seconds = 70;
    try {
        (void)gate.run();
        FAIL() << "it was accepted";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(),
                     "--block-seconds: expected at most 30, half of what one request may take, found 70");
    }
}

TEST(GateRunner, BlocksOfTheSlowerSideFitOneRequest) {
    FakeGate gate;
    gate.settings.block_seconds = 1;
    gate.settings.layers = false;
    gate.head.bench.slowness = [] { return 1000; };
    const GateRun run = gate.run();
    EXPECT_EQ(run.cells[0].failure, "");
    EXPECT_EQ(evaluated(run).outcome, GateOutcome::regressed);
    const double slow = static_cast<double>(run.cells[0].head->macs) * 1e-6;
    EXPECT_LE(static_cast<double>(run.cells[0].passes) * slow, kLongestBlockSeconds);
}

/// What becomes much slower between two blocks is that cell's failure; the others go on.
TEST(GateRunner, ARefusedBlockLeavesTheOtherCells) {
    FakeGate gate;
    gate.cells = {small_cell(1), small_cell(0.5)};
    gate.settings.layers = false;
    gate.head.edit = [&, refused = false](const std::string& answer) mutable {
        const bool block = answer.find("\"pass_seconds\"") != std::string::npos;
        if (!block || std::exchange(refused, true)) return answer;
        return std::string(R"({"id": )") + std::to_string(nlohmann::json::parse(answer)["id"].get<int>()) +
               R"(, "refused": {"wrong_input": true, "text": "passes: too many"}})";
    };
    const GateRun run = gate.run();
    EXPECT_EQ(run.cells[0].failure, "--head: new: passes: too many");
    EXPECT_FALSE(run.cells[1].rounds.empty());
}

TEST(GateRunner, NoSessionIsRenewedWhenTheLimitIsOver) {
    FakeGate gate;
    gate.cells = {small_cell(1), small_cell(0.5), small_cell(0.25)};
    gate.settings.max_seconds = 1;
    std::size_t prepared = 0;
    gate.head.edit = [&](const std::string& answer) {
        const bool facts = answer.find("\"macs\"") != std::string::npos;
        if (facts && ++prepared > gate.cells.size()) gate.clock.nanoseconds += 20'000'000'000;
        return answer;
    };
    EXPECT_EQ(gate.run().ended, GateEnded::time_limit);
    EXPECT_EQ(prepared, gate.cells.size() + 1);
}

/// 0.1 ns for a pass ask for more passes than an answer should hold.
TEST(GateRunner, NoBlockHasMorePassesThanAnAnswerShouldHold) {
    FakeGate gate;
    gate.settings.block_seconds = 10;
    for (FakeBuild* build : {&gate.base, &gate.head})
        build->bench.slowness = [] { return 1e-4; };
    int answers = 0;
    gate.head.edit = [&](const std::string& answer) {
        gate.stop = ++answers >= 5;  // calibrated, which is all that matters here
        return answer;
    };
    const GateRun run = gate.run();
    EXPECT_EQ(run.cells[0].passes, 100'000);
    EXPECT_LE(run.cells[0].layer_passes * static_cast<std::int64_t>(run.cells[0].base->layers.size()),
              1'000'000);
}

TEST(GateRunner, OtherNetworksAreNotTimed) {
    FakeGate gate;
    gate.cells = {small_cell(1), small_cell(0.5)};
    int prepared = 0;
    gate.head.edit = [&](const std::string& answer) {
        const bool facts = answer.find("\"macs\"") != std::string::npos;
        return facts && prepared++ == 1 ? replacing("\"macs\":", "\"macs\":1")(answer) : answer;
    };
    const GateRun run = gate.run();
    const GateResult result = evaluated(run);
    EXPECT_EQ(result.outcome, GateOutcome::different);
    EXPECT_TRUE(run.cells[1].rounds.empty());
    EXPECT_EQ(result.cells[0].verdict, GateVerdict::same);
    EXPECT_NE(result.reason.find("MACs is"), std::string::npos) << result.reason;
}

TEST(GateRunner, OtherKernelsExplain) {
    FakeGate gate;
    gate.head.bench.kernels = std::vector<std::string>(kLayers, "fake kernel");
    gate.head.bench.kernels[3] = "scalar";
    gate.head.bench.memory.scratch_bytes = 4096;
    gate.head.bench.slowness = slow_layer(3, 3);
    const GateResult result = evaluated(gate.run());
    const GateLayer& layer = result.cells[0].moved.front();
    ASSERT_EQ(layer.changes.size(), 1U);
    EXPECT_EQ(layer.changes.front().head, "scalar");
}

TEST(GateRunner, ALostWorkerEndsTheRunWithWhatThereIs) {
    for (const std::string answer : {"", "garbage", R"({"id": 3})", R"({"id": 1, "pass_seconds": [1]})"}) {
        FakeGate gate;
        gate.head.break_at = 40;
        gate.head.break_with = answer;
        const GateRun run = gate.run();
        EXPECT_EQ(run.ended, GateEnded::worker_lost) << answer;
        EXPECT_GT(run.rounds, 0);
        const GateResult result = evaluated(run);
        EXPECT_EQ(result.outcome, GateOutcome::failed);
        EXPECT_TRUE(result.reason.starts_with("--head: new: ")) << result.reason;
    }
}

TEST(GateRunner, AStrangerIsWrongInput) {
    for (const std::string answer : {"", "hello", "{}", R"({"id": 1, "schema": "x", "protocol": 1})",
                                     R"({"id": 1, "schema": "mobilenet-cost.worker.v2", "protocol": 2})"}) {
        FakeGate gate;
        gate.base.break_at = 0;
        gate.base.break_with = answer;
        EXPECT_THROW((void)gate.run(), Error) << answer;
    }
}

TEST(GateRunner, WhatABuildCannotRunIsWrongInput) {
    FakeGate gate;
    gate.cells.front().variant.alpha = -1;
    EXPECT_THROW((void)gate.run(), Error);
    gate.cells.clear();
    EXPECT_THROW((void)gate.run(), Error);
}

TEST(GateRunner, AFailingCellLeavesTheOthers) {
    FakeGate gate;
    gate.cells = {small_cell(1), small_cell(0.5)};
    int made = 0;
    gate.head.bench.make = [&](const Network&) {
        if (++made == 2) throw std::runtime_error("no kernel for that");
    };
    const GateResult result = evaluated(gate.run());
    EXPECT_EQ(result.outcome, GateOutcome::failed);
    EXPECT_EQ(result.measured, 1);
    EXPECT_NE(result.reason.find("no kernel for that"), std::string::npos);
}

TEST(GateRunner, RequiresCells) {
    FakeGate gate;
    gate.settings.require_cells = 2;
    const GateResult result = evaluated(gate.run());
    EXPECT_EQ(result.outcome, GateOutcome::failed);
    EXPECT_EQ(result.reason, "1 of 1 cells were measured, 2 are required");
}

TEST(GateRunner, AnInterruptedRunMeasuredNothing) {
    FakeGate gate;
    gate.stop = true;
    const GateRun run = gate.run();
    EXPECT_EQ(run.ended, GateEnded::interrupted);
    EXPECT_EQ(evaluated(run).outcome, GateOutcome::failed);
}

TEST(GateRunner, TheSeedFixesTheOrder) {
    const auto orders = [](std::uint64_t seed) {
        FakeGate gate;
        gate.settings.seed = seed;
        const GateRun run = gate.run();
        std::string text;
        for (const GateRound& round : run.cells.front().rounds)
            text += round.base_first ? 'A' : 'B';
        return text;
    };
    EXPECT_EQ(orders(1), orders(1));
    EXPECT_NE(orders(1), orders(2));
    EXPECT_NE(orders(1).find("A"), std::string::npos);
    EXPECT_NE(orders(1).find("B"), std::string::npos);
}

TEST(GateRunner, TheEngineIsOneThatBothHave) {
    FakeGate gate;
    gate.cells.front().engine.clear();
    EXPECT_EQ(gate.run().cells.front().cell.engine, "fake");
    gate.base.bench.available = false;
    EXPECT_THROW((void)gate.run(), Error);
}

TEST(GateRunner, TheNaiveEngineIsNeverTheDefault) {
    const auto build = [](bool fast) {
        WorkerHello hello;
        hello.engines = {{"fast", "1", fast}, {"reference", "1", true}};
        return hello;
    };
    EXPECT_EQ(common_engine(build(true), build(true)), "fast");
    const auto refusal = [&](bool base, bool head) -> std::string {
        try {
            return common_engine(build(base), build(head));
        } catch (const Error& error) {
            return error.what();
        }
    };
    const std::string found =
        "--engine: expected an engine that both builds have and that is worth timing, found none: \"fast\" "
        "is "
        "not available in ";
    EXPECT_EQ(refusal(false, true), found + "--base; --engine reference runs the naive one");
    EXPECT_EQ(refusal(true, false), found + "--head; --engine reference runs the naive one");
    EXPECT_EQ(refusal(false, false), found + "either; --engine reference runs the naive one");
    WorkerHello naive;
    naive.engines = {{"reference", "1", true}};
    EXPECT_EQ(common_engine(naive, naive), "reference");
}

}  // namespace
}  // namespace mobilenet_cost

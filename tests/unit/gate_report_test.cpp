#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/gate/result.h"
#include "mobilenet_cost/gate/self_test.h"
#include "mobilenet_cost/report/gate/bmf.h"
#include "mobilenet_cost/report/gate/gbench.h"
#include "mobilenet_cost/report/gate/json.h"
#include "mobilenet_cost/report/gate/junit.h"
#include "mobilenet_cost/report/gate/report.h"
#include "mobilenet_cost/report/parts/table.h"

#include "unit/gate_support.h"

namespace mobilenet_cost {
namespace {

using testing_support::FakeGate;
using testing_support::small_cell;

TEST(GateResult, AVerdictMustHoldTwice) {
    FakeGate slower;
    slower.head.bench.slowness = [] { return 1.1; };
    FakeGate equal;
    const GateRun first = slower.run();
    EXPECT_EQ(evaluate_gate({.run = first, .confirmation = first}).outcome, GateOutcome::regressed);
    const GateResult result = evaluate_gate({.run = first, .confirmation = equal.run(), .relink = first});
    EXPECT_EQ(result.outcome, GateOutcome::inconclusive);
    EXPECT_EQ(result.cells[0].reason, "regressed with these builds, same with the second ones");
    EXPECT_NEAR(*result.cells[0].floor, 0.1, 1e-3);
    EXPECT_FALSE(result.warnings.empty()) << "the floor is above the dead band";
}

TEST(GateReport, EveryFormSaysTheSame) {
    FakeGate gate;
    gate.cells = {small_cell(1), small_cell(0.5)};
    gate.head.bench.slowness = [] { return 1.1; };
    const GateReport report = {.run = gate.run()};
    const GateResult result = evaluate_gate(report);
    const auto json = nlohmann::json::parse(gate_json(report, result));
    EXPECT_EQ(json["outcome"], "regressed");
    EXPECT_EQ(json["cells"].size(), 2U);
    EXPECT_EQ(json["cells"][0]["samples"].size(), 15U);
    EXPECT_NE(render_markdown(gate_sections(report, result)).find("regressed"), std::string::npos);
    EXPECT_NE(render_csv(gate_csv_table(report, result)).find("geometric_mean,regressed"), std::string::npos);
    const std::string junit = gate_junit(report, result);
    EXPECT_NE(junit.find("tests=\"4\" failures=\"4\" errors=\"0\" skipped=\"0\""), std::string::npos)
        << junit;
    const auto gbench = nlohmann::json::parse(gate_gbench(report, result));
    EXPECT_EQ(gbench["benchmarks"].size(), 2U * 2 * 2 * 15);
}

/// Every text of a stored gate may have been changed; a log of a terminal shows the test cases.
TEST(GateReport, JunitHasPrintableTextsOnly) {
    FakeGate gate;
    GateReport report = {.run = gate.run()};
    report.run.started = "2026\xE2\x80\xAE";
    report.run.cells[0].cell.model = "v1\x1B[31m";
    const std::string junit = gate_junit(report, evaluate_gate(report));
    EXPECT_EQ(printable_lines(junit), junit);
}

/// A cell's medians are those of the rounds that count, in every form.
TEST(GateReport, DisturbedRoundsAreInNoExport) {
    FakeGate gate;
    GateReport report = {.run = gate.run()};
    for (GateRound& round : report.run.cells[0].rounds) {
        if (round.round % 3 != 0) continue;
        round.dropped = true;
        round.head_seconds = {10, 10};
    }
    const GateResult result = evaluate_gate(report);
    const double shown = *median_seconds(report.run.cells[0], false);
    std::vector<double> head;
    const auto gbench = nlohmann::json::parse(gate_gbench(report, result));
    for (const auto& row : gbench["benchmarks"]) {
        EXPECT_EQ(row["repetitions"], 20);
        if (row["name"].get<std::string>().starts_with("head/")) head.push_back(row["real_time"]);
    }
    EXPECT_EQ(head.size(), 20U);
    EXPECT_NEAR(median(head), shown * 1e9, 1e-2);
    const auto bmf = nlohmann::json::parse(gate_bmf(report, result));
    EXPECT_NEAR(bmf.front()["latency"]["value"], shown * 1e9, 1e-2);
    EXPECT_LT(bmf.front()["latency"]["upper_value"], 1e9);
}

TEST(GateReport, AStoredDocumentSaysTheSame) {
    FakeGate slower;
    slower.cells = {small_cell(1), small_cell(0.5)};
    slower.head.bench.slowness = [] { return 1.3; };
    const GateRun first = slower.run();
    FakeGate failing;
    failing.cells = slower.cells;
    failing.head.break_at = 40;
    FakeGate noisy;
    noisy.noise = NoiseVerdict::hopeless;
    const std::vector<GateReport> reports = {
        {.run = first, .confirmation = first, .relink = first}, {.run = failing.run()}, {.run = noisy.run()}};
    for (const GateReport& report : reports) {
        const GateResult result = evaluate_gate(report);
        const std::string text = gate_json(report, result);
        const GateDocument stored = read_gate(text, "gate.json");
        EXPECT_EQ(gate_json(stored.report, stored.result), text);
        EXPECT_EQ(gate_jsonl(stored.report, stored.result), gate_jsonl(report, result));
        EXPECT_EQ(gate_junit(stored.report, stored.result), gate_junit(report, result));
        EXPECT_EQ(gate_gbench(stored.report, stored.result), gate_gbench(report, result));
        EXPECT_EQ(render_markdown(gate_sections(stored.report, stored.result)),
                  render_markdown(gate_sections(report, result)));
        EXPECT_EQ(render_csv(gate_csv_table(stored.report, stored.result)),
                  render_csv(gate_csv_table(report, result)));
    }
}

TEST(GateReport, EveryLayerThatMovedIsNamed) {
    FakeGate gate;
    GateReport report = {.run = gate.run()};
    GateResult result = evaluate_gate(report);
    for (int i = 0; i < 10; ++i)
        result.cells[0].moved.push_back(
            {.layer = {.name = "layer_" + std::to_string(i)}, .row = {.ratio = 1.131, .low = 1.1}});
    const std::string text = render_text(gate_sections(report, result), TextStyle::plain);
    EXPECT_NE(text.find("and 2 more: layer_8 +13.1 %, layer_9 +13.1 %"), std::string::npos) << text;
    EXPECT_NE(text.find("at least +10.0 %"), std::string::npos) << text;
}

TEST(SelfTest, TooFewRoundsNameTheCause) {
    const auto refusal = [](FakeGate& gate) -> std::string {
        gate.settings.stop_early = false;
        try {
            (void)evaluate_self_test(gate.run());
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    };
    FakeGate short_one;
    short_one.settings.rounds = 12;
    EXPECT_EQ(refusal(short_one),
              "expected at least 15 undisturbed rounds, found 12 of 12: --max-seconds 300 and "
              "--rounds 12 leave no time for more");
    FakeGate noisy;
    noisy.noise = NoiseVerdict::hopeless;
    noisy.head.bench.run = [&](const Network&) { *noisy.head.noise.involuntary_switches += 10; };
    EXPECT_EQ(refusal(noisy),
              "expected at least 15 undisturbed rounds, found 0 of 63: other processes disturbed "
              "the rest (steal); use a quieter machine");
}

TEST(SelfTest, AnExactMachineFindsTheDeadBand) {
    FakeGate gate;
    gate.settings.stop_early = false;
    gate.settings.rounds = 40;
    const SelfTest test = evaluate_self_test(gate.run());
    EXPECT_EQ(test.false_alarms, 0);
    EXPECT_EQ(test.undecided, 0);
    ASSERT_EQ(test.cells.size(), 1U);
    EXPECT_EQ(test.cells[0].spread, 0);
    for (const std::optional<double>& slowdown : test.cells[0].detectable) {
        ASSERT_TRUE(slowdown);
        EXPECT_GT(*slowdown, 0.025);
        EXPECT_LT(*slowdown, 0.03);
    }
    EXPECT_TRUE(test.recommendation.starts_with("Use --rounds 15")) << test.recommendation;
}

TEST(SelfTest, ABiasedMachineRaisesAlarms) {
    FakeGate gate;
    gate.settings.stop_early = false;
    gate.settings.rounds = 40;
    gate.head.bench.slowness = [] { return 1.2; };
    const SelfTest test = evaluate_self_test(gate.run());
    EXPECT_EQ(test.false_alarms, test.trials);
    EXPECT_TRUE(test.recommendation.starts_with("Do not gate here")) << test.recommendation;
}

}  // namespace
}  // namespace mobilenet_cost

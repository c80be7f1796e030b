#include "mobilenet_cost/report/gate/self_test_report.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/gate/report.h"
#include "mobilenet_cost/report/parts/documents.h"
#include "mobilenet_cost/report/parts/measured_json.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kSelfTestSchema = "mobilenet-cost.self_test.v1";

Cell part_cell(const std::optional<double>& part, int decimals) {
    return part ? percent_cell(*part, decimals) : Cell{"> 50 %", ""};
}

Json cell_json(const SelfTestCell& cell, const SelfTest& test) {
    Json detectable = Json::array();
    for (std::size_t i = 0; i < test.rounds.size(); ++i)
        detectable.push_back({{"rounds", test.rounds[i]}, {"slowdown", or_null(cell.detectable[i])}});
    return {{"name", gate_cell_name(cell.cell)},
            {"rounds", cell.rounds},
            {"ratio", cell.ratio},
            {"spread", cell.spread},
            {"p95", cell.p95},
            {"detectable", detectable}};
}

}  // namespace

Table self_test_table(const SelfTest& test) {
    Table table;
    table.columns = {{"cell", "cell", true},
                     {"rounds", "rounds"},
                     {"ratio", "ratio"},
                     {"spread", "spread of a round"},
                     {"p95", "95 % of rounds within"}};
    table.caption = "The last columns: the smallest slowdown found with so many rounds";
    table.droppable = {"ratio", "rounds", "spread"};
    for (const std::int64_t rounds : test.rounds)
        table.columns.push_back({fmt::format("detectable_{}", rounds), fmt::format("{} rounds", rounds)});
    std::vector<GateCell> cells;
    for (const SelfTestCell& cell : test.cells)
        cells.push_back(cell.cell);
    const std::vector<std::string> titles = gate_titles(cells);
    for (const SelfTestCell& cell : test.cells) {
        std::vector<Cell> row = {Cell{titles[table.rows.size()], gate_cell_name(cell.cell)},
                                 count_cell(cell.rounds), number_cell(cell.ratio, 4),
                                 percent_cell(cell.spread, 2), percent_cell(cell.p95, 2)};
        for (const std::optional<double>& slowdown : cell.detectable)
            row.push_back(part_cell(slowdown, 1));
        table.rows.push_back(row);
    }
    return table;
}

std::vector<Section> self_test_sections(const GateRun& run, const SelfTest& test) {
    const GateRule& rule = run.settings.rule;
    std::string text = test.recommendation + "\n";
    text += fmt::format(
        "{} rounds of this program against itself; machine {}; dead band {:g} %, significance {:g}\n",
        run.rounds, noise_verdict_name(run.preflight.verdict), 100 * rule.threshold, rule.significance);
    text += fmt::format("of {} gates drawn from them: {} false alarms, {} false improvements, {} undecided\n",
                        with_thousands(test.trials), test.false_alarms, test.false_praise, test.undecided);
    return {{.text = text, .table = self_test_table(test)}};
}

std::string self_test_json(const GateRun& run, const SelfTest& test) {
    const GateRule& rule = run.settings.rule;
    const Json run_and_rates = {
        {"started", run.started},
        {"recommendation", test.recommendation},
        {"preflight", verdict_json(run.preflight)},
        {"threshold", rule.threshold},
        {"tolerance", rule.tolerance},
        {"significance", rule.significance},
        {"seed", run.settings.seed},
        {"rounds", run.rounds},
        {"ended", enum_name(run.ended)},
        {"seconds", run.seconds},
        {"trials", test.trials},
        {"false_alarms", test.false_alarms},
        {"false_alarm_rate", static_cast<double>(test.false_alarms) / static_cast<double>(test.trials)},
        {"false_praise", test.false_praise},
        {"undecided", test.undecided}};
    return rows_json(
        kSelfTestSchema, "cells", test.cells, [&](const SelfTestCell& cell) { return cell_json(cell, test); },
        run_and_rates);
}

std::string self_test_jsonl(const GateRun&, const SelfTest& test) {
    return rows_jsonl(kSelfTestSchema, test.cells,
                      [&](const SelfTestCell& cell) { return cell_json(cell, test); });
}

}  // namespace mobilenet_cost

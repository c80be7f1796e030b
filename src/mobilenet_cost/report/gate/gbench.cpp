#include "mobilenet_cost/report/gate/gbench.h"

#include <algorithm>
#include <utility>

#include "mobilenet_cost/report/parts/gbench_rows.h"

namespace mobilenet_cost {
namespace {

Json context_json(const GateRun& run) {
    Json json = gbench_context(run.started, "mobilenet-cost gate", static_cast<std::size_t>(run.cpus));
    json["base_commit"] = run.base.hello.commit;
    json["head_commit"] = run.head.hello.commit;
    return json;
}

std::string row_name(const char* side, const GateCell& cell) {
    std::string name = gate_cell_name(cell);
    std::replace(name.begin(), name.end(), '=', ':');
    return gbench_name(std::string(side) + "/" + name);
}

/// Each block of a round that counts is a repetition, so that their median is the report's.
void add_rows(const GateCellRun& cell, std::size_t family, bool base, Json& rows) {
    const std::string name = row_name(base ? "base" : "head", cell.cell);
    const auto cell_rounds = std::count_if(cell.rounds.begin(), cell.rounds.end(),
                                           [](const GateRound& round) { return !round.dropped; });
    GbenchRepetition repetition = {.family = family, .count = 2 * cell_rounds, .iterations = cell.passes};
    for (const GateRound& round : cell.rounds) {
        if (round.dropped) continue;
        for (const double seconds : base ? round.base_seconds : round.head_seconds) {
            rows.push_back(gbench_row(name, repetition, cell.cell.threads, seconds));
            ++repetition.index;
        }
    }
}

}  // namespace

std::string gate_gbench(const GateReport& report, const GateResult&) {
    const GateRun& run = report.run;
    Json rows = Json::array();
    for (std::size_t i = 0; i < run.cells.size(); ++i) {
        add_rows(run.cells[i], 2 * i, true, rows);
        add_rows(run.cells[i], 2 * i + 1, false, rows);
    }
    return gbench_document(context_json(run), std::move(rows));
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/gate/bmf.h"

#include <algorithm>

#include "mobilenet_cost/report/parts/bmf.h"

namespace mobilenet_cost {
namespace {

/// The median that the report shows; its interval is that of the rounds, whose two blocks are not
/// independent.
Estimate head_seconds(const GateCellRun& cell, double confidence) {
    std::vector<double> rounds;
    for (const GateRound& round : cell.rounds) {
        if (!round.dropped) rounds.push_back((round.head_seconds[0] + round.head_seconds[1]) / 2);
    }
    Estimate seconds = median_estimate(rounds, confidence);
    seconds.value = median_seconds(cell, false).value_or(seconds.value);
    if (!seconds.interval) return seconds;
    seconds.interval->low = std::min(seconds.interval->low, seconds.value);
    seconds.interval->high = std::max(seconds.interval->high, seconds.value);
    return seconds;
}

}  // namespace

std::string gate_bmf(const GateReport& report, const GateResult&) {
    const GateRun& run = report.run;
    Json document = Json::object();
    for (std::size_t i = 0; i < run.cells.size(); ++i) {
        const GateRow& row = run.rows[i];
        if (!row.ratio || !median_seconds(run.cells[i], false)) continue;
        const std::string name = gate_cell_name(run.cells[i].cell);
        add_latency(document, name, head_seconds(run.cells[i], 1 - run.settings.rule.significance));
        Estimate ratio = {.value = *row.ratio, .interval = std::nullopt};
        if (row.low && row.high) ratio.interval = Interval{*row.low, *row.high, row.coverage};
        add_metric(document, name, "head-over-base", ratio);
    }
    return pretty_json(document);
}

}  // namespace mobilenet_cost

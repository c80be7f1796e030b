#include "mobilenet_cost/report/gate/report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kMostShown = 8;  ///< layers or differences of a cell; the documents have all

Cell seconds_cell(const std::optional<double>& seconds) {
    return seconds ? Cell{seconds_text(*seconds), shortest(*seconds)} : unknown_cell();
}

/// "+5.1 %" of a ratio.
std::string change_text(double ratio) {
    return fmt::format("{:+.1f} %", 100 * (ratio - 1));
}

Cell change_cell(const std::optional<double>& ratio) {
    return ratio ? Cell{change_text(*ratio), shortest(*ratio)} : unknown_cell();
}

std::string interval_text(const GateRow& row) {
    if (!row.low && !row.high) return "-";
    return fmt::format("{} to {}", row.low ? change_text(*row.low) : "?",
                       row.high ? change_text(*row.high) : "?");
}

/// Properties that differ between cells; the others are not repeated in each row.
struct Varying {
    bool network = false;
    bool engine = false;
    bool threads = false;
};

Varying varying(const GateRun& run) {
    Varying vary;
    for (const GateCellRun& cell : run.cells) {
        const GateCell& first = run.cells.front().cell;
        vary.network = vary.network || cell.cell.network != first.network;
        vary.engine = vary.engine || cell.cell.engine != first.engine;
        vary.threads = vary.threads || cell.cell.threads != first.threads;
    }
    return vary;
}

std::string title_of(const GateCell& cell, const Varying& vary) {
    std::string title = gate_cell_title(cell);
    if (vary.network) title += fmt::format(" {}", network_kind_name(cell.network));
    if (vary.engine) title += " " + cell.engine;
    if (vary.threads) title += fmt::format(" {} threads", cell.threads);
    return title;
}

/// One cell, or all of them together, as the table and the CSV show it.
struct VerdictRow {
    std::string name;   ///< in the CSV
    std::string title;  ///< in the table
    GateVerdict verdict = GateVerdict::inconclusive;
    GateRow row = {};
    std::int64_t dropped = 0;
    std::optional<double> base_seconds = {};
    std::optional<double> head_seconds = {};
    std::string reason = {};
};

std::vector<VerdictRow> verdict_rows(const GateRun& run, const GateResult& result) {
    const Varying vary = varying(run);
    std::vector<VerdictRow> rows;
    for (std::size_t i = 0; i < run.cells.size(); ++i) {
        const GateCellRun& cell = run.cells[i];
        const auto dropped = std::count_if(cell.rounds.begin(), cell.rounds.end(),
                                           [](const GateRound& round) { return round.dropped; });
        rows.push_back({.name = gate_cell_name(cell.cell),
                        .title = title_of(cell.cell, vary),
                        .verdict = result.cells[i].verdict,
                        .row = run.rows[i],
                        .dropped = dropped,
                        .base_seconds = median_seconds(cell, true),
                        .head_seconds = median_seconds(cell, false),
                        .reason = result.cells[i].reason});
    }
    if (run.together && result.together)
        rows.push_back({.name = "geometric_mean",
                        .title = "geometric mean",
                        .verdict = *result.together,
                        .row = *run.together});
    return rows;
}

Table verdict_table(const GateRun& run, const GateResult& result) {
    Table table;
    table.columns = {{"cell", "cell", true},   {"verdict", "verdict", true}, {"ratio", "head/base"},
                     {"interval", "interval"}, {"base_seconds", "base"},     {"head_seconds", "head"},
                     {"rounds", "rounds"}};
    for (const VerdictRow& row : verdict_rows(run, result))
        table.rows.push_back({text_cell(row.title), text_cell(std::string(enum_name(row.verdict))),
                              change_cell(row.row.ratio), text_cell(interval_text(row.row)),
                              seconds_cell(row.base_seconds), seconds_cell(row.head_seconds),
                              count_cell(row.row.rounds)});
    if (run.together && result.together) {
        table.total = table.rows.back();
        table.rows.pop_back();
    }
    return table;
}

std::string difference_text(const GateDifference& difference) {
    return fmt::format("{}: {} -> {}", difference.what, difference.base, difference.head);
}

std::string reasons_text(const GateRun& run, const GateResult& result) {
    std::string text;
    const Varying vary = varying(run);
    for (std::size_t i = 0; i < run.cells.size(); ++i) {
        const GateCellResult& cell = result.cells[i];
        if (!cell.reason.empty())
            text += text_line(fmt::format("{}: {}", title_of(run.cells[i].cell, vary), cell.reason));
        if (cell.floor)
            text += fmt::format("{}: code placement alone moves the base by {:.1f} %\n",
                                title_of(run.cells[i].cell, vary), 100 * *cell.floor);
    }
    return text;
}

std::string changes_text(const GateLayer& layer) {
    std::string text;
    for (const GateDifference& change : layer.changes)
        text += fmt::format("{}{} -> {}", text.empty() ? "kernel " : ", ", change.base, change.head);
    return text.empty() ? "no other change" : text;
}

Table layer_table(const std::string& title, const GateCellResult& cell) {
    Table table;
    table.caption = fmt::format("{}: layers that moved", title);
    table.columns = {{"layer", "layer", true},    {"class", "class", true}, {"ratio", "head/base"},
                     {"interval", "interval"},    {"base_seconds", "base"}, {"head_seconds", "head"},
                     {"changes", "besides", true}};
    for (const GateLayer& layer : cell.moved) {
        if (table.rows.size() == kMostShown) break;
        table.rows.push_back({text_cell(layer.layer.name), text_cell(layer.layer.layer_class),
                              change_cell(layer.row.ratio), text_cell(interval_text(layer.row)),
                              seconds_cell(layer.base_seconds), seconds_cell(layer.head_seconds),
                              text_cell(changes_text(layer))});
    }
    return table;
}

Table class_table(const GateCellResult& cell) {
    Table table;
    table.columns = {{"class", "class", true},
                     {"layers", "layers"},
                     {"base_seconds", "base"},
                     {"head_seconds", "head"},
                     {"ratio", "head/base"}};
    for (const GateClass& row : cell.classes) {
        const bool timed = row.base_seconds > 0 && row.head_seconds > 0;
        table.rows.push_back({text_cell(row.name), count_cell(row.layers), seconds_cell(row.base_seconds),
                              seconds_cell(row.head_seconds),
                              timed ? change_cell(row.head_seconds / row.base_seconds) : unknown_cell()});
    }
    return table;
}

void add_explanation(const std::string& title, const GateCellRun& run, const GateCellResult& cell,
                     std::vector<Section>& sections) {
    if (!cell.moved.empty()) {
        sections.push_back({.text = "", .table = layer_table(title, cell)});
        if (cell.moved.size() > kMostShown)
            sections.push_back(
                {.text = fmt::format("... and {} more\n", cell.moved.size() - kMostShown), .table = {}});
    }
    const bool changed = cell.verdict == GateVerdict::regressed || cell.verdict == GateVerdict::improved;
    if (changed && !cell.classes.empty()) sections.push_back({.text = "", .table = class_table(cell)});
    std::string text;
    for (std::size_t i = 0; i < std::min(run.explanation.size(), kMostShown); ++i)
        text += text_line(fmt::format("{}: {}", title, difference_text(run.explanation[i])));
    if (run.explanation.size() > kMostShown)
        text += fmt::format("... and {} more\n", run.explanation.size() - kMostShown);
    if (changed && run.explanation.empty())
        text += fmt::format("{}: the same kernels, allocations and memory on both sides\n", title);
    if (!text.empty()) sections.push_back({.text = text, .table = {}});
}

std::string side_text(const char* name, const GateSide& side) {
    return text_line(fmt::format("{}: {}, version {}, commit {}, {}", name, side.program, side.hello.version,
                                 side.hello.commit, side.hello.build.compiler));
}

std::string headline(const GateReport& report, const GateResult& result) {
    const GateRun& run = report.run;
    const GateRule& rule = run.settings.rule;
    std::string text = text_line(fmt::format("{}: {}", enum_name(result.outcome), result.reason));
    text += side_text("base", run.base) + side_text("head", run.head);
    text += fmt::format("dead band {:g} %, `same` excludes {:g} %, significance {:g}; machine {}; seed {}\n",
                        100 * rule.threshold, 100 * rule.tolerance, rule.significance,
                        noise_verdict_name(run.preflight.verdict), run.settings.seed);
    const GateDrops drops = count_drops(run);
    if (drops.base + drops.head > 0)
        text +=
            fmt::format("left out as disturbed: {} rounds of a cell, more in the base {}, in the head {}\n",
                        drops.base + drops.head, drops.base, drops.head);
    return text;
}

}  // namespace

std::optional<double> median_seconds(const GateCellRun& cell, bool of_base) {
    std::vector<double> seconds;
    for (const GateRound& round : cell.rounds) {
        if (round.dropped) continue;
        for (const double block : of_base ? round.base_seconds : round.head_seconds)
            seconds.push_back(block);
    }
    return seconds.empty() ? std::nullopt : std::optional(median(seconds));
}

std::vector<Section> gate_sections(const GateReport& report, const GateResult& result) {
    const GateRun& run = report.run;
    std::vector<Section> sections;
    sections.push_back({.text = headline(report, result), .table = verdict_table(run, result)});
    const std::string reasons = reasons_text(run, result);
    if (!reasons.empty()) sections.push_back({.text = reasons, .table = {}});
    const Varying vary = varying(run);
    for (std::size_t i = 0; i < run.cells.size(); ++i)
        add_explanation(title_of(run.cells[i].cell, vary), run.cells[i], result.cells[i], sections);
    return sections;
}

Table gate_csv_table(const GateReport& report, const GateResult& result) {
    Table table;
    for (const char* key : {"cell", "verdict", "ratio", "ratio_low", "ratio_high", "coverage", "rounds",
                            "dropped", "decided_at", "base_seconds", "head_seconds", "reason"})
        table.columns.push_back({key, key});
    const auto raw = [](const std::optional<double>& value) {
        return value ? text_cell(shortest(*value)) : unknown_cell();
    };
    for (const VerdictRow& row : verdict_rows(report.run, result))
        table.rows.push_back({text_cell(row.name), text_cell(std::string(enum_name(row.verdict))),
                              raw(row.row.ratio), raw(row.row.low), raw(row.row.high), raw(row.row.coverage),
                              count_cell(row.row.rounds), count_cell(row.dropped),
                              count_cell(row.row.decided_at), raw(row.base_seconds), raw(row.head_seconds),
                              text_cell(row.reason)});
    return table;
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/gate/report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/parts/columns.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kMostShown =
    8;  ///< layers or differences of a cell in a table; the rest follow in a line

/// "+5.1 %" of a ratio.
std::string change_text(double ratio) {
    return signed_percent_text(ratio - 1);
}

std::optional<double> change(const GateRow& row) {
    if (!row.ratio) return std::nullopt;
    return *row.ratio - 1;
}

/// An end that is not known is one that the rounds are too few for.
std::string interval_text(const GateRow& row) {
    if (row.low && row.high) return fmt::format("{} to {}", change_text(*row.low), change_text(*row.high));
    if (row.low) return "at least " + change_text(*row.low);
    return row.high ? "at most " + change_text(*row.high) : "";
}

/// Properties that differ between cells; the others are not repeated in each row.
struct Varying {
    bool network = false;
    bool engine = false;
    bool threads = false;
};

Varying varying(const std::vector<GateCell>& cells) {
    Varying vary;
    for (const GateCell& cell : cells) {
        const GateCell& first = cells.front();
        vary.network = vary.network || cell.network != first.network;
        vary.engine = vary.engine || cell.engine != first.engine;
        vary.threads = vary.threads || cell.threads != first.threads;
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

std::vector<std::string> titles_of(const GateRun& run) {
    std::vector<GateCell> cells;
    for (const GateCellRun& cell : run.cells)
        cells.push_back(cell.cell);
    return gate_titles(cells);
}

std::optional<double> rounded_seconds(const std::optional<double>& seconds) {
    return seconds ? std::optional(in_picoseconds(*seconds)) : std::nullopt;
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

template <typename Member>
auto of_row(Member GateRow::*member) {
    return [member](const auto& shown) { return shown.row.*member; };
}

const RowFields<VerdictRow>& verdict_fields() {
    using Row = VerdictRow;
    static const RowFields<Row> fields = {
        {"cell", "cell", Show::name, kCsv, &Row::name},
        {"title", "cell", Show::name, kShownOnly, &Row::title},
        {"verdict", "verdict", Show::name, kCsv, [](const Row& row) { return enum_name(row.verdict); }},
        {"change", "head/base", Show::signed_percent, kShownOnly,
         [](const Row& row) { return change(row.row); }},
        {"interval", "interval", Show::plain, kShownOnly,
         [](const Row& row) { return interval_text(row.row); }},
        {"ratio", kCsv, of_row(&GateRow::ratio)},
        {"ratio_low", kCsv, of_row(&GateRow::low)},
        {"ratio_high", kCsv, of_row(&GateRow::high)},
        {"coverage", kCsv, of_row(&GateRow::coverage)},
        {"rounds", "rounds", Show::plain, kCsv, of_row(&GateRow::rounds)},
        {"dropped", kCsv, &Row::dropped},
        {"decided_at", kCsv, of_row(&GateRow::decided_at)},
        {"base_seconds", "base", Show::seconds, kCsv, &Row::base_seconds},
        {"head_seconds", "head", Show::seconds, kCsv, &Row::head_seconds},
        {"reason", kCsv, &Row::reason}};
    return fields;
}

std::string changes_text(const GateLayer& layer) {
    std::string text;
    for (const GateDifference& change : layer.changes)
        text += fmt::format("{}{} -> {}", text.empty() ? "kernel " : ", ", change.base, change.head);
    return text.empty() ? "no other change" : text;
}

const RowFields<GateLayer>& layer_fields() {
    using Row = GateLayer;
    static const RowFields<Row> fields = {
        {"layer", "layer", Show::name, kShownOnly, [](const Row& row) { return row.layer.name; }},
        {"class", "class", Show::name, kShownOnly, [](const Row& row) { return row.layer.layer_class; }},
        {"change", "head/base", Show::signed_percent, kShownOnly,
         [](const Row& row) { return change(row.row); }},
        {"interval", "interval", Show::plain, kShownOnly,
         [](const Row& row) { return interval_text(row.row); }},
        {"base_seconds", "base", Show::seconds, kShownOnly, &Row::base_seconds},
        {"head_seconds", "head", Show::seconds, kShownOnly, &Row::head_seconds},
        {"changes", "besides", Show::name, kShownOnly, changes_text}};
    return fields;
}

std::optional<double> class_change(const GateClass& row) {
    if (!(row.base_seconds > 0 && row.head_seconds > 0)) return std::nullopt;
    return row.head_seconds / row.base_seconds - 1;
}

const RowFields<GateClass>& class_fields_of_gate() {
    static const RowFields<GateClass> fields = {
        {"class", "class", Show::name, kShownOnly, &GateClass::name},
        {"layers", "layers", Show::plain, kShownOnly, &GateClass::layers},
        {"base_seconds", "base", Show::seconds, kShownOnly, &GateClass::base_seconds},
        {"head_seconds", "head", Show::seconds, kShownOnly, &GateClass::head_seconds},
        {"change", "head/base", Show::signed_percent, kShownOnly, class_change}};
    return fields;
}

std::vector<VerdictRow> verdict_rows(const GateRun& run, const GateResult& result) {
    const std::vector<std::string> titles = titles_of(run);
    std::vector<VerdictRow> rows;
    for (std::size_t i = 0; i < run.cells.size(); ++i) {
        const GateCellRun& cell = run.cells[i];
        const auto dropped = std::count_if(cell.rounds.begin(), cell.rounds.end(),
                                           [](const GateRound& round) { return round.dropped; });
        rows.push_back({.name = gate_cell_name(cell.cell),
                        .title = titles[i],
                        .verdict = result.cells[i].verdict,
                        .row = run.rows[i],
                        .dropped = dropped,
                        .base_seconds = rounded_seconds(median_seconds(cell, true)),
                        .head_seconds = rounded_seconds(median_seconds(cell, false)),
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
    Table table = verdict_fields().shown(
        {"title", "verdict", "change", "interval", "base_seconds", "head_seconds", "rounds"},
        verdict_rows(run, result));
    table.droppable = {"rounds", "base_seconds", "head_seconds"};
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
    const std::vector<std::string> titles = titles_of(run);
    for (std::size_t i = 0; i < run.cells.size(); ++i) {
        const GateCellResult& cell = result.cells[i];
        if (!cell.reason.empty()) text += text_line(fmt::format("{}: {}", titles[i], cell.reason));
        if (cell.floor)
            text += fmt::format("{}: code placement alone moves the base by {:.1f} %\n", titles[i],
                                100 * *cell.floor);
    }
    return text;
}

/// The rest of a list of which the table shows the first.
template <typename Value, typename ToText>
std::string rest_text(const std::vector<Value>& values, const ToText& to_text) {
    std::string text;
    for (std::size_t i = kMostShown; i < values.size(); ++i)
        text += (text.empty() ? fmt::format("and {} more: ", values.size() - kMostShown) : ", ") +
                to_text(values[i]);
    return text.empty() ? text : text_line(text);
}

std::string moved_layer_text(const GateLayer& layer) {
    return layer.row.ratio ? fmt::format("{} {}", layer.layer.name, change_text(*layer.row.ratio))
                           : layer.layer.name;
}

Section layer_section(const std::string& title, const GateCellResult& cell) {
    const std::size_t shown = std::min(cell.moved.size(), kMostShown);
    Section section{.text = "",
                    .table = layer_fields().shown(std::vector<GateLayer>(
                        cell.moved.begin(), cell.moved.begin() + static_cast<std::ptrdiff_t>(shown)))};
    section.table.caption = fmt::format("{}: layers that moved", title);
    section.table.droppable = {"class", "base_seconds", "head_seconds"};
    return section;
}

std::string explanation_text(const std::string& title, const GateCellRun& run, bool changed) {
    std::string text;
    for (std::size_t i = 0; i < std::min(run.explanation.size(), kMostShown); ++i)
        text += text_line(fmt::format("{}: {}", title, difference_text(run.explanation[i])));
    text += rest_text(run.explanation, difference_text);
    if (changed && run.explanation.empty())
        text += fmt::format("{}: the same kernels, allocations and memory on both sides\n", title);
    return text;
}

void add_explanation(const std::string& title, const GateCellRun& run, const GateCellResult& cell,
                     std::vector<Section>& sections) {
    const bool changed = cell.verdict == GateVerdict::regressed || cell.verdict == GateVerdict::improved;
    const auto add = [&sections](Section section) {
        section.folded = true;
        if (!section.text.empty() || !section.table.columns.empty()) sections.push_back(std::move(section));
    };
    if (!cell.moved.empty()) add(layer_section(title, cell));
    add({.text = rest_text(cell.moved, moved_layer_text), .table = {}});
    if (changed && !cell.classes.empty())
        add({.text = "", .table = class_fields_of_gate().shown(cell.classes)});
    add({.text = explanation_text(title, run, changed), .table = {}});
}

std::string side_text(const char* name, const GateSide& side) {
    return text_line(fmt::format("{}: {}, version {}, commit {}, {}", name, side.program, side.hello.version,
                                 side.hello.commit, side.hello.build.compiler));
}

/// What was compared, and what disturbed it.
std::string facts_text(const GateReport& report, const GateResult& result) {
    const GateRun& run = report.run;
    const GateRule& rule = run.settings.rule;
    std::string text = side_text("base", run.base) + side_text("head", run.head);
    text += fmt::format("dead band {:g} %, `same` excludes {:g} %, significance {:g}; machine {}; seed {}\n",
                        100 * rule.threshold, 100 * rule.tolerance, rule.significance,
                        noise_verdict_name(run.preflight.verdict), run.settings.seed);
    const GateDrops drops = count_drops(run);
    if (drops.base + drops.head > 0)
        text += fmt::format("discarded as disturbed: {} ({} because of the base, {} because of the head)\n",
                            plural(drops.base + drops.head, "round"), drops.base, drops.head);
    for (const std::string& warning : result.warnings)
        text += text_line("warning: " + warning);
    return text + reasons_text(run, result);
}

}  // namespace

std::vector<std::string> gate_titles(const std::vector<GateCell>& cells) {
    const Varying vary = varying(cells);
    std::vector<std::string> titles;
    for (const GateCell& cell : cells)
        titles.push_back(title_of(cell, vary));
    return titles;
}

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
    sections.push_back({.text = text_line(result.reason),
                        .table = verdict_table(run, result),
                        .title = fmt::format("mobilenet-cost gate: {}", enum_name(result.outcome))});
    sections.push_back({.text = facts_text(report, result), .table = {}, .folded = true});
    const std::vector<std::string> titles = titles_of(run);
    for (std::size_t i = 0; i < run.cells.size(); ++i)
        add_explanation(titles[i], run.cells[i], result.cells[i], sections);
    return sections;
}

Table gate_csv_table(const GateReport& report, const GateResult& result) {
    return verdict_fields().csv(verdict_rows(report.run, result));
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/sweep/measured.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/bench/cells.h"
#include "mobilenet_cost/report/sweep/groups.h"
#include "mobilenet_cost/report/sweep/measured_grid.h"
#include "mobilenet_cost/report/sweep/notes.h"
#include "mobilenet_cost/report/sweep/prediction.h"

namespace mobilenet_cost {
namespace {

/// Half the width of an interval as a part of the value.
Cell width_cell(const std::optional<Estimate>& estimate) {
    if (!estimate || !estimate->interval || !(estimate->value > 0)) return unknown_cell();
    const double half = (estimate->interval->high - estimate->interval->low) / 2 / estimate->value;
    return {fmt::format("+-{:.1f} %", half * 100), shortest(half)};
}

Cell factor_or_unknown(const std::optional<Estimate>& estimate) {
    return estimate ? factor_cell(estimate->value) : unknown_cell();
}

std::vector<Cell> point_cells(const SweepRun& run, const SweepResult& result, std::size_t index) {
    const SweepPoint& point = run.points[index];
    const PointResult& row = result.points[index];
    const SweepCell& cell = run.cells[point.cell];
    const std::string time = row.seconds ? imprecise_mark(row) + seconds_text(row.seconds->value) : "-";
    return {text_cell(shortest(cell.variant.alpha)),
            count_cell(cell.variant.resolution),
            text_cell(std::string(network_kind_name(point.network))),
            point.counts ? text_cell(with_prefix(point.counts->macs)) : unknown_cell(),
            text_cell(time),
            width_cell(row.seconds),
            row.analytic_speedup ? factor_cell(*row.analytic_speedup) : unknown_cell(),
            factor_or_unknown(row.speedup),
            point.base == index ? text_cell("base") : width_cell(row.speedup),
            row.fraction_kept ? percent_cell(row.fraction_kept->value, 0) : unknown_cell(),
            count_cell(row.rounds - row.disturbed)};
}

/// "skipped: not enough memory", in the place of a row's numbers.
std::string failure_text(const PointResult& point) {
    if (point.status == BenchStatus::ok) return {};
    return fmt::format("{}: {}", bench_status_name(point.status), point.reason);
}

Section points_section(const SweepRun& run, const SweepResult& result, const SweepGroup& group) {
    Section section;
    Table& table = section.table;
    table.caption = group_title(group) + ": every point";
    table.columns = {{"alpha", "alpha"},
                     {"resolution", "res"},
                     {"network", "network", true},
                     {"macs", "MACs"},
                     {"median_seconds", "time"},
                     {"time_width", "within"},
                     {"analytic_speedup", "analytic"},
                     {"speedup", "measured"},
                     {"speedup_width", "within"},
                     {"fraction_kept", "kept"},
                     {"rounds", "rounds"}};
    const bool remarks = std::any_of(group.points.begin(), group.points.end(), [&](std::size_t point) {
        return result.points[point].status != BenchStatus::ok;
    });
    if (remarks) table.columns.push_back({"reason", "why not", true});
    for (const std::size_t point : group.points) {
        table.rows.push_back(point_cells(run, result, point));
        if (remarks) table.rows.back().push_back(text_cell(failure_text(result.points[point])));
    }
    return section;
}

/// Value, low, high.
std::vector<Cell> estimate_cells(const std::optional<Estimate>& estimate) {
    if (!estimate) return std::vector<Cell>(3, unknown_cell());
    if (!estimate->interval) return {raw_cell(estimate->value), unknown_cell(), unknown_cell()};
    return {raw_cell(estimate->value), raw_cell(estimate->interval->low), raw_cell(estimate->interval->high)};
}

std::vector<Cell> counts_cells(const std::optional<NetworkCounts>& counts) {
    if (!counts) return std::vector<Cell>(3, unknown_cell());
    return {count_cell(counts->macs), count_cell(counts->params), count_cell(counts->weight_bytes)};
}

std::vector<Cell> cell_cells(const SweepRun& run, const SweepCell& cell) {
    return {text_cell(cell.model),
            raw_cell(cell.variant.alpha),
            raw_cell(cell.beta),
            count_cell(cell.variant.resolution),
            count_cell(run.settings.classes),
            count_cell(run.settings.batch),
            text_cell(run.settings.alpha_scope)};
}

std::vector<Cell> csv_cells(const SweepRun& run, const SweepResult& result, std::size_t index) {
    const SweepPoint& point = run.points[index];
    const PointResult& row = result.points[index];
    std::vector<Cell> cells = cell_cells(run, run.cells[point.cell]);
    append(cells, {text_cell(point.engine), count_cell(point.threads),
                   text_cell(std::string(network_kind_name(point.network))),
                   text_cell(std::string(bench_status_name(row.status))), text_cell(row.reason)});
    append(cells, counts_cells(point.counts));
    append(cells, {point.memory_bytes ? count_cell(*point.memory_bytes) : unknown_cell()});
    append(cells, estimate_cells(row.seconds));
    append(cells, {count_cell(row.rounds), count_cell(row.disturbed),
                   optional_cell(row.analytic_speedup, raw_cell)});
    append(cells, estimate_cells(row.speedup));
    append(cells, estimate_cells(row.fraction_kept));
    append(cells, {optional_cell(row.analytic_standard, raw_cell)});
    append(cells, estimate_cells(row.standard));
    append(cells, estimate_cells(row.standard_kept));
    append(cells,
           {optional_cell(row.detectable_change, raw_cell), text_cell(row.precise ? "true" : "false")});
    return cells;
}

/// A machine name and nothing else: CSV is for machines.
std::vector<Column> columns_of(const std::vector<const char*>& keys) {
    std::vector<Column> columns;
    for (const char* key : keys)
        columns.push_back({key, key});
    return columns;
}

}  // namespace

Table sweep_measured_table(const SweepRun& run, const SweepResult& result,
                           const std::optional<Prediction>& prediction) {
    Table table;
    table.columns = columns_of({"model",
                                "alpha",
                                "beta",
                                "resolution",
                                "classes",
                                "batch",
                                "alpha_scope",
                                "engine",
                                "threads",
                                "network",
                                "status",
                                "reason",
                                "macs",
                                "params",
                                "weight_bytes",
                                "memory_bytes",
                                "median_seconds",
                                "ci_low_seconds",
                                "ci_high_seconds",
                                "rounds",
                                "disturbed",
                                "analytic_speedup",
                                "speedup",
                                "speedup_ci_low",
                                "speedup_ci_high",
                                "fraction_kept",
                                "fraction_kept_ci_low",
                                "fraction_kept_ci_high",
                                "standard_analytic_speedup",
                                "standard_speedup",
                                "standard_speedup_ci_low",
                                "standard_speedup_ci_high",
                                "standard_fraction_kept",
                                "standard_fraction_kept_ci_low",
                                "standard_fraction_kept_ci_high",
                                "detectable_change",
                                "precise"});
    for (std::size_t point = 0; point < run.points.size(); ++point)
        table.rows.push_back(csv_cells(run, result, point));
    if (prediction) append_predicted_rows(run, *prediction, table);
    return table;
}

std::vector<Section> sweep_measured_sections(const SweepRun& run, const SweepResult& result,
                                             const std::optional<Prediction>& prediction) {
    std::vector<Section> sections = sweep_grid_sections(run, result);
    if (prediction) sections.push_back(prediction_section(run, *prediction));
    Section fits = sweep_fit_section(result);
    if (!fits.table.columns.empty()) sections.push_back(std::move(fits));
    for (Section& section : sweep_class_sections(run, run.peaks))
        sections.push_back(std::move(section));
    for (const SweepGroup& group : sweep_groups(run))
        sections.push_back(points_section(run, result, group));
    sections.push_back(sweep_note_section(run, result));
    return sections;
}

}  // namespace mobilenet_cost

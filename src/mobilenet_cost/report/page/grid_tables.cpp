#include "mobilenet_cost/report/page/grid_tables.h"

#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/page/scatter_tables.h"
#include "mobilenet_cost/report/parts/columns.h"
#include "mobilenet_cost/report/sweep/points.h"

namespace mobilenet_cost {
namespace {

struct Panel {
    const char* name;
    const char* form;
};
constexpr Panel kOnPaper = {"On paper", "factor"};
constexpr Panel kMeasured = {"Measured", "factor"};
constexpr Panel kKept = {"Kept: measured / on paper", "share"};
constexpr Panel kChange = {"How much faster the second run is", "change"};

std::string figure(const Panel& panel, double value) {
    if (std::string_view(panel.form) == "share") return fmt::format("{:.0f} %", 100 * value);
    return factor_figure(value);
}

/// A cell of a heat map.
struct GridRow {
    Panel panel;
    const SweepCell& cell;
    std::optional<Estimate> value;
    std::string text;    ///< the value with its mark, as it stands in the cell
    std::string within;  ///< its uncertainty, below it; empty: it is exact
    std::string note;
};
using GridRows = std::vector<GridRow>;

const RowFields<GridRow>& grid_fields() {
    static const RowFields<GridRow> fields = {
        {"panel", kJson, [](const GridRow& row) { return row.panel.name; }},
        {"form", kJson, [](const GridRow& row) { return row.panel.form; }},
        {"alpha", kJson, [](const GridRow& row) { return row.cell.variant.alpha; }},
        {"resolution", kJson, [](const GridRow& row) { return row.cell.variant.resolution; }},
        {"value", kJson, &GridRow::value},
        {"cell", kJson, [](const GridRow& row) { return cell_title(row.cell); }},
        {"text", kJson, &GridRow::text},
        {"within", kJson, &GridRow::within},
        {"note", kJson, &GridRow::note}};
    return fields;
}

std::optional<Estimate> exactly(const std::optional<double>& value) {
    if (!value) return std::nullopt;
    return Estimate{.value = *value, .interval = std::nullopt};
}

/// What stands around a figure that is not exact.
struct Care {
    const char* mark = "";
    std::string within;
    std::string note;
};

GridRow grid_row(const Panel& panel, const SweepCell& cell, const std::optional<Estimate>& value, Care care) {
    std::string text = value ? care.mark + figure(panel, value->value) : "";
    return {panel, cell, value, std::move(text), std::move(care.within), std::move(care.note)};
}

/// Why a value is missing, or how far it can be trusted.
Care care_of(const SweepRun& run, const PointResult& point, const Speedup& speedup, bool exact) {
    Care care;
    if (!speedup.measured) care.note = point.reason;
    if (!speedup.measured || exact) return care;
    const auto& interval = speedup.measured->interval;
    if (speedup.wide) care.mark = "~";
    care.within = within_text(*speedup.measured, speedup.wide);
    if (!interval) {
        care.note = fmt::format("not precise: no interval after {} round{}", point.rounds,
                                point.rounds == 1 ? "" : "s");
    } else if (speedup.wide) {
        care.note = fmt::format("not precise: the interval is {} to {}, the goal was ±{:.4g} %",
                                figure(kMeasured, interval->low), figure(kMeasured, interval->high),
                                100 * run.timing.precision);
    }
    return care;
}

void add_speedup(const SweepCell& cell, const Speedup& speedup, const Care& care, GridRows& rows) {
    rows.push_back(grid_row(kOnPaper, cell, exactly(speedup.analytic), {}));
    rows.push_back(grid_row(kMeasured, cell, speedup.measured, care));
    rows.push_back(grid_row(kKept, cell, speedup.kept, care));
}

}  // namespace

std::string factor_figure(double factor) {
    return fmt::format("{:.{}f}×", factor, factor < 9.995 ? 2 : 1);
}

std::string within_text(const Estimate& estimate, bool wide) {
    const std::string ascii = half_width_text(estimate, wide);
    return ascii.empty() ? "no interval" : "±" + ascii.substr(2);
}

Json speedup_table(const PicturedRun& pictured, const SweepGroup& group) {
    GridRows rows;
    const SweepRun& run = pictured.run;
    const NetworkKind network = mapped_network(run, group);
    for (const std::size_t i : group.points) {
        if (run.points[i].network != network) continue;
        const PointResult& point = pictured.result.points[i];
        const Speedup speedup = over_base(point);
        const bool is_base = run.points[i].base == i;
        add_speedup(run.cells[run.points[i].cell], speedup, care_of(run, point, speedup, is_base), rows);
    }
    for (const PredictedPoint& point : predicted_of(pictured, group)) {
        if (point.network != network) continue;
        const SweepCell& cell = run.cells[point.cell];
        Speedup speedup{.analytic = cell.analytic_speedup, .measured = exactly(point.speedup)};
        if (point.speedup) speedup.kept = exactly(*point.speedup / cell.analytic_speedup);
        add_speedup(cell, speedup, {"≈", "predicted", "predicted, not measured"}, rows);
    }
    return grid_fields().chart_table(rows);
}

Json standard_table(const PicturedRun& pictured, const SweepGroup& group) {
    GridRows rows;
    for (const std::size_t i : group.points) {
        const PointResult& point = pictured.result.points[i];
        if (!point.analytic_standard) continue;
        const Speedup speedup = over_standard(point);
        add_speedup(pictured.run.cells[pictured.run.points[i].cell], speedup,
                    care_of(pictured.run, point, speedup, false), rows);
    }
    return grid_fields().chart_table(rows);
}

Json change_table(const PicturedRun& base, const SweepGroup& base_group, const PicturedRun& contender,
                  const SweepGroup& group) {
    GridRows rows;
    for (const std::size_t i : group.points) {
        const SweepPoint& point = contender.run.points[i];
        if (point.network != NetworkKind::separable) continue;
        const SweepCell& cell = contender.run.cells[point.cell];
        for (const std::size_t j : base_group.points) {
            const SweepPoint& other = base.run.points[j];
            if (other.network != point.network || !(base.run.cells[other.cell].variant == cell.variant))
                continue;
            const auto& before = base.result.points[j].seconds;
            const auto& after = contender.result.points[i].seconds;
            std::optional<Estimate> change;
            if (before && after) change = exactly(before->value / after->value);
            rows.push_back(
                grid_row(kChange, cell, change,
                         {"~", "not paired", "medians of two runs: not paired, so without an interval"}));
        }
    }
    return grid_fields().chart_table(rows);
}

Json counts_table(const PicturedRun& pictured, const std::string& model) {
    struct Counted {
        Panel panel;
        std::int64_t SweepCell::*count;
        std::string (*text)(std::int64_t count);
    };
    static constexpr Counted kCounted[] = {
        {{"MACs", "count"}, &SweepCell::macs, with_prefix},
        {{"Parameters", "count"}, &SweepCell::params, with_prefix},
        {{"Weights", "count"}, &SweepCell::weight_bytes, bytes_text},
        {{"Peak memory of activations", "count"}, &SweepCell::peak_activation_bytes, bytes_text}};
    GridRows rows;
    for (const auto& [panel, count, text] : kCounted) {
        for (const SweepCell& cell : pictured.run.cells) {
            if (cell.model == model)
                rows.push_back(
                    {panel, cell, exactly(static_cast<double>(cell.*count)), text(cell.*count), "", ""});
        }
    }
    return grid_fields().chart_table(rows);
}

}  // namespace mobilenet_cost

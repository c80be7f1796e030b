#include "mobilenet_cost/report/page/tables.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/pick/pareto.h"
#include "mobilenet_cost/report/parts/measured_json.h"
#include "mobilenet_cost/report/sweep/points.h"

namespace mobilenet_cost {
namespace {

/// Keeps a page below 2 MB: of more rows only the base and the smallest cell are shown, or every n-th round.
constexpr std::size_t kMostRows = 3000;

Json table_of(Json columns) {
    return {{"columns", std::move(columns)}, {"rows", Json::array()}};
}

void add(Json& table, Json row) {
    table["rows"].push_back(std::move(row));
}

struct Panel {
    const char* name;
    const char* form;
};
constexpr Panel kOnPaper = {"On paper", "factor"};
constexpr Panel kMeasured = {"Measured", "factor"};
constexpr Panel kKept = {"Kept: measured / on paper", "share"};

/// A cell of a heat map.
struct GridRow {
    Panel panel;
    const SweepCell& cell;
    std::optional<Estimate> value;
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
        {"note", kJson, &GridRow::note}};
    return fields;
}

std::optional<Estimate> exactly(const std::optional<double>& value) {
    if (!value) return std::nullopt;
    return Estimate{.value = *value, .interval = std::nullopt};
}

/// Why a value is missing or to be taken with care.
std::string note_of(const PointResult& point) {
    if (!point.reason.empty()) return point.reason;
    return point.precise || !point.seconds ? "" : "the interval of its speed-up is wider than was asked for";
}

void add_speedup(const SweepCell& cell, const Speedup& speedup, const std::string& note, GridRows& rows) {
    rows.push_back({kOnPaper, cell, exactly(speedup.analytic), ""});
    rows.push_back({kMeasured, cell, speedup.measured, note});
    rows.push_back({kKept, cell, speedup.kept, note});
}

/// Largest and smallest cell of a group by MACs.
std::array<std::size_t, 2> first_and_last(const SweepRun& run, const SweepGroup& group) {
    const auto macs = [&run](std::size_t a, std::size_t b) {
        return run.cells[run.points[a].cell].macs < run.cells[run.points[b].cell].macs;
    };
    const auto [least, most] = std::minmax_element(group.points.begin(), group.points.end(), macs);
    return {run.points[*most].cell, run.points[*least].cell};
}

/// Points of a group whose layers were timed, fewer if these are too many.
std::vector<std::size_t> profiled_points(const SweepRun& run, const SweepGroup& group) {
    std::vector<std::size_t> points;
    std::size_t rows = 0;
    for (const std::size_t i : group.points) {
        if (i >= run.profiles.size() || !run.profiles[i] || run.profiles[i]->status != BenchStatus::ok)
            continue;
        points.push_back(i);
        rows += run.profiles[i]->layers.size();
    }
    if (rows <= kMostRows) return points;
    const auto ends = first_and_last(run, group);
    std::erase_if(points, [&](std::size_t i) {
        return std::find(ends.begin(), ends.end(), run.points[i].cell) == ends.end();
    });
    return points;
}

/// FLOP per byte; absent for what does not compute, or runs inside another layer's kernel.
std::optional<double> intensity(const LayerTime& layer) {
    if (layer.macs == 0 || layer.traffic_bytes == 0 || !(layer.seconds.value > 0)) return std::nullopt;
    return 2 * static_cast<double>(layer.macs) / static_cast<double>(layer.traffic_bytes);
}

/// What a point of the scatter is, before it is known whether another one dominates it.
struct Candidate {
    std::size_t cell = 0;
    double worth = 0;  ///< published top-1, or MACs where it is not known for all
    double seconds = 0;
    std::int64_t peak_bytes = 0;
};

bool dominates(const Candidate& left, const Candidate& right) {
    const auto costs = [](const Candidate& one) {
        return std::array{-one.worth, one.seconds, static_cast<double>(one.peak_bytes)};
    };
    return costs_less(costs(left), costs(right));
}

std::optional<double> top1_of(const PicturedRun& pictured, std::size_t cell) {
    return cell < pictured.top1.size() ? pictured.top1[cell] : std::nullopt;
}

bool belongs(const PredictedPoint& point, const PicturedRun& pictured, const SweepGroup& group) {
    return pictured.run.cells[point.cell].model == group.model && point.engine == group.engine &&
           point.threads == group.threads && !point.residual;
}

std::vector<PredictedPoint> predicted(const PicturedRun& pictured, const SweepGroup& group) {
    std::vector<PredictedPoint> points;
    if (!pictured.prediction) return points;
    for (const PredictedPoint& point : pictured.prediction->points) {
        if (belongs(point, pictured, group)) points.push_back(point);
    }
    return points;
}

/// The separable networks of a group with a time, by cell.
std::vector<Candidate> candidates(const PicturedRun& pictured, const SweepGroup& group) {
    std::vector<Candidate> all;
    const auto append = [&](std::size_t index, double seconds) {
        const SweepCell& cell = pictured.run.cells[index];
        all.push_back({index, static_cast<double>(cell.macs), seconds, cell.peak_activation_bytes});
    };
    for (const std::size_t i : group.points) {
        const auto& seconds = pictured.result.points[i].seconds;
        if (seconds && pictured.run.points[i].network == NetworkKind::separable)
            append(pictured.run.points[i].cell, seconds->value);
    }
    for (const PredictedPoint& point : predicted(pictured, group)) {
        if (point.network == NetworkKind::separable) append(point.cell, point.seconds);
    }
    const bool published = std::all_of(all.begin(), all.end(), [&](const Candidate& one) {
        return top1_of(pictured, one.cell).has_value();
    });
    for (Candidate& one : all) {
        if (published) one.worth = *top1_of(pictured, one.cell);
    }
    return all;
}

bool on_front(const std::vector<Candidate>& all, std::size_t cell) {
    const auto self =
        std::find_if(all.begin(), all.end(), [cell](const Candidate& one) { return one.cell == cell; });
    return self != all.end() && std::none_of(all.begin(), all.end(),
                                             [&](const Candidate& other) { return dominates(other, *self); });
}

/// A point of the scatter; what no run stores of a standard network is absent.
struct ScatterRow {
    PointRow point;
    std::int64_t macs = 0;
    std::int64_t params = 0;
    std::optional<std::int64_t> peak_bytes = std::nullopt;
    std::optional<double> top1 = std::nullopt;
    bool front = false;
};

std::optional<double> centre(const std::optional<Estimate>& estimate) {
    return estimate ? std::optional(estimate->value) : std::nullopt;
}

const RowFields<ScatterRow>& scatter_fields() {
    static const RowFields<ScatterRow> fields = {
        {"cell", kJson, [](const ScatterRow& row) { return cell_title(row.point.cell); }},
        {"network", kJson, [](const ScatterRow& row) { return network_kind_name(row.point.network); }},
        {"source", kJson,
         [](const ScatterRow& row) { return row.point.predicted ? "predicted" : "measured"; }},
        {"alpha", kJson, [](const ScatterRow& row) { return row.point.cell.variant.alpha; }},
        {"resolution", kJson, [](const ScatterRow& row) { return row.point.cell.variant.resolution; }},
        {"macs", kJson, &ScatterRow::macs},
        {"params", kJson, &ScatterRow::params},
        {"peak_activation_bytes", kJson, &ScatterRow::peak_bytes},
        {"top1", kJson, &ScatterRow::top1},
        {"seconds", kJson, [](const ScatterRow& row) { return row.point.result.seconds; }},
        {"speedup", kJson,
         [](const ScatterRow& row) { return centre(over_base(row.point.result).measured); }},
        {"kept", kJson, [](const ScatterRow& row) { return centre(over_base(row.point.result).kept); }},
        {"front", kJson, &ScatterRow::front}};
    return fields;
}

ScatterRow scatter_row(const PicturedRun& pictured, PointRow point, const std::vector<Candidate>& all) {
    const SweepCell& cell = point.cell;
    if (point.network != NetworkKind::separable)
        return {.point = std::move(point), .macs = cell.standard_macs, .params = cell.standard_params};
    const auto index = static_cast<std::size_t>(&cell - pictured.run.cells.data());
    return {.point = std::move(point),
            .macs = cell.macs,
            .params = cell.params,
            .peak_bytes = cell.peak_activation_bytes,
            .top1 = top1_of(pictured, index),
            .front = on_front(all, index)};
}

struct LayerRow {
    std::string cell;
    std::size_t index = 0;
    const LayerTime& layer;
};

const RowFields<LayerRow>& layer_fields() {
    static const RowFields<LayerRow> fields = {
        {"cell", kJson, &LayerRow::cell},
        {"index", kJson, &LayerRow::index},
        {"layer", kJson, [](const LayerRow& row) { return row.layer.name; }},
        {"op", kJson, [](const LayerRow& row) { return row.layer.op; }},
        {"class", kJson, [](const LayerRow& row) { return layer_class_name(row.layer.layer_class); }},
        {"macs", kJson, [](const LayerRow& row) { return row.layer.macs; }},
        {"traffic_bytes", kJson, [](const LayerRow& row) { return row.layer.traffic_bytes; }},
        {"seconds", kJson, [](const LayerRow& row) { return row.layer.seconds; }},
        {"kernel", kJson, [](const LayerRow& row) { return row.layer.kernel; }},
        {"fused", kJson, [](const LayerRow& row) { return row.layer.fused; }}};
    return fields;
}

/// Every n-th round, so that there are not too many samples.
std::size_t stride_of(const SweepRun& run, const SweepGroup& group) {
    std::size_t samples = 0;
    for (const std::size_t i : group.points)
        samples += run.measurement.cells[i].blocks.size();
    return 1 + samples / kMostRows;
}

}  // namespace

Json speedup_table(const PicturedRun& pictured, const SweepGroup& group) {
    GridRows rows;
    const SweepRun& run = pictured.run;
    for (const std::size_t i : group.points) {
        if (run.points[i].network != NetworkKind::separable) continue;
        const PointResult& point = pictured.result.points[i];
        add_speedup(run.cells[run.points[i].cell], over_base(point), note_of(point), rows);
    }
    for (const PredictedPoint& point : predicted(pictured, group)) {
        if (point.network != NetworkKind::separable) continue;
        const SweepCell& cell = run.cells[point.cell];
        Speedup speedup{.analytic = cell.analytic_speedup, .measured = exactly(point.speedup)};
        if (point.speedup) speedup.kept = exactly(*point.speedup / cell.analytic_speedup);
        add_speedup(cell, speedup, "predicted, not measured", rows);
    }
    return grid_fields().chart_table(rows);
}

Json standard_table(const PicturedRun& pictured, const SweepGroup& group) {
    GridRows rows;
    for (const std::size_t i : group.points) {
        const PointResult& point = pictured.result.points[i];
        if (!point.analytic_standard) continue;
        const SweepCell& cell = pictured.run.cells[pictured.run.points[i].cell];
        add_speedup(cell, over_standard(point), note_of(point), rows);
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
            rows.push_back({{"How much quicker the second run is", "change"},
                            cell,
                            change,
                            "medians of two runs: not paired, so without an interval"});
        }
    }
    return grid_fields().chart_table(rows);
}

Json points_table(const PicturedRun& pictured, const SweepGroup& group) {
    const std::vector<Candidate> all = candidates(pictured, group);
    std::vector<ScatterRow> rows;
    for (const std::size_t i : group.points) {
        if (pictured.result.points[i].seconds)
            rows.push_back(scatter_row(pictured, timed_row(pictured.run, pictured.result, i), all));
    }
    for (const PredictedPoint& point : predicted(pictured, group))
        rows.push_back(scatter_row(pictured, predicted_row(pictured.run, point), all));
    return scatter_fields().chart_table(rows);
}

Json layers_table(const PicturedRun& pictured, const SweepGroup& group) {
    std::vector<LayerRow> rows;
    for (const std::size_t i : profiled_points(pictured.run, group)) {
        const std::string cell = cell_title(pictured.run.cells[pictured.run.points[i].cell]);
        std::size_t index = 0;
        for (const LayerTime& layer : pictured.run.profiles[i]->layers)
            rows.push_back({cell, index++, layer});
    }
    return layer_fields().chart_table(rows);
}

Json roof_table(const PicturedRun& pictured, const SweepGroup& group) {
    Json table = table_of({"intensity", "flops_per_second", "bound"});
    const RooflinePeak* peak = find_peak(pictured.run.peaks, group.threads);
    if (peak == nullptr || !(peak->flops_per_second > 0) || !(peak->bytes_per_second > 0)) return table;
    const double ridge = peak->flops_per_second / peak->bytes_per_second;
    double least = ridge / 4;
    double most = ridge * 4;
    for (const std::size_t i : profiled_points(pictured.run, group)) {
        for (const LayerTime& layer : pictured.run.profiles[i]->layers) {
            const double flops_per_byte = intensity(layer).value_or(ridge);
            least = std::min(least, flops_per_byte / 1.5);
            most = std::max(most, flops_per_byte * 1.5);
        }
    }
    add(table, {least, least * peak->bytes_per_second, "memory"});
    add(table, {ridge, peak->flops_per_second, "ridge"});
    add(table, {most, peak->flops_per_second, "arithmetic"});
    return table;
}

Json blocks_table(const PicturedRun& pictured, const std::string& model) {
    Json table = table_of({"cell", "index", "block", "c_s", "c_d", "c_ratio", "p_s", "p_d", "p_ratio"});
    for (std::size_t i = 0; i < pictured.analyses.size(); ++i) {
        if (pictured.run.cells[i].model != model || table["rows"].size() > kMostRows) continue;
        std::int64_t index = 0;
        for (const SeparableBlock& block : pictured.analyses[i].blocks) {
            add(table, {cell_title(pictured.run.cells[i]), index++, block.name, block.c_s, block.c_d,
                        mac_ratio(block), block.p_s, block.p_d, parameter_ratio(block)});
        }
    }
    return table;
}

Json samples_table(const PicturedRun& pictured, const SweepGroup& group) {
    Json table = table_of({"round", "point", "seconds", "disturbed"});
    const auto stride = static_cast<std::int64_t>(stride_of(pictured.run, group));
    for (const std::size_t i : group.points) {
        const CellSamples& samples = pictured.run.measurement.cells[i];
        for (const TimedBlock& block : samples.blocks) {
            if (block.round % stride != 0) continue;
            add(table, {block.round, i, finite_json(block.seconds),
                        is_disturbed(block, samples.size.group, pictured.run.timing.limits)});
        }
    }
    return table;
}

Json series_table(const PicturedRun& pictured, const SweepGroup& group) {
    Json table = table_of({"point", "cell", "network", "median_seconds"});
    for (const std::size_t i : group.points) {
        const SweepPoint& point = pictured.run.points[i];
        add(table, {i, cell_title(pictured.run.cells[point.cell]), network_kind_name(point.network),
                    value_of(pictured.result.points[i].seconds)});
    }
    return table;
}

Json cells_of(const Json& table) {
    const Json& columns = table["columns"];
    const auto column = std::find(columns.begin(), columns.end(), "cell") - columns.begin();
    Json cells = Json::array();
    for (const Json& row : table["rows"]) {
        const Json& cell = row[static_cast<std::size_t>(column)];
        if (std::find(cells.begin(), cells.end(), cell) == cells.end()) cells.push_back(cell);
    }
    return cells;
}

}  // namespace mobilenet_cost

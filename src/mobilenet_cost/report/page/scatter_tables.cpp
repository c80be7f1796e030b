#include "mobilenet_cost/report/page/scatter_tables.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/pick/pareto.h"
#include "mobilenet_cost/report/parts/columns.h"
#include "mobilenet_cost/report/sweep/points.h"

namespace mobilenet_cost {
namespace {

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
    for (const PredictedPoint& point : predicted_of(pictured, group)) {
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

/// "33.2× (32.9× to 33.5×)": a speed-up is never shown without its interval.
std::string speedup_text(const Estimate& speedup) {
    const std::string range =
        speedup.interval ? fmt::format("{:.2f}× to {:.2f}×", speedup.interval->low, speedup.interval->high)
                         : "no interval";
    return fmt::format("{:.2f}× ({})", speedup.value, range);
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
         [](const ScatterRow& row) {
             const auto& speedup = row.point.result.speedup;
             return speedup ? speedup_text(*speedup) : "";
         }},
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

/// A published network, beside this run's time of it.
struct AccuracyRow {
    const PublishedNetwork& network;
    std::optional<Estimate> seconds;
    bool here = false;  ///< one of this sweep's cells
};

const RowFields<AccuracyRow>& accuracy_fields() {
    static const RowFields<AccuracyRow> fields = {
        {"model", kJson, [](const AccuracyRow& row) { return row.network.cell.model; }},
        {"cell", kJson, [](const AccuracyRow& row) { return cell_title(row.network.cell); }},
        {"macs", kJson, [](const AccuracyRow& row) { return row.network.cell.macs; }},
        {"params", kJson, [](const AccuracyRow& row) { return row.network.cell.params; }},
        {"top1", kJson, [](const AccuracyRow& row) { return row.network.top1; }},
        {"source", kJson, [](const AccuracyRow& row) { return row.network.source; }},
        {"here", kJson, &AccuracyRow::here},
        {"seconds", kJson, &AccuracyRow::seconds}};
    return fields;
}

AccuracyRow accuracy_row(const PicturedRun& pictured, const PublishedNetwork& network,
                         const std::string& engine, int threads) {
    AccuracyRow row{.network = network, .seconds = std::nullopt};
    for (std::size_t i = 0; i < pictured.run.cells.size(); ++i) {
        const SweepCell& cell = pictured.run.cells[i];
        const bool published = i < pictured.top1.size() && pictured.top1[i];
        row.here = row.here ||
                   (published && cell.model == network.cell.model && cell.variant == network.cell.variant);
    }
    for (std::size_t i = 0; i < pictured.run.points.size() && row.here; ++i) {
        const SweepPoint& point = pictured.run.points[i];
        const SweepCell& cell = pictured.run.cells[point.cell];
        if (point.engine == engine && point.threads == threads && cell.model == network.cell.model &&
            point.network == NetworkKind::separable && cell.variant == network.cell.variant)
            row.seconds = pictured.result.points[i].seconds;
    }
    return row;
}

}  // namespace

std::vector<PredictedPoint> predicted_of(const PicturedRun& pictured, const SweepGroup& group) {
    std::vector<PredictedPoint> points;
    if (!pictured.prediction) return points;
    for (const PredictedPoint& point : pictured.prediction->points) {
        if (find_point(pictured.run, group, point.cell, point.network)) continue;  // it was timed
        if (pictured.run.cells[point.cell].model == group.model && point.engine == group.engine &&
            point.threads == group.threads)
            points.push_back(point);
    }
    return points;
}

Json points_table(const PicturedRun& pictured, const SweepGroup& group) {
    const std::vector<Candidate> all = candidates(pictured, group);
    std::vector<ScatterRow> rows;
    for (const std::size_t i : group.points) {
        if (pictured.result.points[i].seconds)
            rows.push_back(scatter_row(pictured, timed_row(pictured.run, pictured.result, i), all));
    }
    for (const PredictedPoint& point : predicted_of(pictured, group))
        rows.push_back(scatter_row(pictured, predicted_row(pictured.run, point), all));
    return scatter_fields().chart_table(rows);
}

Json fits_table(const PicturedRun& pictured, const SweepGroup& group) {
    std::vector<SlopeFit> fits;
    for (const SlopeFit& fit : pictured.result.fits) {
        if (fit.model == group.model && fit.engine == group.engine && fit.threads == group.threads)
            fits.push_back(fit);
    }
    static const RowFields<SlopeFit> fields = {
        {"network", kJson, [](const SlopeFit& fit) { return network_kind_name(fit.network); }},
        {"cells", kJson, &SlopeFit::cells},
        {"slope", kJson, &SlopeFit::slope}};
    return fields.chart_table(fits);
}

Json accuracy_table(const PicturedRun& pictured, const std::string& engine, int threads) {
    std::vector<AccuracyRow> rows;
    for (const PublishedNetwork& network : pictured.published)
        rows.push_back(accuracy_row(pictured, network, engine, threads));
    return accuracy_fields().chart_table(rows);
}

}  // namespace mobilenet_cost

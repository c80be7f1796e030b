#include "mobilenet_cost/report/sweep/measured.h"

#include <algorithm>
#include <utility>

#include "mobilenet_cost/report/sweep/groups.h"
#include "mobilenet_cost/report/sweep/measured_grid.h"
#include "mobilenet_cost/report/sweep/notes.h"
#include "mobilenet_cost/report/sweep/points.h"
#include "mobilenet_cost/report/sweep/prediction.h"

namespace mobilenet_cost {
namespace {

Section points_section(const SweepRun& run, const SweepResult& result, const SweepGroup& group) {
    const auto any = [&](auto holds) {
        return std::any_of(group.points.begin(), group.points.end(),
                           [&](std::size_t point) { return holds(result.points[point]); });
    };
    std::vector<const char*> keys =
        shown_keys(any([](const PointResult& point) { return point.standard.has_value(); }));
    if (any([](const PointResult& point) { return point.status != BenchStatus::ok; }))
        keys.push_back("failure");
    Section section;
    section.table.caption = group_title(group) + ": every point";
    section.table.columns = point_fields().columns(keys);
    section.table.droppable = {"samples", "macs", "analytic_speedup", "standard_width", "marked_standard"};
    for (const std::size_t point : group.points)
        section.table.rows.push_back(point_fields().cells(keys, timed_row(run, result, point)));
    return section;
}

}  // namespace

Table sweep_measured_table(const SweepRun& run, const SweepResult& result,
                           const std::optional<Prediction>& prediction) {
    std::vector<PointRow> rows;
    for (std::size_t point = 0; point < run.points.size(); ++point)
        rows.push_back(timed_row(run, result, point));
    if (prediction) {
        for (const PredictedPoint& point : prediction->points)
            rows.push_back(predicted_row(run, point));
    }
    return with_lower_bounds(point_fields().csv(rows), rows,
                             [](const auto& row) { return row.cell.lower_bound; });
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

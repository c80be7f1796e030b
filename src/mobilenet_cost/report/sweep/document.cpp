#include "mobilenet_cost/report/sweep/document.h"

#include "mobilenet_cost/report/count/grid_json.h"
#include "mobilenet_cost/report/parts/class_fields.h"
#include "mobilenet_cost/report/parts/measured_json.h"
#include "mobilenet_cost/report/sweep/points.h"
#include "mobilenet_cost/sweep/run_fields.h"

namespace mobilenet_cost {
namespace {

Json finite_or_null(const std::optional<double>& value) {
    return value ? finite_json(*value) : Json(nullptr);
}

Json settings_json(const SweepRun& run) {
    Json json = fields_json(run.settings);
    json["classes"] = classes_json(run.settings.classes, run.settings.form);
    json["timing"] = fields_json(run.timing);
    json["timing"].erase("prediction");  // the document says it of the whole sweep
    return json;
}

Json run_machine_json(const SweepRun& run) {
    return machine_info_json(run.origin.machine, run.preflight.readings.clock_resolution_seconds);
}

Json standard_json(const PointResult& row) {
    if (!row.analytic_standard && !row.standard) return nullptr;
    return {{"analytic", finite_or_null(row.analytic_standard)},
            {"measured", value_of(row.standard)},
            {"ci", interval_of(row.standard)},
            {"kept", value_of(row.standard_kept)},
            {"kept_ci", interval_of(row.standard_kept)}};
}

Json classes_json(const LayerProfile& profile) {
    Json json = Json::array();
    for (const ClassShare& row : profile.classes)
        json.push_back(class_fields().json(class_row(row)));
    return json;
}

/// Null: its layers were not timed.
Json profile_json(const SweepRun& run, std::size_t point) {
    if (point >= run.profiles.size() || !run.profiles[point]) return nullptr;
    const LayerProfile& profile = *run.profiles[point];
    const bool ok = profile.status == BenchStatus::ok;
    const auto overhead = ok ? profile.clock_overhead : std::nullopt;
    const auto if_ok = [ok](double value) { return ok ? finite_json(value) : Json(nullptr); };
    return {{"status", bench_status_name(profile.status)},
            {"reason", reason_json(profile.reason)},
            {"passes", profile.passes},
            {"sum_seconds", if_ok(profile.sum_seconds)},
            {"whole_seconds", if_ok(profile.whole_seconds.value)},
            {"residual_seconds", if_ok(profile.residual_seconds)},
            {"clock_overhead", value_of(overhead)},
            {"clock_overhead_ci", interval_of(overhead)},
            {"classes", ok ? classes_json(profile) : Json::array()}};
}

Json measured_json(const SweepRun& run, const SweepResult& result, std::size_t index) {
    Json json = document_fields().json(timed_row(run, result, index));
    json["standard_speedup"] = standard_json(result.points[index]);
    json["profile"] = profile_json(run, index);
    return json;
}

std::vector<Json> cells_json(const SweepRun& run, const SweepResult& result,
                             const std::optional<Prediction>& prediction) {
    std::vector<Json> cells;
    for (const SweepCell& cell : run.cells)
        cells.push_back(sweep_cell_json(cell));
    for (std::size_t i = 0; i < run.points.size(); ++i)
        cells[run.points[i].cell]["measured"].push_back(measured_json(run, result, i));
    if (!prediction) return cells;
    for (Json& cell : cells)
        cell["predicted"] = Json::array();
    for (const PredictedPoint& point : prediction->points)
        cells[point.cell]["predicted"].push_back(predicted_fields().json(predicted_row(run, point)));
    return cells;
}

/// How the predicted points came about.
Json prediction_json(const SweepRun& run, const Prediction& prediction) {
    return {{"model", "per_layer"},
            {"timed_cells", run.timing.prediction->timed},
            {"spot_cells", run.timing.prediction->spots},
            {"median_residual", finite_or_null(prediction.median_residual)},
            {"largest_residual", finite_or_null(prediction.largest_residual)},
            {"obstacles", prediction.obstacles}};
}

Json fits_json(const SweepResult& result) {
    Json json = Json::array();
    for (const SlopeFit& fit : result.fits)
        json.push_back(fit_fields().json(fit));
    return json;
}

Json build_json(const RunOrigin& origin) {
    return {{"version", origin.version},
            {"commit", origin.commit},
            {"compiler", origin.compiler},
            {"flags", origin.flags}};
}

}  // namespace

Json sweep_document(const SweepRun& run, const SweepResult& result,
                    const std::optional<Prediction>& prediction) {
    Json document = {{"schema", kSweepSchema}, {"machine", run_machine_json(run)}};
    document["settings"] = settings_json(run);
    document["cells"] = cells_json(run, result, prediction);
    document["fit"] = fits_json(result);
    document["worst_interval"] = finite_or_null(result.worst_interval);
    document["detectable_change"] = finite_or_null(result.detectable_change);
    document["imprecise_points"] = result.imprecise;
    document["noise"] = fields_json(run.preflight);
    document["rounds"] = run.measurement.order.size();
    document["ended"] = ended_name(run.measurement.ended);
    document["blocks_shortened"] = run.measurement.shortened;
    document["started"] = run.started;
    document["run_seconds"] = finite_json(run.measurement.seconds);
    document["build"] = build_json(run.origin);
    document["engines"] = engine_list_json(run.origin.engines);
    if (prediction) document["prediction"] = prediction_json(run, *prediction);
    return document;
}

std::vector<Json> sweep_lines(const SweepRun& run, const SweepResult& result,
                              const std::optional<Prediction>& prediction) {
    const Json settings = settings_json(run);
    const Json machine = run_machine_json(run);
    std::vector<Json> lines;
    for (const Json& cell : cells_json(run, result, prediction)) {
        Json& line = lines.emplace_back(Json{{"schema", kSweepSchema}});
        line.update(cell);
        line["settings"] = settings;
        line["machine"] = machine;
    }
    return lines;
}

}  // namespace mobilenet_cost

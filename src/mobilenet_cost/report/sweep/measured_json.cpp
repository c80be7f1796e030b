#include "mobilenet_cost/report/sweep/measured_json.h"

#include "mobilenet_cost/report/count/grid_json.h"
#include "mobilenet_cost/report/parts/measured_json.h"
#include "mobilenet_cost/report/sweep/groups.h"
#include "mobilenet_cost/report/sweep/measured_json.h"

namespace mobilenet_cost {
namespace {

Json finite_or_null(const std::optional<double>& value) {
    return value ? finite_json(*value) : Json(nullptr);
}

Json timing_json(const SweepTiming& timing) {
    Json networks = Json::array();
    for (const NetworkKind network : timing.networks)
        networks.push_back(network_kind_name(network));
    return {{"engines", timing.engines},
            {"threads", timing.threads},
            {"networks", networks},
            {"rounds", timing.rounds},
            {"precision", timing.precision},
            {"max_seconds", timing.max_seconds},
            {"confidence", timing.confidence},
            {"between_runs", timing.between_runs},
            {"seed", timing.seed},
            {"pin_cpu", or_null(timing.pin_cpu)},
            {"most_steal", timing.limits.most_steal},
            {"most_switches_per_second", timing.limits.most_switches_per_second},
            {"layers", timing.layers},
            {"shard", {{"index", timing.shard.index}, {"count", timing.shard.count}}}};
}

Json settings_json(const SweepRun& run) {
    Json json = sweep_settings_json(run.settings);
    json["timing"] = timing_json(run.timing);
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

Json rate_json(double amount, double seconds) {
    return seconds > 0 ? finite_json(amount / seconds) : Json(nullptr);
}

Json classes_json(const LayerProfile& profile) {
    Json json = Json::array();
    for (const ClassShare& row : profile.classes) {
        json.push_back(class_share_json(row));
        json.back()["flops_per_second"] =
            row.macs > 0 ? rate_json(2 * static_cast<double>(row.macs), row.seconds) : Json(nullptr);
        json.back()["traffic_bytes_per_second"] =
            rate_json(static_cast<double>(row.traffic_bytes), row.seconds);
    }
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

Json head_json(const SweepRun& run, const SweepResult& result, std::size_t index) {
    const SweepPoint& point = run.points[index];
    const PointResult& row = result.points[index];
    return {{"engine", point.engine},
            {"threads", point.threads},
            {"network", network_kind_name(point.network)},
            {"status", bench_status_name(row.status)},
            {"reason", reason_json(row.reason)}};
}

void set_counts(Json& json, const SweepPoint& point) {
    const auto count = [&point](std::int64_t NetworkCounts::*member) {
        return point.counts ? Json((*point.counts).*member) : Json(nullptr);
    };
    json["macs"] = count(&NetworkCounts::macs);
    json["params"] = count(&NetworkCounts::params);
    json["weight_bytes"] = count(&NetworkCounts::weight_bytes);
    json["memory_bytes"] = or_null(point.memory_bytes);
}

Json measured_json(const SweepRun& run, const SweepResult& result, std::size_t index) {
    const PointResult& row = result.points[index];
    Json json = head_json(run, result, index);
    set_seconds(json, row.seconds);
    json["samples"] = row.rounds - row.disturbed;
    json["speedup"] = value_of(row.speedup);
    json["speedup_ci"] = interval_of(row.speedup);
    json["fraction_kept"] = value_of(row.fraction_kept);
    json["fraction_kept_ci"] = interval_of(row.fraction_kept);
    json["analytic_speedup"] = finite_or_null(row.analytic_speedup);
    json["interval_coverage"] = coverage_of(row.seconds);
    json["rounds"] = row.rounds;
    json["disturbed"] = row.disturbed;
    json["detectable_change"] = finite_or_null(row.detectable_change);
    json["precise"] = row.precise;
    set_counts(json, run.points[index]);
    json["standard_speedup"] = standard_json(row);
    json["profile"] = profile_json(run, index);
    return json;
}

Json predicted_json(const PredictedPoint& point) {
    return {{"engine", point.engine},
            {"threads", point.threads},
            {"network", network_kind_name(point.network)},
            {"seconds", finite_json(point.seconds)},
            {"low_seconds", finite_or_null(point.low)},
            {"high_seconds", finite_or_null(point.high)},
            {"speedup", finite_or_null(point.speedup)},
            {"residual", finite_or_null(point.residual)}};
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
        cells[point.cell]["predicted"].push_back(predicted_json(point));
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
    for (const SlopeFit& fit : result.fits) {
        json.push_back({{"engine", fit.engine},
                        {"threads", fit.threads},
                        {"slope", finite_json(fit.slope.value)},
                        {"slope_ci", interval_of(fit.slope)},
                        {"model", fit.model},
                        {"network", network_kind_name(fit.network)},
                        {"cells", fit.cells}});
    }
    return json;
}

Json noise_json(const Preflight& preflight) {
    const PreflightReadings& seen = preflight.readings;
    return {{"verdict", noise_verdict_name(preflight.verdict)},
            {"reasons", preflight.reasons},
            {"seconds", finite_json(seen.seconds)},
            {"cpus", seen.cpus},
            {"load_average", finite_or_null(seen.load_average)},
            {"steal_share", finite_or_null(seen.steal_share)},
            {"involuntary_switches_per_second", finite_or_null(seen.involuntary_switches_per_s)},
            {"loops", seen.loop.count},
            {"loop_median_seconds", finite_json(seen.loop.median_seconds)},
            {"loop_p95_over_median", finite_json(seen.loop.p95_over_median)},
            {"loop_max_over_median", finite_json(seen.loop.max_over_median)},
            {"ping_pong_seconds", finite_or_null(seen.ping_pong_seconds)}};
}

Json build_json(const RunOrigin& origin) {
    return {{"version", origin.version},
            {"commit", origin.commit},
            {"compiler", origin.compiler},
            {"flags", origin.flags}};
}

}  // namespace

std::string sweep_measured_json(const SweepRun& run, const SweepResult& result,
                                const std::optional<Prediction>& prediction) {
    Json document = {{"schema", kSweepSchema}, {"machine", run_machine_json(run)}};
    document["settings"] = settings_json(run);
    document["cells"] = cells_json(run, result, prediction);
    document["fit"] = fits_json(result);
    document["worst_interval"] = finite_or_null(result.worst_interval);
    document["detectable_change"] = finite_or_null(result.detectable_change);
    document["imprecise_points"] = result.imprecise;
    document["noise"] = noise_json(run.preflight);
    document["rounds"] = run.measurement.order.size();
    document["ended"] = ended_name(run.measurement.ended);
    document["blocks_shortened"] = run.measurement.shortened;
    document["started"] = run.started;
    document["run_seconds"] = finite_json(run.measurement.seconds);
    document["build"] = build_json(run.origin);
    document["engines"] = engine_list_json(run.origin.engines);
    if (prediction) document["prediction"] = prediction_json(run, *prediction);
    return pretty_json(document);
}

std::string sweep_measured_jsonl(const SweepRun& run, const SweepResult& result,
                                 const std::optional<Prediction>& prediction) {
    const Json settings = settings_json(run);
    const Json machine = run_machine_json(run);
    std::string lines;
    for (const Json& cell : cells_json(run, result, prediction)) {
        Json line = {{"schema", kSweepSchema}};
        line.update(cell);
        line["settings"] = settings;
        line["machine"] = machine;
        lines += compact_json(line);
    }
    return lines;
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/bench/json.h"

#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/report/bench/comparisons.h"
#include "mobilenet_cost/report/bench/notes.h"
#include "mobilenet_cost/report/parts/measured_json.h"

namespace mobilenet_cost {
namespace {

Json build_json(const BuildInfo& build) {
    const std::string warning = build_warning(build);
    return {{"version", build.version},     {"commit", build.commit},
            {"compiler", build.compiler},   {"build_type", build.build_type},
            {"flags", build.flags},         {"optimised", build.optimised},
            {"sanitized", build.sanitized}, {"times_are_valid", warning.empty()}};
}

Json settings_json(const SweepTiming& timing) {
    return {{"engines", timing.engines},
            {"threads", timing.threads},
            {"rounds", timing.rounds},
            {"precision", timing.precision},
            {"seed", timing.seed},
            {"max_seconds", timing.max_seconds},
            {"confidence", timing.confidence},
            {"between_runs", timing.between_runs},
            {"per_layer", timing.layers},
            {"pin_cpu", or_null(timing.pin_cpu)},
            {"cache", cache_mode_name(timing.cache)},
            {"layer_mode", layer_mode_name(timing.layer_mode)}};
}

Json variant_json(const SweepCell& cell) {
    const Variant& variant = cell.variant;
    Json json = {{"model", cell.model}, {"alpha", variant.alpha}, {"beta", cell.beta}};
    json.update(resolution_json(variant.resolution));
    json["classes"] = classes_json(variant.classes, variant.form);
    json["batch"] = variant.batch;
    json["alpha_scope"] = alpha_scope_name(variant.scope);
    json["dtype"] = data_type_name(DataType::f32);
    json.update(changed_form(variant.form));
    return json;
}

void set_counts(Json& json, const std::optional<NetworkCounts>& counts) {
    const auto set = [&](const char* key, std::int64_t NetworkCounts::*member) {
        json[key] = counts ? Json((*counts).*member) : Json(nullptr);
    };
    set("macs", &NetworkCounts::macs);
    set("params", &NetworkCounts::params);
    set("weight_bytes", &NetworkCounts::weight_bytes);
    set("activation_bytes", &NetworkCounts::activation_bytes);
    set("peak_activation_bytes", &NetworkCounts::peak_activation_bytes);
}

Json warm_up_json(const WarmUp& warm_up) {
    return {{"converged", warm_up.converged},
            {"passes", warm_up.passes},
            {"seconds", warm_up.seconds},
            {"first_pass_seconds", warm_up.first_pass_seconds}};
}

/// How the samples were taken; null: none were.
Json timing_json(const CellSamples& samples) {
    if (samples.blocks.empty()) return nullptr;
    const NoiseSnapshot noise = total_disturbance(samples);
    return {{"warm_up", warm_up_json(samples.warm_up)},
            {"passes_per_block", samples.size.passes},
            {"passes_per_reading", samples.size.group},
            {"calibration_confirmed", samples.size.confirmed},
            {"steal_seconds", or_null(noise.steal_seconds)},
            {"involuntary_switches", or_null(noise.involuntary_switches)}};
}

Json memory_json(const std::optional<SessionMemory>& memory) {
    if (!memory) return nullptr;
    return {{"packed_weight_bytes", memory->weight_bytes}, {"arena_bytes", memory->activation_bytes},
            {"scratch_bytes", memory->scratch_bytes},      {"real_peak_bytes", real_peak_bytes(*memory)},
            {"in_place_bytes", memory->in_place_bytes},    {"kept_bytes", memory->kept_bytes},
            {"padding_bytes", memory->padding_bytes},      {"gap_bytes", memory->gap_bytes}};
}

/// Engine, threads, what the row is about, and how it went.
Json head_json(const SweepRun& run, const SweepPoint& point, const char* key, std::string what,
               BenchStatus status, const std::string& reason) {
    const TypedName typed = read_typed_name(point.engine);
    return {{"engine", point.engine},
            {"dtype", data_type_name(typed.data_type)},
            {"threads", point.threads},
            {key, std::move(what)},
            {"cache", cache_mode_name(run.timing.cache)},
            {"status", bench_status_name(status)},
            {"reason", reason_json(reason)}};
}

Json network_json(const SweepRun& run, const SweepResult& result, const BenchRow& row) {
    const SweepPoint& point = run.points[row.point];
    const PointResult& found = result.points[row.point];
    Json json = head_json(run, point, "network", std::string(network_kind_name(row.network)), found.status,
                          found.reason);
    set_counts(json, point.counts);
    json["memory_bytes"] = or_null(point.memory_bytes);
    json["memory"] = memory_json(point.memory);
    set_seconds(json, found.seconds);
    json["ci_coverage"] = coverage_of(found.seconds);
    json["flops_per_second"] =
        or_null(found.seconds ? flops_per_second(point.counts->macs, found.seconds->value) : std::nullopt);
    const std::vector<double> seconds = undisturbed_seconds(run, run.measurement, row.point);
    json["samples"] = seconds.size();
    json["samples_seconds"] = seconds;
    json["disturbed"] = found.disturbed;
    json["timing"] = timing_json(run.measurement.cells[row.point]);
    return json;
}

Json comparison_json(const SweepRun& run, const BenchComparison& row) {
    const SweepPoint& point = run.points[row.point];
    const std::string what =
        row.over_f32 ? fmt::format("f32/{}", data_type_name(read_typed_name(point.engine).data_type))
                     : fmt::format("{}/separable", network_kind_name(row.slower));
    Json json = head_json(run, point, "comparison", what, row.status, row.reason);
    json.update(comparison_fields().json(row));
    return json;
}

Json layer_json(CacheMode cache, const LayerProfile& profile, const LayerTime& layer) {
    const auto size = [](const Shape& shape) { return Json::array({shape.h, shape.w, shape.c}); };
    Json json = {{"name", layer.name},
                 {"op", layer.op},
                 {"class", layer_class_name(layer.layer_class)},
                 {"cache", cache_mode_name(cache)},
                 {"layer_mode", layer_mode_name(profile.mode)},
                 {"input", size(layer.input)},
                 {"output", size(layer.output)},
                 {"kernel", layer.kernel},
                 {"fused", layer.fused}};
    const auto timed = layer.fused ? std::nullopt : std::optional(layer.seconds);
    set_seconds(json, timed);
    json["ci_coverage"] = coverage_of(timed);
    json["mean_seconds"] = layer.fused ? Json(nullptr) : Json(layer.mean_seconds);
    json["time_share"] = layer.fused ? Json(nullptr) : Json(layer.time_share);
    json["macs"] = layer.macs;
    json["traffic_bytes"] = layer.traffic_bytes;
    const double seconds = layer.seconds.value;
    json["flops_per_second"] = or_null(flops_per_second(layer.macs, seconds));
    json["traffic_bytes_per_second"] =
        seconds > 0 ? Json(static_cast<double>(layer.traffic_bytes) / seconds) : Json(nullptr);
    return json;
}

Json profile_json(CacheMode cache, const LayerProfile& profile) {
    const bool ok = profile.status == BenchStatus::ok;
    const auto if_ok = [ok](double value) { return ok ? Json(value) : Json(nullptr); };
    const auto estimate = ok ? profile.clock_overhead : std::nullopt;
    const TypedName typed = read_typed_name(profile.engine);
    Json json = {{"engine", profile.engine},
                 {"dtype", data_type_name(typed.data_type)},
                 {"threads", profile.threads},
                 {"network", network_kind_name(NetworkKind::separable)},
                 {"cache", cache_mode_name(cache)},
                 {"layer_mode", layer_mode_name(profile.mode)},
                 {"status", bench_status_name(profile.status)},
                 {"reason", reason_json(profile.reason)},
                 {"passes", profile.passes},
                 {"sum_seconds", if_ok(profile.sum_seconds)},
                 {"whole_seconds", if_ok(profile.whole_seconds.value)},
                 {"residual_seconds", if_ok(profile.residual_seconds)},
                 {"clock_overhead", value_of(estimate)},
                 {"clock_overhead_ci", interval_of(estimate)},
                 {"classes", Json::array()},
                 {"layers", Json::array()}};
    for (const ClassShare& row : profile.classes)
        json["classes"].push_back(class_share_json(row));
    for (const LayerTime& layer : profile.layers)
        json["layers"].push_back(layer_json(cache, profile, layer));
    return json;
}

/// The rows of `measured` as each round visited them.
Json order_json(const SweepRun& run, const BenchVariant& variant) {
    Json order = Json::array();
    for (const std::vector<std::size_t>& round : run.measurement.order) {
        Json& visited = order.emplace_back(Json::array());
        for (const std::size_t point : round) {
            for (std::size_t i = 0; i < variant.rows.size(); ++i)
                if (variant.rows[i].point == point) visited.push_back(i);
        }
    }
    return order;
}

Json rounds_json(const SweepRun& run, const BenchVariant& variant) {
    const Measurement& measurement = run.measurement;
    return {{"done", measurement.order.size()},
            {"ended", ended_name(measurement.ended)},
            {"blocks_shortened", measurement.shortened},
            {"seconds", measurement.seconds},
            {"order", order_json(run, variant)}};
}

Json cache_flush_json(const SweepRun& run) {
    const CacheFlush& flush = run.cache_flush;
    return {{"mode", cache_mode_name(run.timing.cache)},
            {"method", reason_json(flush.method)},
            {"verified", or_null(flush.verified)},
            {"warm_ns_per_line", or_null(flush.warm_ns_per_line)},
            {"flushed_ns_per_line", or_null(flush.flushed_ns_per_line)}};
}

Json result_json(const SweepRun& run, const SweepResult& result, const BenchVariant& variant) {
    Json json = variant_json(run.cells[variant.cell]);
    json["cache_flush"] = cache_flush_json(run);
    json["warnings"] = bench_warnings(run, variant);
    const Variant& base = run.cells[variant.base_cell].variant;
    json["base"] = {{"alpha", base.alpha}};
    json["base"].update(resolution_json(base.resolution));
    json["comparisons"] = Json::array();
    for (const BenchComparison& row : variant.comparisons)
        json["comparisons"].push_back(comparison_json(run, row));
    json["measured"] = Json::array();
    for (const BenchRow& row : variant.rows)
        json["measured"].push_back(network_json(run, result, row));
    json["rounds"] = rounds_json(run, variant);
    json["profiles"] = Json::array();
    for (const LayerProfile& profile : variant.profiles)
        json["profiles"].push_back(profile_json(run.timing.cache, profile));
    return json;
}

/// The same for all variants.
void set_context(Json& json, const SweepRun& run, const BuildInfo& build) {
    json["machine"] = machine_info_json(run.origin.machine, run.preflight.readings.clock_resolution_seconds);
    json["build"] = build_json(build);
    json["settings"] = settings_json(run.timing);
    json["engines"] = engine_list_json(run.origin.engines);
}

Json bench_row(const char* row, const Json& names, const Json& content) {
    Json json = {{"schema", "mobilenet-cost.bench-row.v1"}, {"row", row}};
    json.update(names);
    json.update(content);
    return json;
}

}  // namespace

std::vector<Json> bench_rows(const SweepRun& run, const SweepResult& result) {
    std::vector<Json> rows;
    for (const BenchVariant& variant : bench_variants(run, result)) {
        const Json names = variant_json(run.cells[variant.cell]);
        for (const BenchComparison& row : variant.comparisons)
            rows.push_back(bench_row("comparison", names, comparison_json(run, row)));
        for (const BenchRow& row : variant.rows)
            rows.push_back(bench_row("network", names, network_json(run, result, row)));
        for (const LayerProfile& profile : variant.profiles) {
            Json of_profile = names;
            const TypedName typed = read_typed_name(profile.engine);
            of_profile.update({{"engine", profile.engine},
                               {"dtype", data_type_name(typed.data_type)},
                               {"threads", profile.threads}});
            for (const LayerTime& layer : profile.layers)
                rows.push_back(bench_row("layer", of_profile, layer_json(run.timing.cache, profile, layer)));
        }
    }
    return rows;
}

std::string bench_json(const SweepRun& run, const SweepResult& result, const BuildInfo& build) {
    Json document = {{"schema", "mobilenet-cost.bench.v1"}};
    set_context(document, run, build);
    document["variants"] = Json::array();
    for (const BenchVariant& variant : bench_variants(run, result))
        document["variants"].push_back(result_json(run, result, variant));
    return pretty_json(document);
}

std::string bench_jsonl(const SweepRun& run, const SweepResult& result, const BuildInfo& build) {
    Json context = {{"schema", "mobilenet-cost.bench-row.v1"}, {"row", "context"}};
    set_context(context, run, build);
    std::string lines = compact_json(context);
    for (const Json& row : bench_rows(run, result))
        lines += compact_json(row);
    return lines;
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/bench/json.h"

#include <optional>
#include <string>

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

Json settings_json(const BenchSettings& settings) {
    return {{"engines", settings.engines},
            {"threads", settings.threads},
            {"rounds", settings.rounds},
            {"seed", settings.seed},
            {"max_seconds", settings.max_seconds},
            {"confidence", settings.confidence},
            {"per_layer", settings.per_layer},
            {"pin_cpu", or_null(settings.pin_cpu)},
            {"cache", cache_mode_name(settings.cache)},
            {"layer_mode", layer_mode_name(settings.layer_mode)}};
}

Json variant_json(const BenchResult& result) {
    const Variant& variant = result.variant;
    return {{"model", result.model},
            {"alpha", variant.alpha},
            {"beta", result.beta},
            {"resolution", variant.resolution},
            {"classes", variant.classes},
            {"batch", variant.batch},
            {"alpha_scope", alpha_scope_name(variant.scope)},
            {"dtype", data_type_name(DataType::f32)}};
}

Json counts_json(const std::optional<NetworkCounts>& counts) {
    if (!counts) {
        return {{"macs", nullptr},
                {"params", nullptr},
                {"weight_bytes", nullptr},
                {"activation_bytes", nullptr},
                {"peak_activation_bytes", nullptr}};
    }
    return {{"macs", counts->macs},
            {"params", counts->params},
            {"weight_bytes", counts->weight_bytes},
            {"activation_bytes", counts->activation_bytes},
            {"peak_activation_bytes", counts->peak_activation_bytes}};
}

Json warm_up_json(const WarmUp& warm_up) {
    return {{"converged", warm_up.converged},
            {"passes", warm_up.passes},
            {"seconds", warm_up.seconds},
            {"first_pass_seconds", warm_up.first_pass_seconds}};
}

/// How the samples were taken; null when none were.
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

Json memory_json(const NetworkResult& row) {
    if (!row.memory) return nullptr;
    const SessionMemory& memory = *row.memory;
    return {{"packed_weight_bytes", memory.weight_bytes}, {"arena_bytes", memory.activation_bytes},
            {"scratch_bytes", memory.scratch_bytes},      {"real_peak_bytes", real_peak_bytes(memory)},
            {"in_place_bytes", memory.in_place_bytes},    {"kept_bytes", memory.kept_bytes},
            {"padding_bytes", memory.padding_bytes},      {"gap_bytes", memory.gap_bytes}};
}

Json network_json(const BenchResult& result, const NetworkResult& row) {
    Json json = {{"engine", row.engine},
                 {"threads", row.threads},
                 {"network", network_kind_name(row.network)},
                 {"cache", cache_mode_name(result.settings.cache)},
                 {"status", bench_status_name(row.status)},
                 {"reason", reason_json(row.reason)}};
    json.update(counts_json(row.counts));
    json["memory_bytes"] = row.memory ? Json(total_bytes(*row.memory)) : Json(nullptr);
    json["memory"] = memory_json(row);
    set_seconds(json, row.seconds);
    json["ci_coverage"] = coverage_of(row.seconds);
    const auto rate = row.seconds ? flops_per_second(row.counts->macs, row.seconds->value) : std::nullopt;
    json["flops_per_second"] = or_null(rate);
    json["samples"] = row.samples.blocks.size();
    json["samples_seconds"] = round_seconds(row.samples);
    json["timing"] = timing_json(row.samples);
    return json;
}

Json comparison_json(const BenchResult& result, const Comparison& row) {
    return {{"engine", row.engine},
            {"threads", row.threads},
            {"comparison", std::string(network_kind_name(row.slower)) + "/separable"},
            {"cache", cache_mode_name(result.settings.cache)},
            {"status", bench_status_name(row.status)},
            {"reason", reason_json(row.reason)},
            {"analytic_speedup", or_null(row.analytic_speedup)},
            {"speedup", value_of(row.speedup)},
            {"speedup_ci", interval_of(row.speedup)},
            {"fraction_kept", value_of(row.fraction_kept)},
            {"fraction_kept_ci", interval_of(row.fraction_kept)}};
}

Json layer_json(const BenchResult& result, const LayerProfile& profile, const LayerTime& layer) {
    const auto size = [](const Shape& shape) { return Json::array({shape.h, shape.w, shape.c}); };
    Json json = {{"name", layer.name},
                 {"op", layer.op},
                 {"class", layer_class_name(layer.layer_class)},
                 {"cache", cache_mode_name(result.settings.cache)},
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

Json profile_json(const BenchResult& result, const LayerProfile& profile) {
    const bool ok = profile.status == BenchStatus::ok;
    const auto if_ok = [ok](double value) { return ok ? Json(value) : Json(nullptr); };
    const auto estimate = ok ? profile.clock_overhead : std::nullopt;
    Json json = {{"engine", profile.engine},
                 {"threads", profile.threads},
                 {"network", network_kind_name(NetworkKind::separable)},
                 {"cache", cache_mode_name(result.settings.cache)},
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
        json["layers"].push_back(layer_json(result, profile, layer));
    return json;
}

Json rounds_json(const BenchResult& result) {
    return {{"done", result.order.size()},
            {"ended", ended_name(result.ended)},
            {"blocks_shortened", result.shortened},
            {"seconds", result.seconds},
            {"order", result.order}};
}

Json cache_flush_json(const BenchResult& result) {
    const CacheFlush& flush = result.cache_flush;
    return {{"mode", cache_mode_name(result.settings.cache)},
            {"method", reason_json(flush.method)},
            {"verified", or_null(flush.verified)},
            {"warm_ns_per_line", or_null(flush.warm_ns_per_line)},
            {"flushed_ns_per_line", or_null(flush.flushed_ns_per_line)}};
}

Json result_json(const BenchResult& result) {
    Json json = variant_json(result);
    json["cache_flush"] = cache_flush_json(result);
    json["warnings"] = bench_warnings(result);
    json["base"] = {{"alpha", result.base.alpha}, {"resolution", result.base.resolution}};
    json["comparisons"] = Json::array();
    for (const Comparison& row : result.comparisons)
        json["comparisons"].push_back(comparison_json(result, row));
    json["measured"] = Json::array();
    for (const NetworkResult& row : result.networks)
        json["measured"].push_back(network_json(result, row));
    json["rounds"] = rounds_json(result);
    json["profiles"] = Json::array();
    for (const LayerProfile& profile : result.profiles)
        json["profiles"].push_back(profile_json(result, profile));
    return json;
}

/// What all results of one run share; empty results have nothing.
void set_context(Json& json, const std::vector<BenchResult>& results, const BuildInfo& build) {
    const BenchResult none;
    const BenchResult& first = results.empty() ? none : results.front();
    json["machine"] = machine_info_json(first.machine, first.clock_resolution_seconds);
    json["build"] = build_json(build);
    json["settings"] = settings_json(first.settings);
    json["engines"] = engine_list_json(first.engines);
}

/// A line: schema, kind of row, what names the variant, then the row.
std::string line(const char* row, const BenchResult& result, const Json& content) {
    Json json = {{"schema", "mobilenet-cost.bench-row.v1"}, {"row", row}};
    json.update(variant_json(result));
    json.update(content);
    return compact_json(json);
}

}  // namespace

std::string bench_json(const std::vector<BenchResult>& results, const BuildInfo& build) {
    Json document = {{"schema", "mobilenet-cost.bench.v1"}};
    set_context(document, results, build);
    document["variants"] = Json::array();
    for (const BenchResult& result : results)
        document["variants"].push_back(result_json(result));
    return pretty_json(document);
}

std::string bench_jsonl(const std::vector<BenchResult>& results, const BuildInfo& build) {
    Json context = {{"schema", "mobilenet-cost.bench-row.v1"}, {"row", "context"}};
    set_context(context, results, build);
    std::string lines = compact_json(context);
    for (const BenchResult& result : results) {
        for (const Comparison& row : result.comparisons) {
            lines += line("comparison", result, comparison_json(result, row));
        }
        for (const NetworkResult& row : result.networks)
            lines += line("network", result, network_json(result, row));
        for (const LayerProfile& profile : result.profiles) {
            for (const LayerTime& layer : profile.layers) {
                Json content = {{"engine", profile.engine}, {"threads", profile.threads}};
                content.update(layer_json(result, profile, layer));
                lines += line("layer", result, content);
            }
        }
    }
    return lines;
}

}  // namespace mobilenet_cost

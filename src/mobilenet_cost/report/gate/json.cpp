#include "mobilenet_cost/report/gate/json.h"

#include <algorithm>

#include "mobilenet_cost/report/parts/measured_json.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kGateSchema = "mobilenet-cost.gate.v1";

Json differences_json(const std::vector<GateDifference>& differences) {
    Json json = Json::array();
    for (const GateDifference& difference : differences)
        json.push_back({{"what", difference.what}, {"base", difference.base}, {"head", difference.head}});
    return json;
}

void set_row(Json& json, const GateRow& row) {
    json["rounds"] = row.rounds;
    json["ratio"] = or_null(row.ratio);
    json["ratio_low"] = or_null(row.low);
    json["ratio_high"] = or_null(row.high);
    json["coverage"] = row.coverage;
    json["p_slower"] = row.p_slower;
    json["p_faster"] = row.p_faster;
    json["decided_at"] = row.decided_at;
}

Json row_json(GateVerdict verdict, const GateRow& row) {
    Json json = {{"verdict", gate_verdict_name(verdict)}};
    set_row(json, row);
    return json;
}

Json layer_json(const GateLayer& layer) {
    Json json = {{"name", layer.layer.name},
                 {"op", layer.layer.op},
                 {"class", layer.layer.layer_class},
                 {"kernel", layer.layer.kernel},
                 {"macs", layer.layer.macs},
                 {"moved", layer.row.verdict == GateVerdict::regressed ? "slower" : "faster"},
                 {"base_seconds", layer.base_seconds},
                 {"head_seconds", layer.head_seconds}};
    json["pairs"] = layer.row.rounds;
    json["ratio"] = or_null(layer.row.ratio);
    json["ratio_low"] = or_null(layer.row.low);
    json["ratio_high"] = or_null(layer.row.high);
    json["changes"] = differences_json(layer.changes);
    return json;
}

Json class_json(const GateClass& row) {
    return {{"class", row.name},
            {"layers", row.layers},
            {"base_seconds", row.base_seconds},
            {"head_seconds", row.head_seconds}};
}

Json noise_json(const NoiseSnapshot& noise) {
    return {{"steal_seconds", or_null(noise.steal_seconds)},
            {"involuntary_switches", or_null(noise.involuntary_switches)}};
}

Json round_json(const GateRound& round) {
    return {{"round", round.round},
            {"order", round.base_first ? "ABBA" : "BAAB"},
            {"base_seconds", round.base_seconds},
            {"head_seconds", round.head_seconds},
            {"base_noise", noise_json(round.base_noise)},
            {"head_noise", noise_json(round.head_noise)},
            {"dropped", round.dropped ? Json(round.dropped_by_base ? "base" : "head") : Json(nullptr)}};
}

Json facts_json(const std::optional<SessionFacts>& facts) {
    if (!facts) return nullptr;
    Json json = {{"macs", facts->macs},
                 {"params", facts->params},
                 {"weight_bytes", facts->weight_bytes},
                 {"peak_activation_bytes", facts->peak_activation_bytes},
                 {"held_weight_bytes", facts->held_weight_bytes},
                 {"held_activation_bytes", facts->held_activation_bytes},
                 {"held_scratch_bytes", facts->held_scratch_bytes}};
    json["allocations_in_a_pass"] = facts->allocations ? Json(facts->allocations->count) : Json(nullptr);
    json["allocated_bytes_in_a_pass"] = facts->allocations ? Json(facts->allocations->bytes) : Json(nullptr);
    return json;
}

template <typename Value>
Json list_json(const std::vector<Value>& values, Json (*json_of)(const Value&)) {
    Json json = Json::array();
    for (const Value& value : values)
        json.push_back(json_of(value));
    return json;
}

Json cell_json(const GateCellRun& run, const GateRow& row, const GateCellResult& result) {
    const GateCell& cell = run.cell;
    Json json = {{"name", gate_cell_name(cell)},
                 {"model", cell.model},
                 {"alpha", cell.variant.alpha},
                 {"resolution", cell.variant.resolution},
                 {"classes", cell.variant.classes},
                 {"batch", cell.variant.batch},
                 {"alpha_scope", cell.variant.scope == AlphaScope::published ? "published" : "inner"},
                 {"network", network_kind_name(cell.network)},
                 {"engine", cell.engine},
                 {"threads", cell.threads}};
    json["verdict"] = gate_verdict_name(result.verdict);
    json["reason"] = reason_json(result.reason);
    set_row(json, row);
    json["base_seconds"] = or_null(median_seconds(run, true));
    json["head_seconds"] = or_null(median_seconds(run, false));
    json["placement_floor"] = or_null(result.floor);
    json["passes"] = run.passes;
    json["calibrated"] = run.calibrated;
    json["warm"] = run.warm;
    json["first_pass_seconds"] = run.first_pass_seconds;
    json["warm_up_seconds"] = run.warm_up_seconds;
    json["base"] = facts_json(run.base);
    json["head"] = facts_json(run.head);
    json["exact_differences"] = differences_json(run.exact);
    json["other_differences"] = differences_json(run.explanation);
    json["moved_layers"] = list_json(result.moved, layer_json);
    json["classes_of_layers"] = list_json(result.classes, class_json);
    json["samples"] = list_json(run.rounds, round_json);
    return json;
}

Json side_json(const GateSide& side) {
    const WorkerBuild& build = side.hello.build;
    Json engines = Json::array();
    for (const WorkerEngine& engine : side.hello.engines)
        engines.push_back({{"name", engine.name},
                           {"version", reason_json(engine.version)},
                           {"available", engine.available}});
    Json json = {{"program", side.program},      {"version", side.hello.version},
                 {"commit", side.hello.commit},  {"compiler", build.compiler},
                 {"flags", build.flags},         {"build_type", build.build_type},
                 {"optimised", build.optimised}, {"sanitized", build.sanitized}};
    json["engines"] = engines;
    return json;
}

Json settings_json(const GateSettings& settings) {
    return {{"threshold", settings.rule.threshold},
            {"tolerance", settings.rule.tolerance},
            {"significance", settings.rule.significance},
            {"rounds", settings.rounds},
            {"max_seconds", settings.max_seconds},
            {"seed", settings.seed},
            {"require_cells", settings.require_cells},
            {"cpu", or_null(settings.cpu)},
            {"layers", settings.layers},
            {"block_seconds", settings.block_seconds},
            {"answer_seconds", settings.answer_seconds},
            {"most_steal", settings.limits.most_steal},
            {"most_switches_per_second", settings.limits.most_switches_per_second}};
}

Json preflight_json(const Preflight& preflight) {
    return {{"verdict", noise_verdict_name(preflight.verdict)}, {"reasons", preflight.reasons}};
}

Json drops_json(const GateDrops& drops) {
    return {{"base", drops.base}, {"head", drops.head}, {"one_sided", drops.one_sided}};
}

/// The rows of another pair of builds.
Json other_json(const std::optional<GateRun>& run) {
    if (!run) return nullptr;
    Json rows = Json::array();
    for (std::size_t i = 0; i < run->cells.size(); ++i) {
        Json row = {{"name", gate_cell_name(run->cells[i].cell)}};
        row.update(row_json(run->rows[i].verdict, run->rows[i]));
        rows.push_back(row);
    }
    Json json = {{"base", run->base.program}, {"head", run->head.program}, {"rounds", run->rounds}};
    json["cells"] = rows;
    json["together"] = run->together ? row_json(run->together->verdict, *run->together) : Json(nullptr);
    return json;
}

}  // namespace

std::string gate_json(const GateReport& report, const GateResult& result) {
    const GateRun& run = report.run;
    Json looks = Json::array();
    for (const GateLook& look : run.looks)
        looks.push_back({{"rounds", look.rounds}, {"significance", look.significance}});
    Json json = {{"schema", kGateSchema},
                 {"outcome", gate_outcome_name(result.outcome)},
                 {"reason", result.reason},
                 {"started", run.started},
                 {"settings", settings_json(run.settings)},
                 {"base", side_json(run.base)},
                 {"head", side_json(run.head)},
                 {"build_differences", differences_json(result.builds)},
                 {"preflight", preflight_json(run.preflight)},
                 {"looks", looks},
                 {"looks_taken", run.taken},
                 {"rounds", run.rounds},
                 {"ended", gate_ended_name(run.ended)},
                 {"seconds", run.seconds},
                 {"measured_cells", result.measured},
                 {"dropped_rounds", drops_json(count_drops(run))},
                 {"warnings", result.warnings}};
    json["together"] =
        run.together && result.together ? row_json(*result.together, *run.together) : Json(nullptr);
    json["cells"] = Json::array();
    for (std::size_t i = 0; i < run.cells.size(); ++i)
        json["cells"].push_back(cell_json(run.cells[i], run.rows[i], result.cells[i]));
    json["confirmation"] = other_json(report.confirmation);
    json["relink"] = other_json(report.relink);
    return pretty_json(json);
}

std::string gate_jsonl(const GateReport& report, const GateResult& result) {
    const GateRun& run = report.run;
    std::string text;
    for (std::size_t i = 0; i < run.cells.size(); ++i) {
        Json line = {{"schema", kGateSchema}};
        line.update(cell_json(run.cells[i], run.rows[i], result.cells[i]));
        text += compact_json(line);
    }
    return text;
}

}  // namespace mobilenet_cost

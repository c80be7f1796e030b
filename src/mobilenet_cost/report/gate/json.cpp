#include "mobilenet_cost/report/gate/json.h"

#include "mobilenet_cost/gate/worker_fields.h"
#include "mobilenet_cost/report/parts/measured_json.h"

namespace mobilenet_cost {

template <typename Archive>
void fields(Archive& archive, GateDifference& difference) {
    archive("what", difference.what);
    archive("base", difference.base);
    archive("head", difference.head);
}

template <typename Archive>
void fields(Archive& archive, GateLook& look) {
    archive("rounds", look.rounds);
    archive("significance", look.significance);
}

template <typename Archive>
void fields(Archive& archive, GateRow& row) {
    archive("rounds", row.rounds);
    archive("ratio", row.ratio);
    archive("ratio_low", row.low);
    archive("ratio_high", row.high);
    archive("coverage", row.coverage);
    archive("p_slower", row.p_slower);
    archive("p_faster", row.p_faster);
    archive("decided_at", row.decided_at);
}

template <typename Archive>
void fields(Archive& archive, GateClass& row) {
    archive("class", row.name);
    archive("layers", row.layers);
    archive("base_seconds", row.base_seconds);
    archive("head_seconds", row.head_seconds);
}

template <typename Archive>
void fields(Archive& archive, GateDrops& drops) {
    archive("base", drops.base);
    archive("head", drops.head);
    archive("one_sided", drops.one_sided);
}

namespace {

constexpr const char* kGateSchema = "mobilenet-cost.gate.v1";

Json row_json(GateVerdict verdict, const GateRow& row) {
    Json json = {{"verdict", enum_name(verdict)}};
    json.update(json_of(row));
    return json;
}

Json layer_json(const GateLayer& layer) {
    Json json = json_of(layer.layer);
    json["moved"] = layer.row.verdict == GateVerdict::regressed ? "slower" : "faster";
    json["base_seconds"] = layer.base_seconds;
    json["head_seconds"] = layer.head_seconds;
    json["pairs"] = layer.row.rounds;
    json["ratio"] = or_null(layer.row.ratio);
    json["ratio_low"] = or_null(layer.row.low);
    json["ratio_high"] = or_null(layer.row.high);
    json["changes"] = json_of(layer.changes);
    return json;
}

Json round_json(const GateRound& round) {
    return {{"round", round.round},
            {"order", round.base_first ? "ABBA" : "BAAB"},
            {"base_seconds", round.base_seconds},
            {"head_seconds", round.head_seconds},
            {"base_noise", json_of(round.base_noise)},
            {"head_noise", json_of(round.head_noise)},
            {"dropped", round.dropped ? Json(round.dropped_by_base ? "base" : "head") : Json(nullptr)}};
}

Json facts_json(const std::optional<SessionFacts>& facts) {
    if (!facts) return nullptr;
    Json json = json_of<ExactCounts>(*facts);
    json["allocations_in_a_pass"] = facts->allocations ? Json(facts->allocations->count) : Json(nullptr);
    json["allocated_bytes_in_a_pass"] = facts->allocations ? Json(facts->allocations->bytes) : Json(nullptr);
    return json;
}

template <typename Value>
Json list_json(const std::vector<Value>& values, Json (*to_json)(const Value&)) {
    Json json = Json::array();
    for (const Value& value : values)
        json.push_back(to_json(value));
    return json;
}

Json cell_json(const GateCellRun& run, const GateRow& row, const GateCellResult& result) {
    Json json = {{"name", gate_cell_name(run.cell)}};
    json.update(json_of(run.cell));
    json.erase("config");
    json["verdict"] = enum_name(result.verdict);
    json["reason"] = reason_json(result.reason);
    json.update(json_of(row));
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
    json["exact_differences"] = json_of(run.exact);
    json["other_differences"] = json_of(run.explanation);
    json["moved_layers"] = list_json(result.moved, layer_json);
    json["classes_of_layers"] = json_of(result.classes);
    json["samples"] = list_json(run.rounds, round_json);
    return json;
}

Json side_json(const GateSide& side) {
    Json json = {{"program", side.program}, {"version", side.hello.version}, {"commit", side.hello.commit}};
    json.update(json_of(side.hello.build));
    json["engines"] = json_of(side.hello.engines);
    for (Json& engine : json["engines"])
        engine["version"] = reason_json(engine["version"]);
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
    Json json = {{"schema", kGateSchema},
                 {"outcome", enum_name(result.outcome)},
                 {"reason", result.reason},
                 {"started", run.started},
                 {"settings", settings_json(run.settings)},
                 {"base", side_json(run.base)},
                 {"head", side_json(run.head)},
                 {"build_differences", json_of(result.builds)},
                 {"preflight", verdict_json(run.preflight)},
                 {"looks", json_of(run.looks)},
                 {"looks_taken", run.taken},
                 {"rounds", run.rounds},
                 {"ended", enum_name(run.ended)},
                 {"seconds", run.seconds},
                 {"measured_cells", result.measured},
                 {"dropped_rounds", json_of(count_drops(run))},
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

#include "mobilenet_cost/report/compare/json.h"

#include "mobilenet_cost/report/compare/rows.h"
#include "mobilenet_cost/report/parts/measured_json.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kCompareSchema = "mobilenet-cost.compare.v1";
constexpr const char* kRowSchema = "mobilenet-cost.compare-row.v1";

Json id_json(const CellId& id) {
    return compare_fields().json({.id = id});
}

Json exact_json(const std::optional<ExactValue>& value) {
    if (!value) return nullptr;
    return std::visit([](const auto& known) { return Json(known); }, *value);
}

Json difference_json(const Difference& row) {
    Json json = id_json(row.cell);
    json["layer"] = reason_json(row.layer);
    json["quantity"] = row.quantity;
    json["base"] = exact_json(row.base);
    json["contender"] = exact_json(row.contender);
    json["gates"] = row.gates;
    return json;
}

Json time_json(const TimeChange& row) {
    Json json = id_json(row.cell);
    json["base_seconds"] = value_of(row.base);
    json["base_ci_seconds"] = interval_of(row.base);
    json["base_samples"] = row.base_samples;
    json["contender_seconds"] = value_of(row.contender);
    json["contender_ci_seconds"] = interval_of(row.contender);
    json["contender_samples"] = row.contender_samples;
    json["ratio"] = value_of(row.ratio);
    json["ratio_ci"] = interval_of(row.ratio);
    json["verdict"] = time_verdict_name(row.verdict);
    return json;
}

Json ratio_json(const RatioChange& row) {
    Json json = id_json(row.cell);
    json["name"] = row.name;
    json["base"] = value_of(row.base);
    json["base_ci"] = interval_of(row.base);
    json["contender"] = value_of(row.contender);
    json["contender_ci"] = interval_of(row.contender);
    json["apart"] = row.apart;
    return json;
}

Json machine_json(const StoredOrigin& origin) {
    return {{"cpu", origin.machine.cpu},
            {"cpus", origin.machine.cpus},
            {"caches", origin.machine.caches},
            {"hypervisor", origin.machine.hypervisor}};
}

Json engines_json(const StoredOrigin& origin) {
    Json json = Json::array();
    for (const StoredEngine& engine : origin.engines) {
        json.push_back({{"name", engine.name},
                        {"version", reason_json(engine.version)},
                        {"instruction_set", reason_json(engine.instruction_set)}});
    }
    return json;
}

Json side_json(const CompareSide& side) {
    Json json = {{"file", side.file}, {"cells", side.cells}, {"build", nullptr}, {"started", nullptr}};
    json["machine"] = nullptr;
    json["engines"] = nullptr;
    if (!side.origin) return json;
    json["build"] = {{"version", side.origin->version},
                     {"commit", side.origin->commit},
                     {"compiler", side.origin->compiler},
                     {"flags", side.origin->flags}};
    json["started"] = reason_json(side.origin->started);
    json["machine"] = machine_json(*side.origin);
    json["engines"] = engines_json(*side.origin);
    return json;
}

Json settings_json(const CompareSettings& settings) {
    return {{"threshold", settings.threshold},
            {"confidence", settings.confidence},
            {"band", settings.band},
            {"ignore", settings.ignore},
            {"gate_times", settings.gate_times},
            {"require_times", settings.require_times},
            {"allow_new", settings.allow_new}};
}

Json class_differences_json(const CompareResult& result) {
    Json json = Json::array();
    for (const ClassDifference& row : result.classes)
        json.push_back({{"what", row.what}, {"base", row.base}, {"contender", row.contender}});
    return json;
}

template <typename Row>
Json rows_json(const std::vector<Row>& rows, Json (*to_json)(const Row&)) {
    Json json = Json::array();
    for (const Row& row : rows)
        json.push_back(to_json(row));
    return json;
}

/// All but the rows.
Json summary_json(const CompareResult& result) {
    const auto mean = mean_time_ratio(result);
    return {{"kind", document_kind_name(result.kind)},
            {"outcome", compare_outcome_name(result.outcome)},
            {"base", side_json(result.base)},
            {"contender", side_json(result.contender)},
            {"settings", settings_json(result.settings)},
            {"common_cells", result.common_cells},
            {"quantities", result.quantities},
            {"gating_differences", gating_differences(result)},
            {"same_measurement", same_measurement(result)},
            {"times_gate", result.times_inform.empty()},
            {"times_inform", reason_json(result.times_inform)},
            {"mean_time_ratio", mean ? finite_json(*mean) : Json(nullptr)},
            {"class_differences", class_differences_json(result)}};
}

std::string line(const char* row, const Json& content) {
    Json json = {{"schema", kRowSchema}, {"row", row}};
    json.update(content);
    return compact_json(json);
}

}  // namespace

std::string compare_json(const CompareResult& result) {
    Json document = {{"schema", kCompareSchema}};
    document.update(summary_json(result));
    document["differences"] = rows_json(result.differences, difference_json);
    document["times"] = rows_json(result.times, time_json);
    document["ratios"] = rows_json(result.ratios, ratio_json);
    return pretty_json(document);
}

std::string compare_jsonl(const CompareResult& result) {
    std::string lines = line("summary", summary_json(result));
    for (const Difference& row : result.differences)
        lines += line("difference", difference_json(row));
    for (const TimeChange& row : result.times)
        lines += line("time", time_json(row));
    for (const RatioChange& row : result.ratios)
        lines += line("ratio", ratio_json(row));
    return lines;
}

}  // namespace mobilenet_cost

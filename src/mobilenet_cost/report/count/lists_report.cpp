#include "mobilenet_cost/report/count/lists_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mobilenet_cost/report/parts/documents.h"
#include "mobilenet_cost/report/parts/measured_text.h"

namespace mobilenet_cost {
namespace {

std::vector<std::string> names_of_sizes(const ModelConfig& config) {
    std::vector<std::string> names;
    for (const NamedSize& size : config.sizes)
        names.push_back(fmt::format("{}_{}", config.name, size.name));
    return names;
}

Json json_of(const Resolution& resolution) {
    const auto side = side_of(resolution);
    return side ? Json(*side) : Json(resolution_text(resolution));
}

Json model_json(const ModelSummary& model) {
    const ModelConfig& config = model.config;
    Json json = {{"name", config.name},
                 {"title", config.title},
                 {"description", config.description},
                 {"resolution", json_of(config.resolution)},
                 {"alphas", config.alphas},
                 {"resolutions", config.resolutions},
                 {"blocks", config.blocks.size()},
                 {"macs", model.macs},
                 {"params", model.params},
                 {"sources", config.sources}};
    if (!config.sizes.empty()) json["sizes"] = names_of_sizes(config);
    return json;
}

Json engine_json(const EngineStatus& engine) {
    return {{"name", engine.name},
            {"available", engine.available},
            {"reason", engine.reason},
            {"version", engine.info.version},
            {"instruction_set", engine.info.instruction_set},
            {"data_types", engine.info.data_types},
            {"note", engine.info.note}};
}

constexpr const char* kModelsSchema = "mobilenet-cost.models.v1";
constexpr const char* kEnginesSchema = "mobilenet-cost.engines.v1";

Table models_table(const std::vector<ModelSummary>& models) {
    Table table;
    table.droppable = {"resolutions", "alphas"};
    table.columns = {{"model", "model", true},   {"resolution", "res"},
                     {"macs", "MACs"},           {"params", "params"},
                     {"alphas", "alphas", true}, {"resolutions", "resolutions", true}};
    for (const ModelSummary& model : models) {
        table.rows.push_back({text_cell(model.config.name), resolution_cell(model.config.resolution),
                              count_cell(model.macs), count_cell(model.params),
                              text_cell(fmt::format("{}", fmt::join(model.config.alphas, " "))),
                              text_cell(fmt::format("{}", fmt::join(model.config.resolutions, " ")))});
    }
    return table;
}

Table engines_table(const std::vector<EngineStatus>& engines) {
    Table table;
    table.droppable = {"data_types"};
    table.columns = {{"engine", "engine", true},         {"available", "here", true},
                     {"version", "version", true},       {"instruction_set", "instructions", true},
                     {"data_types", "data types", true}, {"note", "note", true}};
    for (const EngineStatus& engine : engines) {
        const auto known = [](const std::string& text) {
            return text.empty() ? unknown_cell() : text_cell(text);
        };
        table.rows.push_back({text_cell(engine.name), text_cell(engine.available ? "yes" : "no"),
                              known(engine.info.version),
                              known(instruction_set_text(engine.info.instruction_set)),
                              known(fmt::format("{}", fmt::join(engine.info.data_types, " "))),
                              known(engine.available ? engine.info.note : engine.reason)});
    }
    return table;
}

/// A list is one table in every form.
template <typename Row>
Report list_report(const char* schema, const char* key, const std::vector<Row>& rows,
                   Table (*table_of)(const std::vector<Row>&), Json (*json_of)(const Row&)) {
    return {.sections =
                [=, &rows] {
                    return std::vector<Section>{{"", table_of(rows)}};
                },
            .csv = [=, &rows] { return table_of(rows); },
            .json = [=, &rows] { return rows_json(schema, key, rows, json_of); },
            .jsonl = [=, &rows] { return rows_jsonl(schema, rows, json_of); }};
}

}  // namespace

Report models_report(const std::vector<ModelSummary>& models) {
    return list_report(kModelsSchema, "models", models, models_table, model_json);
}

Report engines_report(const std::vector<EngineStatus>& engines) {
    return list_report(kEnginesSchema, "engines", engines, engines_table, engine_json);
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/count/lists_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost {
namespace {

Json model_json(const ModelSummary& model) {
    const ModelConfig& config = model.config;
    return {{"name", config.name},
            {"title", config.title},
            {"description", config.description},
            {"resolution", config.resolution},
            {"alphas", config.alphas},
            {"resolutions", config.resolutions},
            {"blocks", config.blocks.size()},
            {"macs", model.macs},
            {"params", model.params},
            {"sources", config.sources}};
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

template <typename Value>
std::string document(const char* schema, const char* key, const std::vector<Value>& values,
                     Json (*json_of)(const Value&)) {
    Json whole = {{"schema", schema}, {key, Json::array()}};
    for (const Value& value : values)
        whole[key].push_back(json_of(value));
    return pretty_json(whole);
}

template <typename Value>
std::string lines(const char* schema, const std::vector<Value>& values, Json (*json_of)(const Value&)) {
    std::string text;
    for (const Value& value : values) {
        Json line = {{"schema", schema}};
        line.update(json_of(value));
        text += compact_json(line);
    }
    return text;
}

constexpr const char* kModelsSchema = "mobilenet-cost.models.v1";
constexpr const char* kEnginesSchema = "mobilenet-cost.engines.v1";

}  // namespace

std::vector<ModelSummary> model_summaries() {
    std::vector<ModelSummary> models;
    for (const std::string& name : model_names()) {
        ModelSummary model;
        model.config = find_model(name);
        const Cost cost = total_cost(model.config, Variant{});
        model.macs = cost.macs;
        model.params = parameter_count(cost, BatchNormCount::bn0);
        models.push_back(std::move(model));
    }
    return models;
}

Table models_table(const std::vector<ModelSummary>& models) {
    Table table;
    table.columns = {{"model", "model", true},   {"resolution", "res"},
                     {"macs", "MACs"},           {"params", "params"},
                     {"alphas", "alphas", true}, {"resolutions", "resolutions", true}};
    for (const ModelSummary& model : models) {
        table.rows.push_back({text_cell(model.config.name), count_cell(model.config.resolution),
                              count_cell(model.macs), count_cell(model.params),
                              text_cell(fmt::format("{}", fmt::join(model.config.alphas, " "))),
                              text_cell(fmt::format("{}", fmt::join(model.config.resolutions, " ")))});
    }
    return table;
}

std::string models_json(const std::vector<ModelSummary>& models) {
    return document(kModelsSchema, "models", models, model_json);
}

std::string models_jsonl(const std::vector<ModelSummary>& models) {
    return lines(kModelsSchema, models, model_json);
}

Table engines_table(const std::vector<EngineStatus>& engines) {
    Table table;
    table.columns = {{"engine", "engine", true},         {"available", "here", true},
                     {"version", "version", true},       {"instruction_set", "instructions", true},
                     {"data_types", "data types", true}, {"note", "note", true}};
    for (const EngineStatus& engine : engines) {
        const auto known = [](const std::string& text) {
            return text.empty() ? unknown_cell() : text_cell(text);
        };
        table.rows.push_back({text_cell(engine.name), text_cell(engine.available ? "yes" : "no"),
                              known(engine.info.version), known(engine.info.instruction_set),
                              known(fmt::format("{}", fmt::join(engine.info.data_types, " "))),
                              known(engine.available ? engine.info.note : engine.reason)});
    }
    return table;
}

std::string engines_json(const std::vector<EngineStatus>& engines) {
    return document(kEnginesSchema, "engines", engines, engine_json);
}

std::string engines_jsonl(const std::vector<EngineStatus>& engines) {
    return lines(kEnginesSchema, engines, engine_json);
}

}  // namespace mobilenet_cost

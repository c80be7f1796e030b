#include "mobilenet_cost/report/count/cost_json.h"

#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/report/count/cost_fields.h"
#include "mobilenet_cost/report/count/runtime_rows.h"
#include "mobilenet_cost/report/parts/documents.h"

namespace mobilenet_cost {
namespace {

double ratio(std::int64_t numerator, std::int64_t denominator) {
    return static_cast<double>(numerator) / static_cast<double>(denominator);
}

Json totals_json(const Analysis& analysis) {
    const std::int64_t bytes = element_bytes(analysis.data_type);
    return object_of({{"macs", analysis.totals.macs},
                      {"params", analysis.totals.params},
                      {"weight_bytes", weight_bytes(analysis.cost, analysis.data_type)},
                      {"activation_bytes", activation_bytes(analysis.cost, analysis.data_type)},
                      {"traffic_bytes", traffic_bytes(analysis.cost, analysis.data_type)},
                      {"peak_activation_bytes", checked_multiply(analysis.peak.elements, bytes)},
                      {"peak_layer", analysis.peak_layer},
                      {"peak_in_place_bytes", checked_multiply(analysis.peak_in_place.elements, bytes)},
                      {"peak_in_place_layer", analysis.peak_in_place_layer},
                      {"memory_access_cost", memory_access_cost(analysis.cost)},
                      {"arithmetic_intensity", arithmetic_intensity(analysis.cost, analysis.data_type)}});
}

Json params_json(const Analysis& analysis) {
    Json params = Json::object();
    for (std::size_t i = 0; i < kBatchNormCounts; ++i)
        params["bn" + std::to_string(i)] = analysis.params.at(i);
    return params;
}

Json scaling_json(const Scaling& scaling) {
    return object_of({{"macs_exact", scaling.macs_exact},
                      {"macs_alpha2", scaling.alpha_squared},
                      {"macs_beta2", scaling.beta_squared},
                      {"macs_rule_error", scaling.macs_rule_error()},
                      {"params_exact", scaling.params_exact},
                      {"params_alpha2", scaling.alpha_squared},
                      {"params_rule_error", scaling.params_rule_error()}});
}

/// A number, or "1x7".
Json sides_json(const Sides& sides) {
    return side_of(sides) ? Json(sides.h) : Json(sides_text(sides));
}

Json shape_json(const Shape& shape) {
    return Json::array({shape.h, shape.w, shape.c});
}

/// Kernel and stride are null for a layer without a window, groups for one that is not a convolution;
/// dilation stands where there is one.
Json layer_json(const LayerAnalysis& layer, DataType type) {
    const auto if_any = [](std::int64_t value) { return value == 0 ? Json(nullptr) : Json(value); };
    const auto sides = [](const Sides& of) { return of == 0 ? Json() : sides_json(of); };
    const auto known = [&](std::int64_t count) { return layer.op == "unknown" ? Json() : Json(count); };
    Json json = object_of({{"name", layer.name},
                           {"op", layer.op},
                           {"block", layer.block},
                           {"input", shape_json(layer.input)},
                           {"output", shape_json(layer.output)},
                           {"kernel", sides(layer.kernel)},
                           {"stride", sides(layer.stride)},
                           {"groups", if_any(layer.groups)},
                           {"macs", known(layer.macs)},
                           {"params", known(layer.params)},
                           {"weight_bytes", weight_bytes(layer.cost, type)},
                           {"activation_bytes", activation_bytes(layer.cost, type)},
                           {"memory_access_cost", memory_access_cost(layer.cost)},
                           {"arithmetic_intensity", arithmetic_intensity(layer.cost, type)}});
    if (layer.dilation != 1) json["dilation"] = sides(layer.dilation);
    return json;
}

Json block_json(const SeparableBlock& block) {
    Json json = block_fields().json(block);
    if (block.multiplier > 1) json["depth_multiplier"] = block.multiplier;
    return json;
}

/// What is said of one variant.
struct Row {
    const Analysis* analysis = nullptr;
    const RuntimeNeed* need = nullptr;  ///< null: no runtime was named
};

std::vector<Row> rows_of(const std::vector<Analysis>& analyses, const std::vector<RuntimeNeed>& needs) {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < analyses.size(); ++i)
        rows.push_back({&analyses[i], needs.empty() ? nullptr : &needs[i]});
    return rows;
}

Json variant_json(const Row& row) {
    const Analysis& analysis = *row.analysis;
    Json json = object_of(
        {{"model", analysis.model},
         {"alpha", analysis.variant.alpha},
         {"beta", analysis.beta},
         {"resolution", side_json(analysis.variant.resolution)},
         {"height", analysis.variant.resolution.height},
         {"width", analysis.variant.resolution.width},
         {"classes", classes_json(analysis.variant.classes, analysis.variant.form)},
         {"batch", analysis.variant.batch},
         {"alpha_scope", alpha_scope_name(analysis.variant.scope)},
         {"dtype", data_type_name(analysis.data_type)},
         {"convention", analysis.convention},
         {"unit", analysis.unit},
         {"totals", totals_json(analysis)},
         {"params", params_json(analysis)},
         {"standard", object_of({{"macs", analysis.standard.macs}, {"params", analysis.standard.params}})},
         {"ratio", object_of({{"macs", ratio(analysis.standard.macs, analysis.totals.macs)},
                              {"params", ratio(analysis.standard.params, analysis.totals.params)}})},
         {"scaling", scaling_json(analysis.scaling)},
         {"kinds", Json::array()},
         {"blocks", Json::array()},
         {"layers", Json::array()}});
    json.update(changed_form(analysis.variant.form));
    if (row.need != nullptr) json["runtime"] = runtime_json(*row.need);
    for (const UnknownOperators& operators : analysis.unknown)
        json["unknown_operators"].push_back(object_of({{"op", operators.op}, {"blocks", operators.blocks}}));
    Json& blocks = json["blocks"];
    for (const SeparableBlock& block : analysis.blocks)
        blocks.push_back(block_json(block));
    Json& kinds = json["kinds"];
    for (const CostKind& kind : cost_kinds(analysis))
        kinds.push_back(cost_kind_fields(analysis.unit).json(kind));
    Json& layers = json["layers"];
    for (const LayerAnalysis& layer : analysis.layers)
        layers.push_back(layer_json(layer, analysis.data_type));
    return json;
}

constexpr const char* kCostSchema = "mobilenet-cost.cost.v1";

}  // namespace

std::string cost_json(const std::vector<Analysis>& analyses, const std::vector<RuntimeNeed>& needs) {
    return rows_json(kCostSchema, "variants", rows_of(analyses, needs), variant_json);
}

std::string cost_jsonl(const std::vector<Analysis>& analyses, const std::vector<RuntimeNeed>& needs) {
    return rows_jsonl(kCostSchema, rows_of(analyses, needs), variant_json);
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/compare/networks.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/report/parts/columns.h"
#include "mobilenet_cost/report/parts/documents.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kNetworkDiffSchema = "mobilenet-cost.network_diff.v1";

using CountOf = std::int64_t DiffCounts::*;

std::optional<std::int64_t> known_count(const std::optional<DiffLayer>& layer, CountOf count) {
    return layer && layer->known ? std::optional(layer->counts.*count) : std::nullopt;
}

/// "+1,234"; "?": it is not known.
std::string layer_change_text(const LayerDifference& row, CountOf count) {
    const auto missing = [](const std::optional<DiffLayer>& layer) { return layer && !layer->known; };
    if (missing(row.base) || missing(row.contender)) return "?";
    return signed_count_text(known_count(row.contender, count).value_or(0) -
                             known_count(row.base, count).value_or(0));
}

std::string what_text(const LayerDifference& row) {
    return fmt::format("{}", fmt::join(row.what, "; "));
}

const DiffLayer& either(const LayerDifference& row) {
    return row.base ? *row.base : *row.contender;
}

/// What a layer is, or what changed: another input follows from what an earlier layer gives.
std::string people_text(const LayerDifference& row) {
    if (row.change != LayerChange::changed) return either(row).op;
    LayerDifference causes = row;
    std::erase_if(causes.what, [](const std::string& what) { return what.starts_with("input "); });
    return what_text(causes.what.empty() ? row : causes);
}

auto name_in(std::optional<DiffLayer> LayerDifference::*side) {
    return [side](const LayerDifference& row) { return row.*side ? (row.*side)->name : std::string(); };
}

auto op_in(std::optional<DiffLayer> LayerDifference::*side) {
    return [side](const LayerDifference& row) { return row.*side ? (row.*side)->op : std::string(); };
}

auto layer_count_in(std::optional<DiffLayer> LayerDifference::*side, CountOf count) {
    return [side, count](const LayerDifference& row) { return known_count(row.*side, count); };
}

auto change_of(CountOf count) {
    return [count](const LayerDifference& row) { return layer_change_text(row, count); };
}

const RowFields<LayerDifference>& difference_fields() {
    using Row = LayerDifference;
    using Counts = DiffCounts;
    static const RowFields<Row> fields = {
        {"change", "", Show::name, kCsv, [](const Row& row) { return std::string(enum_name(row.change)); }},
        {"layer", "layer", Show::name, kShownOnly, [](const Row& row) { return either(row).name; }},
        {"base_layer", kCsv, name_in(&Row::base)},
        {"contender_layer", kCsv, name_in(&Row::contender)},
        {"base_op", kCsv, op_in(&Row::base)},
        {"contender_op", kCsv, op_in(&Row::contender)},
        {"what", kCsv, what_text},
        {"people", "what", Show::remark, kShownOnly, people_text},
        {"macs_change", "MACs", Show::plain, kShownOnly, change_of(&Counts::macs)},
        {"params_change", "params", Show::plain, kShownOnly, change_of(&Counts::params)},
        {"bytes_change", "bytes", Show::plain, kShownOnly, change_of(&Counts::traffic_bytes)},
        {"base_macs", kCsv, layer_count_in(&Row::base, &Counts::macs)},
        {"contender_macs", kCsv, layer_count_in(&Row::contender, &Counts::macs)},
        {"base_params", kCsv, layer_count_in(&Row::base, &Counts::params)},
        {"contender_params", kCsv, layer_count_in(&Row::contender, &Counts::params)},
        {"base_weight_bytes", kCsv, layer_count_in(&Row::base, &Counts::weight_bytes)},
        {"contender_weight_bytes", kCsv, layer_count_in(&Row::contender, &Counts::weight_bytes)},
        {"base_traffic_bytes", kCsv, layer_count_in(&Row::base, &Counts::traffic_bytes)},
        {"contender_traffic_bytes", kCsv, layer_count_in(&Row::contender, &Counts::traffic_bytes)},
    };
    return fields;
}

// ---- for people

std::string side_title(const DiffSide& side) {
    const Variant& variant = side.variant;
    std::string text = variant_text(side.model, variant.alpha, variant.resolution);
    text += fmt::format(", {}", classes_text(variant.classes, variant.form));
    if (variant.batch != 1) text += fmt::format(", batch {}", variant.batch);
    if (side.data_type == DataType::f32) return text;
    return fmt::format("{}, {}", text, data_type_name(side.data_type));
}

const char* at_least(bool lower_bounds) {
    return lower_bounds ? ", at least" : "";
}

std::vector<Cell> total_cells(const std::string& name, std::int64_t layers, const DiffCounts& counts,
                              std::string (*text)(std::int64_t)) {
    std::vector<Cell> cells = {text_cell(name)};
    for (const std::int64_t count :
         {layers, counts.macs, counts.params, counts.weight_bytes, counts.traffic_bytes})
        cells.push_back(text_cell(text(count)));
    return cells;
}

DiffCounts change_between(const DiffCounts& base, const DiffCounts& contender) {
    return {contender.macs - base.macs, contender.params - base.params,
            contender.weight_bytes - base.weight_bytes, contender.traffic_bytes - base.traffic_bytes};
}

Table totals_table(const NetworkDiff& diff) {
    Table table;
    table.columns = {{"network", "", true}, {"layers", "layers"},         {"macs", "MACs"},
                     {"params", "params"},  {"weight_bytes", "weight B"}, {"traffic_bytes", "traffic B"}};
    const auto add = [&](const char* name, const DiffSide& side) {
        table.rows.push_back(total_cells(fmt::format("{}{}", name, at_least(side.unknown > 0)), side.layers,
                                         side.counts, with_thousands));
    };
    add("base", diff.base);
    add("contender", diff.contender);
    table.total = total_cells(diff.lower_bounds() ? "change of what is known" : "change",
                              diff.contender.layers - diff.base.layers,
                              change_between(diff.base.counts, diff.contender.counts), signed_count_text);
    return table;
}

std::string counted_changes(const NetworkDiff& diff) {
    std::array<std::int64_t, kEnumNames<LayerChange>.size()> counts{};
    for (const LayerDifference& row : diff.differences)
        ++counts.at(static_cast<std::size_t>(row.change));
    std::string text = fmt::format("{} the same", diff.same);
    for (std::size_t i = 0; i < counts.size(); ++i)
        text += fmt::format(", {} {}", counts.at(i), kEnumNames<LayerChange>.at(i));
    return text;
}

std::string same_sentence(const NetworkDiff& diff) {
    const char* const least = diff.lower_bounds() ? "at least " : "";
    return fmt::format("The two networks are the same: {}, {}{} MACs, {}{} parameters.",
                       plural(diff.same, "layer"), least, with_thousands(diff.base.counts.macs), least,
                       with_thousands(diff.base.counts.params));
}

std::vector<Section> network_sections(const NetworkDiff& diff) {
    const std::string head = text_line("base       " + side_title(diff.base)) +
                             text_line("contender  " + side_title(diff.contender));
    if (diff.equal()) return {{head + text_line(same_sentence(diff)), {}}};
    const std::string layers = head + text_line("layers     " + counted_changes(diff));
    if (diff.differences.empty()) return {{layers, {}}, {"", totals_table(diff)}};
    Table table = difference_fields().shown(
        {"change", "layer", "people", "macs_change", "params_change", "bytes_change"}, diff.differences);
    table.droppable = {"bytes_change", "params_change"};
    return {{layers, {}}, {"", std::move(table)}, {"", totals_table(diff)}};
}

// ---- for machines

Json layer_shape_json(const Shape& shape) {
    return Json::array({shape.h, shape.w, shape.c});
}

Json counts_json(const DiffCounts& counts, bool known = true) {
    const auto count = [known](std::int64_t value) { return known ? Json(value) : Json(); };
    return object_of({{"macs", count(counts.macs)},
                      {"params", count(counts.params)},
                      {"weight_bytes", count(counts.weight_bytes)},
                      {"traffic_bytes", count(counts.traffic_bytes)}});
}

Json layer_side_json(const std::optional<DiffLayer>& layer) {
    if (!layer) return nullptr;
    Json json = object_of({{"name", layer->name},
                           {"op", layer->op},
                           {"input", layer_shape_json(layer->input)},
                           {"output", layer_shape_json(layer->output)}});
    json.update(counts_json(layer->counts, layer->known));
    return json;
}

Json layer_difference_json(const LayerDifference& row) {
    return object_of({{"change", enum_name(row.change)},
                      {"what", row.what},
                      {"base", layer_side_json(row.base)},
                      {"contender", layer_side_json(row.contender)}});
}

Json network_json(const DiffSide& side) {
    const Variant& variant = side.variant;
    Json json = object_of({{"model", side.model}, {"alpha", variant.alpha}});
    json.update(resolution_json(variant.resolution));
    json["classes"] = classes_json(variant.classes, variant.form);
    json.update(changed_form(variant.form));
    json["dtype"] = data_type_name(side.data_type);
    json["layers"] = side.layers;
    json["unknown"] = side.unknown;
    json.update(counts_json(side.counts));
    return json;
}

/// Of both; null where each has its own.
Json one_type_json(const NetworkDiff& diff) {
    return diff.one_type() ? Json(data_type_name(diff.base.data_type)) : Json();
}

}  // namespace

Report network_diff_report(const NetworkDiff& diff) {
    return {.sections = [&] { return network_sections(diff); },
            .csv = [&] { return difference_fields().csv(diff.differences); },
            .json =
                [&] {
                    return rows_json(kNetworkDiffSchema, "differences", diff.differences,
                                     layer_difference_json,
                                     object_of({{"dtype", one_type_json(diff)},
                                                {"batch", diff.base.variant.batch},
                                                {"alpha_scope", enum_name(diff.base.variant.scope)},
                                                {"base", network_json(diff.base)},
                                                {"contender", network_json(diff.contender)},
                                                {"same", diff.same}}));
                },
            .jsonl = [&] { return rows_jsonl(kNetworkDiffSchema, diff.differences, layer_difference_json); }};
}

}  // namespace mobilenet_cost

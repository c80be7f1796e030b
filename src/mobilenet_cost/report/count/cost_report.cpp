#include "mobilenet_cost/report/count/cost_report.h"

#include <span>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/count/cost_fields.h"
#include "mobilenet_cost/report/count/cost_json.h"
#include "mobilenet_cost/report/count/runtime_rows.h"

namespace mobilenet_cost {
namespace {

double ratio_or_0(std::int64_t numerator, std::int64_t denominator) {
    return denominator == 0 ? 0 : static_cast<double>(numerator) / static_cast<double>(denominator);
}

std::int64_t bytes(const Analysis& analysis, const PeakMemory& peak) {
    return checked_multiply(peak.elements, element_bytes(analysis.data_type));
}

std::string variant_title(const Analysis& analysis) {
    const Variant& variant = analysis.variant;
    std::string text =
        fmt::format("{}  alpha {}  resolution {} (beta {:.4g})  {}  {}", analysis.model, variant.alpha,
                    variant.resolution, analysis.beta, head_text(variant.classes, variant.form),
                    data_type_name(analysis.data_type));
    if (variant.batch != 1) text += fmt::format("  batch {}", variant.batch);
    if (variant.scope == AlphaScope::inner) text += "  alpha scope inner";
    return text + fmt::format("  convention {}", analysis.convention);
}

bool is_lower_bound(const Analysis& analysis) {
    return !analysis.unknown.empty();
}

std::string summary_line(const std::string& label, const std::string& text) {
    return fmt::format("{:<15} {}\n", label, text);
}

std::string peak_text(const Analysis& analysis) {
    std::string text =
        fmt::format("peak {}, at {}", bytes_text(bytes(analysis, analysis.peak)), analysis.peak_layer);
    if (analysis.peak_in_place != analysis.peak)
        text += fmt::format("; {} in place, at {}", bytes_text(bytes(analysis, analysis.peak_in_place)),
                            analysis.peak_in_place_layer);
    return text;
}

std::string params_text(const Analysis& analysis) {
    return fmt::format("{} ({}; with folded batch norm {}, with all four of its values {})",
                       with_prefix(analysis.totals.params), with_thousands(analysis.totals.params),
                       with_thousands(analysis.params[1]), with_thousands(analysis.params[4]));
}

/// The most important numbers, in a few lines.
std::string summary_text(const Analysis& analysis) {
    const Totals& totals = analysis.totals;
    const char* const least = analysis.unknown.empty() ? "" : "at least ";
    std::string text = variant_title(analysis) + "\n\n";
    text += summary_line(analysis.unit, fmt::format("{}{} ({})", least, with_prefix(totals.macs),
                                                    with_thousands(totals.macs)));
    text += summary_line("parameters", least + params_text(analysis));
    text += summary_line("weights", fmt::format("{}{} (batch norm folded)", least,
                                                bytes_text(weight_bytes(analysis.cost, analysis.data_type))));
    text += summary_line("activations", peak_text(analysis));
    text += summary_line("traffic", fmt::format("{} at least, {:.2f} FLOP per byte",
                                                bytes_text(traffic_bytes(analysis.cost, analysis.data_type)),
                                                arithmetic_intensity(analysis.cost, analysis.data_type)));
    text +=
        summary_line("standard conv",
                     fmt::format("{:.2f}x the {}, {:.2f}x the parameters ({}, {})",
                                 ratio_or_0(analysis.standard.macs, totals.macs), analysis.unit,
                                 ratio_or_0(analysis.standard.params, totals.params),
                                 with_prefix(analysis.standard.macs), with_prefix(analysis.standard.params)));
    return text;
}

Cell size_cell(const Shape& shape) {
    return text_cell(size_text(shape.h, shape.w, shape.c));
}

Cell if_conv(const LayerAnalysis& layer, const Sides& value) {
    if (layer.kernel == 0) return unknown_cell();
    return side_of(value) ? count_cell(value.h) : text_cell(sides_text(value));
}

/// What an operator that is not known costs is not 0.
Cell known_cell(const LayerAnalysis& layer, const Cell& cell) {
    return layer.op == "unknown" ? Cell{"?", ""} : cell;
}

Cell share_cell(std::int64_t part, std::int64_t whole) {
    if (whole == 0) return unknown_cell();
    Cell cell = percent_cell(ratio_or_0(part, whole), 1);
    cell.bar = ratio_or_0(part, whole);
    return cell;
}

Cell intensity_cell(const Cost& cost, DataType type) {
    return cost.macs == 0 ? unknown_cell() : number_cell(arithmetic_intensity(cost, type), 2);
}

std::vector<Cell> layer_row(const Analysis& analysis, const LayerAnalysis& layer) {
    const DataType type = analysis.data_type;
    return {text_cell(layer.name),
            text_cell(layer.op),
            size_cell(layer.input),
            size_cell(layer.output),
            if_conv(layer, layer.kernel),
            if_conv(layer, layer.stride),
            known_cell(layer, count_cell(layer.macs)),
            share_cell(layer.macs, analysis.totals.macs),
            known_cell(layer, count_cell(layer.params)),
            share_cell(layer.params, analysis.totals.params),
            count_cell(traffic_bytes(layer.cost, type)),
            share_cell(traffic_bytes(layer.cost, type), traffic_bytes(analysis.cost, type)),
            intensity_cell(layer.cost, type)};
}

std::vector<Column> layer_columns(const Analysis& analysis) {
    return {{"layer", "layer", true},
            {"op", "op", true},
            {"input", "input"},
            {"output", "output"},
            {"kernel", "k"},
            {"stride", "s"},
            {"macs", analysis.unit},
            {"macs_share", "%"},
            {"params", "params"},
            {"params_share", "%"},
            {"traffic_bytes", "bytes"},
            {"traffic_share", "%"},
            {"arithmetic_intensity", "FLOP/B"}};
}

std::vector<Cell> layer_total(const Analysis& analysis) {
    const Cell blank{};
    return {text_cell(analysis.unknown.empty() ? "TOTAL" : "TOTAL, at least"),
            blank,
            blank,
            blank,
            blank,
            blank,
            count_cell(analysis.totals.macs),
            blank,
            count_cell(analysis.totals.params),
            blank,
            count_cell(traffic_bytes(analysis.cost, analysis.data_type)),
            blank,
            intensity_cell(analysis.cost, analysis.data_type)};
}

Table layer_table(const Analysis& analysis) {
    Table table;
    table.columns = layer_columns(analysis);
    table.droppable = {"op",     "input", "arithmetic_intensity", "traffic_bytes", "traffic_share", "stride",
                       "kernel", "output"};
    for (const LayerAnalysis& layer : analysis.layers)
        table.rows.push_back(layer_row(analysis, layer));
    table.total = layer_total(analysis);
    return table;
}

/// With a column behind the stride's.
Table dilated_layer_table(const Analysis& analysis) {
    constexpr std::ptrdiff_t kBehindStride = 6;
    Table table = layer_table(analysis);
    table.columns.insert(table.columns.begin() + kBehindStride, {"dilation", "d"});
    table.total.insert(table.total.begin() + kBehindStride, Cell{});
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const LayerAnalysis& layer = analysis.layers[i];
        table.rows[i].insert(table.rows[i].begin() + kBehindStride, if_conv(layer, layer.dilation));
    }
    return table;
}

using TableOf = Table (*)(const Analysis&);
using Analyses = std::vector<Analysis>;
using Needs = std::vector<RuntimeNeed>;

/// The same columns for all of them.
TableOf layer_table_of(std::span<const Analysis> analyses) {
    for (const Analysis& analysis : analyses) {
        for (const LayerAnalysis& layer : analysis.layers)
            if (layer.dilation != 1) return dilated_layer_table;
    }
    return layer_table;
}

Table block_table(const Analysis& analysis) {
    Table table = block_fields().shown({"name", "k", "c_in", "c_out", "h_out", "w_out", "p_s", "p_d", "c_s",
                                        "c_d", "bytes", "ratio", "ratio_article_approx"},
                                       analysis.blocks);
    table.caption =
        "Separable blocks (d) beside one standard convolution (s): P weights, C multiply-adds, B bytes "
        "moved, ratio P_s/P_d = C_s/C_d; wrong: what an introductory article prints for it";
    table.droppable = {"ratio_article_approx", "bytes", "w_out", "h_out", "k", "c_in", "c_out"};
    return table;
}

Table block_csv_table(const Analysis& analysis) {
    return block_fields().csv(analysis.blocks);
}

/// As table 2 of the paper of MobileNetV1 (arXiv 1704.04861).
Table kind_table(const Analysis& analysis) {
    Table table = cost_kind_fields(analysis.unit).shown(cost_kinds(analysis));
    table.caption = "Sums by kind of layer";
    return table;
}

Table kind_csv_table(const Analysis& analysis) {
    return cost_kind_fields(analysis.unit).csv(cost_kinds(analysis));
}

Cell signed_percent_cell(double fraction) {
    return {fmt::format("{:+.2f} %", fraction * 100 + 0.0), shortest(fraction)};
}

/// The exact factor of this variant beside the rule of thumb.
Table scaling_table(const Analysis& analysis) {
    const Scaling& scaling = analysis.scaling;
    Table table;
    table.caption = "Against alpha 1 at the native resolution: the exact factor beside the rule of thumb";
    table.columns = {{"quantity", "quantity", true},
                     {"exact", "exact factor"},
                     {"rule", "rule", true},
                     {"rule_value", "rule's factor"},
                     {"rule_error", "rule's error"}};
    table.rows.push_back({text_cell(analysis.unit), number_cell(scaling.macs_exact, 5),
                          text_cell("alpha² beta²"),
                          number_cell(scaling.alpha_squared * scaling.beta_squared, 5),
                          signed_percent_cell(scaling.macs_rule_error())});
    table.rows.push_back({text_cell("parameters"), number_cell(scaling.params_exact, 5), text_cell("alpha²"),
                          number_cell(scaling.alpha_squared, 5),
                          signed_percent_cell(scaling.params_rule_error())});
    return table;
}

std::vector<Column> variant_columns() {
    return {{"model", "model", true}, {"alpha", "alpha"}, {"beta", "beta"}, {"resolution", "res"}};
}

std::vector<Cell> variant_cells(const Analysis& analysis) {
    return {{bounded_name(analysis.model, is_lower_bound(analysis)), analysis.model},
            {fmt::format("{}", analysis.variant.alpha), shortest(analysis.variant.alpha)},
            number_cell(analysis.beta, 3),
            resolution_cell(analysis.variant.resolution)};
}

Table totals_table(const Analyses& analyses, const Needs& needs) {
    Table table;
    table.columns = variant_columns();
    table.droppable = {"beta",         "traffic_bytes",         "arithmetic_intensity",
                       "weight_bytes", "standard_params_ratio", "peak_activation_bytes"};
    for (const Column& column : std::vector<Column>{{"macs", analyses.front().unit},
                                                    {"params", "params"},
                                                    {"weight_bytes", "weight B"},
                                                    {"peak_activation_bytes", "peak B"},
                                                    {"traffic_bytes", "traffic B"},
                                                    {"arithmetic_intensity", "FLOP/B"},
                                                    {"standard_macs_ratio", "C_s/C_d"},
                                                    {"standard_params_ratio", "P_s/P_d"}})
        table.columns.push_back(column);
    for (const Analysis& analysis : analyses) {
        std::vector<Cell> row = variant_cells(analysis);
        const DataType type = analysis.data_type;
        row.insert(row.end(),
                   {count_cell(analysis.totals.macs), count_cell(analysis.totals.params),
                    count_cell(weight_bytes(analysis.cost, type)), count_cell(bytes(analysis, analysis.peak)),
                    count_cell(traffic_bytes(analysis.cost, type)),
                    number_cell(arithmetic_intensity(analysis.cost, type), 2),
                    number_cell(ratio_or_0(analysis.standard.macs, analysis.totals.macs), 3),
                    number_cell(ratio_or_0(analysis.standard.params, analysis.totals.params), 3)});
        table.rows.push_back(std::move(row));
    }
    add_runtime_columns(table, needs);
    return table;
}

/// A table of one variant for each analysis, joined under columns that name the variant.
Table joined(const std::vector<Analysis>& analyses, TableOf table_of) {
    Table whole;
    whole.columns = variant_columns();
    std::vector<bool> lower_bounds;
    for (const Analysis& analysis : analyses) {
        Table part = table_of(analysis);
        if (whole.columns.size() == variant_columns().size())
            whole.columns.insert(whole.columns.end(), part.columns.begin(), part.columns.end());
        for (std::vector<Cell>& row : part.rows) {
            std::vector<Cell> cells = variant_cells(analysis);
            cells.insert(cells.end(), row.begin(), row.end());
            whole.rows.push_back(std::move(cells));
            lower_bounds.push_back(is_lower_bound(analysis));
        }
    }
    mark_lower_bounds(whole, lower_bounds);
    return whole;
}

Table totals_csv_table(const Analyses& analyses, const Needs& needs) {
    return with_lower_bounds(totals_table(analyses, needs), analyses, is_lower_bound);
}

std::vector<Section> cost_sections(const Analyses& analyses, const CostView& view, const Needs& needs) {
    std::vector<Section> sections;
    const bool detailed = view.kinds || view.layers || view.blocks || view.scaling;
    if (view.totals && analyses.size() > 1) {
        sections.push_back({"", totals_table(analyses, needs)});
        if (!needs.empty()) sections.push_back({runtime_rules_text(needs.front().runtime), {}});
    }
    for (const Analysis& analysis : analyses) {
        if (!detailed && analyses.size() > 1) break;
        const bool summary = view.totals && analyses.size() == 1;
        sections.push_back({summary ? summary_text(analysis) : variant_title(analysis), {}});
        if (summary && !needs.empty()) sections.back().text += runtime_text(needs.front());
        if (view.layers) sections.push_back({"", layer_table_of({&analysis, 1})(analysis)});
        if (view.kinds) sections.push_back({"", kind_table(analysis)});
        if (view.blocks && !analysis.blocks.empty()) sections.push_back({"", block_table(analysis)});
        if (view.scaling) sections.push_back({"", scaling_table(analysis)});
    }
    return sections;
}

/// A table for each part that was chosen.
std::vector<NamedTable> chosen_tables(const Analyses& analyses, const CostView& view, const Needs& needs) {
    std::vector<NamedTable> tables;
    const auto add = [&](bool shown, const char* name, TableOf table_of) {
        if (shown) tables.push_back({name, [&analyses, table_of] { return joined(analyses, table_of); }});
    };
    if (view.totals)
        tables.push_back({"totals", [&analyses, needs] { return totals_csv_table(analyses, needs); }});
    add(view.kinds, "kinds", kind_csv_table);
    add(view.layers, "layers", layer_table_of(analyses));
    add(view.blocks, "blocks", block_csv_table);
    add(view.scaling, "scaling", scaling_table);
    return tables;
}

}  // namespace

CostView default_view(std::size_t variants) {
    if (variants == 1)
        return {.totals = true, .kinds = true, .layers = true, .blocks = true, .scaling = true};
    return {.totals = true};
}

Report cost_report(const std::vector<Analysis>& analyses, const CostView& view, bool chosen,
                   const std::vector<RuntimeNeed>& needs) {
    const auto csv = [&analyses, needs, view] {
        return view.layers ? joined(analyses, layer_table_of(analyses)) : totals_csv_table(analyses, needs);
    };
    return {.sections = [&analyses, needs, view] { return cost_sections(analyses, view, needs); },
            .csv = csv,
            .json = [&analyses, needs] { return cost_json(analyses, needs); },
            .jsonl = [&analyses, needs] { return cost_jsonl(analyses, needs); },
            .extra = {},
            .csv_tables = chosen ? chosen_tables(analyses, view, needs) : std::vector<NamedTable>()};
}

}  // namespace mobilenet_cost

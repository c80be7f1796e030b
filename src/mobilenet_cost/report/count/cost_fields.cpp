#include "mobilenet_cost/report/count/cost_fields.h"

#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {
namespace {

constexpr unsigned kEach = kCsv | kJson;

double part_of(std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

const RowFields<SeparableBlock>& block_fields() {
    using Block = SeparableBlock;
    static const RowFields<Block> fields = {
        {"name", "block", Show::name, kJson, &Block::name},
        {"block", kCsv, &Block::name},
        {"k", "K", Show::plain, kEach,
         [](const Block& block) { return side_of(block.k) ? Value(block.k.h) : Value(sides_text(block.k)); }},
        {"c_in", "Ci", Show::plain, kEach, &Block::c_in},
        {"c_out", "Co", Show::plain, kEach, &Block::c_out},
        {"h_out", "H", Show::plain, kEach, &Block::h_out},
        {"w_out", "W", Show::plain, kEach, &Block::w_out},
        {"p_s", "P_s", Show::plain, kEach, &Block::p_s},
        {"p_d", "P_d", Show::plain, kEach, &Block::p_d},
        {"p_ratio", kEach, parameter_ratio},
        {"c_s", "C_s", Show::plain, kEach, &Block::c_s},
        {"c_d", "C_d", Show::plain, kEach, &Block::c_d},
        {"c_ratio", kEach, mac_ratio},
        {"bytes_s", kEach, &Block::bytes_s},
        {"bytes_d", kEach, &Block::bytes_d},
        {"bytes", "B_s / B_d", Show::plain, kShownOnly,
         [](const Block& block) {
             return with_thousands(block.bytes_s) + " / " + with_thousands(block.bytes_d);
         }},
        {"ratio_closed_form", kEach, &Block::closed_form},
        {"ratio", "ratio", Show::decimals_3, kShownOnly, parameter_ratio},
        {"ratio_article_approx", "wrong: Co/(1+1/K²)", Show::decimals_1, kEach, &Block::article_approx},
    };
    return fields;
}

std::vector<CostKind> cost_kinds(const Analysis& analysis) {
    std::vector<CostKind> classes(kEnumNames<LayerClass>.size());
    for (const LayerAnalysis& layer : analysis.layers) {
        CostKind& row = classes[static_cast<std::size_t>(layer.layer_class)];
        row.layer_class = layer.layer_class;
        ++row.layers;
        row.macs = checked_add(row.macs, layer.macs);
        row.params = checked_add(row.params, layer.params);
    }
    std::erase_if(classes, [](const CostKind& row) { return row.layers == 0; });
    for (CostKind& row : classes) {
        row.mac_share = part_of(row.macs, analysis.totals.macs);
        row.param_share = part_of(row.params, analysis.totals.params);
    }
    return classes;
}

RowFields<CostKind> cost_kind_fields(const std::string& unit) {
    using Row = CostKind;
    return {
        {"kind", "kind", Show::name, kEach,
         [](const Row& row) { return std::string(layer_class_name(row.layer_class)); }},
        {"layers", "layers", Show::plain, kEach, &Row::layers},
        {"macs", unit, Show::plain, kEach, &Row::macs},
        {"mac_share", "%", Show::percent_1, kEach, &Row::mac_share},
        {"params", "params", Show::plain, kEach, &Row::params},
        {"param_share", "%", Show::percent_1, kEach, &Row::param_share},
    };
}

}  // namespace mobilenet_cost

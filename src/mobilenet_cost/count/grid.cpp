#include "mobilenet_cost/count/grid.h"

#include <tuple>

#include "mobilenet_cost/base/checked.h"

namespace mobilenet_cost {
namespace {

bool is_smaller(const SweepCell& left, const SweepCell& right) {
    return std::tie(left.variant.alpha, left.variant.resolution) <
           std::tie(right.variant.alpha, right.variant.resolution);
}

}  // namespace

std::vector<SweepCell> sweep(const ModelConfig& config, const std::vector<Variant>& variants,
                             const Convention& convention, DataType data_type) {
    std::vector<SweepCell> cells;
    cells.reserve(variants.size());
    SummaryScratch scratch;
    const bool lower_bound = !unknown_operators(config).empty();
    for (const Variant& variant : variants) {
        const Summary summary = summarize(config, variant, convention, scratch);
        SweepCell& cell = cells.emplace_back();
        cell.model = config.name;
        cell.variant = variant;
        cell.beta = resolution_multiplier(variant.resolution, config.resolution);
        cell.macs = summary.totals.macs;
        cell.params = summary.totals.params;
        cell.weight_bytes = weight_bytes(summary.cost, data_type);
        cell.peak_activation_bytes = checked_multiply(summary.peak_elements, element_bytes(data_type));
        cell.standard_macs = summary.standard.macs;
        cell.standard_params = summary.standard.params;
        cell.lower_bound = lower_bound;
    }
    if (cells.empty()) return cells;
    const auto base = static_cast<double>(cells[base_cell(cells, config.name)].macs);
    for (SweepCell& cell : cells)
        cell.analytic_speedup = base / static_cast<double>(cell.macs);
    return cells;
}

double standard_ratio(const SweepCell& cell) {
    return cell.macs > 0 ? static_cast<double>(cell.standard_macs) / static_cast<double>(cell.macs) : 1;
}

std::size_t base_cell(const std::vector<SweepCell>& cells, const std::string& model) {
    std::size_t base = cells.size();
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i].model == model && (base == cells.size() || is_smaller(cells[base], cells[i]))) base = i;
    }
    return base;
}

}  // namespace mobilenet_cost

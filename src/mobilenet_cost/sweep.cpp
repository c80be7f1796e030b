#include "mobilenet_cost/sweep.h"

#include <algorithm>
#include <tuple>

namespace mobilenet_cost {
namespace {

bool is_smaller(const SweepCell& left, const SweepCell& right) {
    return std::tie(left.variant.alpha, left.variant.resolution) <
           std::tie(right.variant.alpha, right.variant.resolution);
}

}  // namespace

std::vector<SweepCell> sweep(const ModelConfig& config, const std::vector<Variant>& variants,
                             const Convention& convention) {
    std::vector<SweepCell> cells;
    cells.reserve(variants.size());
    SummaryScratch scratch;
    for (const Variant& variant : variants) {
        SweepCell& cell = cells.emplace_back();
        cell.model = config.name;
        cell.variant = variant;
        cell.beta = static_cast<double>(variant.resolution) / static_cast<double>(config.resolution);
        cell.summary = summarize(config, variant, convention, scratch);
    }
    if (cells.empty()) return cells;
    const auto base =
        static_cast<double>(std::max_element(cells.begin(), cells.end(), is_smaller)->summary.totals.macs);
    for (SweepCell& cell : cells)
        cell.analytic_speedup = base / static_cast<double>(cell.summary.totals.macs);
    return cells;
}

}  // namespace mobilenet_cost

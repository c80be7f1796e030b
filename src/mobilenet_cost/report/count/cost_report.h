#pragma once

#include <vector>

#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/report/parts/report.h"

namespace mobilenet_cost {

/// The parts of an analysis that are shown to people.
struct CostView {
    bool totals = false;
    bool layers = false;
    bool blocks = false;
    bool scaling = false;
};

/// Every part of a single variant; of several variants a row each.
[[nodiscard]] CostView default_view(std::size_t variants);

/// As text the parts that are viewed; as CSV one table, of the layers, else the blocks, else the totals, with
/// columns that name the variant; as JSON everything (cost_json.h).
[[nodiscard]] Report cost_report(const std::vector<Analysis>& analyses, const CostView& view);

}  // namespace mobilenet_cost

#pragma once

#include <vector>

#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/report/parts/report.h"
#include "mobilenet_cost/runtime/runtime.h"

namespace mobilenet_cost {

/// The parts of an analysis that are shown to people.
struct CostView {
    bool totals = false;
    bool kinds = false;
    bool layers = false;
    bool blocks = false;
    bool scaling = false;
};

/// Every part of a single variant; of several variants a row each.
[[nodiscard]] CostView default_view(std::size_t variants);

/// As text the parts that are viewed; as CSV a table for each where the parts were `chosen`, otherwise that
/// of the layers, or of the totals of several variants, with columns that name the variant; as JSON
/// everything (cost_json.h). `needs`: of a runtime, one for each analysis, or none.
[[nodiscard]] Report cost_report(const std::vector<Analysis>& analyses, const CostView& view, bool chosen,
                                 const std::vector<RuntimeNeed>& needs = {});

}  // namespace mobilenet_cost

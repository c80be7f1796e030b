#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

/// Which parts of an analysis are shown to people.
struct CostView {
    bool totals = false;
    bool layers = false;
    bool blocks = false;
    bool scaling = false;
};

/// One variant in the depth of its layers, several as a row each.
[[nodiscard]] CostView default_view(std::size_t variants);

[[nodiscard]] std::vector<Section> cost_sections(const std::vector<Analysis>& analyses, const CostView& view);

/// The one table that a CSV file holds: layers, else blocks, else totals; a column for what names the
/// variant.
[[nodiscard]] Table cost_csv_table(const std::vector<Analysis>& analyses, const CostView& view);

}  // namespace mobilenet_cost

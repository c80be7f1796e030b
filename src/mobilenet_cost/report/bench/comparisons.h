#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/report/parts/columns.h"
#include "mobilenet_cost/sweep/bench.h"

namespace mobilenet_cost {

/// Every field of a comparison but those that name it, in the order of the documents.
[[nodiscard]] const RowFields<BenchComparison>& comparison_fields();

/// Those that a narrow terminal can do without.
[[nodiscard]] std::vector<std::string> droppable_comparison_columns();

/// For people: the fields with the interval of the speed-up between them. An imprecise speed-up gets a "~".
[[nodiscard]] std::vector<Column> comparison_columns(const std::string& interval_title);
[[nodiscard]] std::vector<Cell> comparison_cells(const BenchComparison& row);

}  // namespace mobilenet_cost

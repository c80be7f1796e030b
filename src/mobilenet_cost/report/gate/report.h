#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/gate/result.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

/// For people, and as markdown for a pull request.
[[nodiscard]] std::vector<Section> gate_sections(const GateReport& report, const GateResult& result);

/// One row for each cell, and one for all together.
[[nodiscard]] Table gate_csv_table(const GateReport& report, const GateResult& result);

/// What tells the cells of one gate apart, shortly: "mobilenet_v1 0.25/128".
[[nodiscard]] std::vector<std::string> gate_titles(const std::vector<GateCell>& cells);

/// Median over the rounds that count. Absent: there is none.
[[nodiscard]] std::optional<double> median_seconds(const GateCellRun& cell, bool of_base);

}  // namespace mobilenet_cost

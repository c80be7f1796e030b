#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/gate_result.h"
#include "mobilenet_cost/report/table.h"

namespace mobilenet_cost {

/// For people, and as markdown for a pull request.
[[nodiscard]] std::vector<Section> gate_sections(const GateReport& report, const GateResult& result);

/// One row for each cell, and one for all together.
[[nodiscard]] Table gate_csv_table(const GateReport& report, const GateResult& result);

/// Everything: docs/schemas/gate.schema.json.
[[nodiscard]] std::string gate_json(const GateReport& report, const GateResult& result);

/// One line for each cell.
[[nodiscard]] std::string gate_jsonl(const GateReport& report, const GateResult& result);

/// JUnit XML, a test case for each cell: regressed and different ones are failures, what could not be
/// measured is an error, what could not be judged is skipped.
[[nodiscard]] std::string gate_junit(const GateReport& report, const GateResult& result);

/// Google Benchmark's JSON: every round of each side, "base/..." and "head/...", for its
/// `compare.py filters FILE base head`.
[[nodiscard]] std::string gate_gbench(const GateReport& report, const GateResult& result);

/// Median over the rounds that count. Absent: there is none.
[[nodiscard]] std::optional<double> median_seconds(const GateCellRun& cell, bool of_base);

}  // namespace mobilenet_cost

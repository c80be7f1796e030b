#pragma once

#include "mobilenet_cost/report/gate/report.h"

namespace mobilenet_cost {

/// Everything: docs/schemas/gate.schema.json.
[[nodiscard]] std::string gate_json(const GateReport& report, const GateResult& result);

/// One line for each cell.
[[nodiscard]] std::string gate_jsonl(const GateReport& report, const GateResult& result);

}  // namespace mobilenet_cost

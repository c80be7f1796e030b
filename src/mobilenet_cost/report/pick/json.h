#pragma once

#include "mobilenet_cost/report/pick/report.h"

namespace mobilenet_cost {

/// Schema mobilenet-cost.pick.v1 (docs/schemas/pick.schema.json).
[[nodiscard]] std::string pick_json(const PickReport& report);

/// One line for each candidate.
[[nodiscard]] std::string pick_jsonl(const PickReport& report);

}  // namespace mobilenet_cost

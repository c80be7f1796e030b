#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/count/analysis.h"

namespace mobilenet_cost {

/// Schema mobilenet-cost.cost.v1 (docs/schemas/cost.schema.json).
[[nodiscard]] std::string cost_json(const std::vector<Analysis>& analyses);

/// One line for each variant.
[[nodiscard]] std::string cost_jsonl(const std::vector<Analysis>& analyses);

}  // namespace mobilenet_cost

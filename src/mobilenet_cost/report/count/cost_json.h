#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/runtime/runtime.h"

namespace mobilenet_cost {

/// Schema mobilenet-cost.cost.v1 (docs/schemas/cost.schema.json). `needs`: of a runtime, one for each
/// analysis, or none.
[[nodiscard]] std::string cost_json(const std::vector<Analysis>& analyses,
                                    const std::vector<RuntimeNeed>& needs = {});

/// One line for each variant.
[[nodiscard]] std::string cost_jsonl(const std::vector<Analysis>& analyses,
                                     const std::vector<RuntimeNeed>& needs = {});

}  // namespace mobilenet_cost

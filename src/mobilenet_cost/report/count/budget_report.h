#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/count/budget.h"
#include "mobilenet_cost/report/parts/report.h"

namespace mobilenet_cost {

/// Schema mobilenet-cost.budget_report.v1 (docs/schemas/budget_report.schema.json).
[[nodiscard]] Report budget_report(const std::vector<BudgetCheck>& checks);

[[nodiscard]] std::size_t exceeded_count(const std::vector<BudgetCheck>& checks);

/// "mobilenet_v1 alpha 0.5 resolution 160: max_macs exceeded by 1,234 (2.1 %): limit ..., found ..."
/// How many limits may be exceeded by operators that are not known; empty: none.
[[nodiscard]] std::string unclear_note(const std::vector<BudgetCheck>& checks);

[[nodiscard]] std::string exceeded_text(const BudgetCheck& check);

}  // namespace mobilenet_cost

#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/report/parts/table.h"
#include "mobilenet_cost/runtime/runtime.h"

namespace mobilenet_cost {

// Internal, as json_text.h: what outputs say of a runtime's need.

[[nodiscard]] Json runtime_json(const RuntimeNeed& need);

/// Its rules and their error, a line each.
[[nodiscard]] std::string runtime_rules_text(Runtime runtime);

/// Of one network, as lines of `cost`.
[[nodiscard]] std::string runtime_text(const RuntimeNeed& need);

/// RAM and flash behind the other columns, one row for each need; none: no columns.
void add_runtime_columns(Table& table, const std::vector<RuntimeNeed>& needs);

}  // namespace mobilenet_cost

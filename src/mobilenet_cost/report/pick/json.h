#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/report/pick/rows.h"

namespace mobilenet_cost {

[[nodiscard]] std::string pick_json(const PickReport& report, const std::vector<PickRow>& rows);

/// One line for each candidate.
[[nodiscard]] std::string pick_jsonl(const std::vector<PickRow>& rows);

}  // namespace mobilenet_cost

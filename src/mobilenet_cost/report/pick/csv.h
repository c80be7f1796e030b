#pragma once

#include "mobilenet_cost/report/pick/report.h"

namespace mobilenet_cost {

/// A row for each candidate.
[[nodiscard]] Table pick_table(const PickReport& report);

}  // namespace mobilenet_cost

#pragma once

#include <vector>

#include "mobilenet_cost/count/ledger.h"
#include "mobilenet_cost/report/parts/report.h"

namespace mobilenet_cost {

/// Schema mobilenet-cost.conventions.v1 (docs/schemas/conventions.schema.json).
[[nodiscard]] Report ledger_report(const std::vector<Ledger>& ledgers);

}  // namespace mobilenet_cost

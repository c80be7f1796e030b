#pragma once

#include "mobilenet_cost/report/foreign/formats.h"

namespace mobilenet_cost {

/// Statements that make the tables mobilenet_cost_run, _point and _block, if need be, and add this run. Of a
/// block `disturbed` says whether the medians leave it out.
[[nodiscard]] std::string sweep_sql(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

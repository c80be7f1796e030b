#pragma once

#include "mobilenet_cost/report/parts/table.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

namespace mobilenet_cost {

/// Every predicted point with its error bars, those that were timed after all with what the prediction
/// missed.
[[nodiscard]] Section prediction_section(const SweepRun& run, const Prediction& prediction);

}  // namespace mobilenet_cost

#pragma once

#include "mobilenet_cost/report/json_text.h"
#include "mobilenet_cost/sweep.h"

namespace mobilenet_cost {

// Internal, as json_text.h: what a sweep's document says without and with times.

inline constexpr const char* kSweepSchema = "mobilenet-cost.sweep.v1";

[[nodiscard]] Json sweep_cell_json(const SweepCell& cell);  ///< "measured" is last and empty
[[nodiscard]] Json sweep_settings_json(const SweepSettings& settings);

}  // namespace mobilenet_cost

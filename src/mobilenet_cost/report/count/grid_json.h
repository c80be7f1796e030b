#pragma once

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/count/grid.h"

namespace mobilenet_cost {

// Internal, as json_text.h: the parts that a sweep's document has with and without times.

inline constexpr const char* kSweepSchema = "mobilenet-cost.sweep.v1";

[[nodiscard]] Json sweep_cell_json(const SweepCell& cell);  ///< "measured" is last and empty
[[nodiscard]] Json sweep_settings_json(const SweepSettings& settings);

}  // namespace mobilenet_cost

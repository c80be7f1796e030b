#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/machine/preflight.h"
#include "mobilenet_cost/measure/layer_profile.h"

namespace mobilenet_cost {

// Internal, as json_text.h: what the documents with times have in common.

template <typename Value>
[[nodiscard]] Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json(nullptr);
}

[[nodiscard]] Json reason_json(const std::string& reason);  ///< null: there is none
[[nodiscard]] Json value_of(const std::optional<Estimate>& estimate);
[[nodiscard]] Json interval_of(const std::optional<Estimate>& estimate);  ///< [low, high] or null

/// Sets median_seconds, ci_low_seconds and ci_high_seconds.
void set_seconds(Json& json, const std::optional<Estimate>& seconds);
[[nodiscard]] Json coverage_of(const std::optional<Estimate>& estimate);

[[nodiscard]] Json machine_info_json(const MachineInfo& machine, double clock_resolution_seconds);
[[nodiscard]] Json engine_list_json(const std::vector<EngineStatus>& engines);
/// The verdict and its reasons.
[[nodiscard]] Json verdict_json(const Preflight& preflight);
[[nodiscard]] Json class_share_json(const ClassShare& row);

}  // namespace mobilenet_cost

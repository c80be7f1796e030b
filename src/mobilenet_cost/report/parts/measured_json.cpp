#include "mobilenet_cost/report/parts/measured_json.h"

#include <cmath>

#include "mobilenet_cost/measure/timing_fields.h"
#include "mobilenet_cost/report/parts/class_fields.h"

namespace mobilenet_cost {
namespace {

const Interval* interval_or_null(const std::optional<Estimate>& estimate) {
    return estimate && estimate->interval ? &*estimate->interval : nullptr;
}

}  // namespace

Json reason_json(const std::string& reason) {
    return reason.empty() ? Json(nullptr) : Json(reason);
}

Json value_of(const std::optional<Estimate>& estimate) {
    return estimate ? finite_json(estimate->value) : Json(nullptr);
}

Json interval_of(const std::optional<Estimate>& estimate) {
    const Interval* interval = interval_or_null(estimate);
    if (interval == nullptr || !std::isfinite(interval->low) || !std::isfinite(interval->high))
        return nullptr;
    return Json::array({interval->low, interval->high});
}

void set_seconds(Json& json, const std::optional<Estimate>& seconds) {
    const Interval* interval = interval_or_null(seconds);
    json["median_seconds"] = value_of(seconds);
    json["ci_low_seconds"] = interval != nullptr ? finite_json(interval->low) : Json(nullptr);
    json["ci_high_seconds"] = interval != nullptr ? finite_json(interval->high) : Json(nullptr);
}

Json coverage_of(const std::optional<Estimate>& estimate) {
    const Interval* interval = interval_or_null(estimate);
    return interval != nullptr ? finite_json(interval->coverage) : Json(nullptr);
}

Json machine_info_json(const MachineInfo& machine, double clock_resolution_seconds) {
    Json json = fields_json(machine);
    json["clock_resolution_seconds"] = clock_resolution_seconds;
    return json;
}

Json engine_list_json(const std::vector<EngineStatus>& engines) {
    return fields_json(engines);
}

Json verdict_json(const Preflight& preflight) {
    return {{"verdict", enum_name(preflight.verdict)}, {"reasons", preflight.reasons}};
}

Json class_share_json(const ClassShare& row) {
    Json json = class_fields().json(class_row(row));
    json.erase("flops_per_second");
    json.erase("traffic_bytes_per_second");
    return json;
}

}  // namespace mobilenet_cost

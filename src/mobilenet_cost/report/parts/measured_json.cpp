#include "mobilenet_cost/report/parts/measured_json.h"

#include <cmath>

namespace mobilenet_cost {
namespace {

const Interval* interval_or_null(const std::optional<Estimate>& estimate) {
    return estimate && estimate->interval ? &*estimate->interval : nullptr;
}

}  // namespace

Json finite_json(double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

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
    Json json = {{"cpu_model", or_null(machine.cpu.model_name)},
                 {"cpu_vendor", or_null(machine.cpu.vendor)},
                 {"cpu_family", or_null(machine.cpu.family)},
                 {"cpu_model_number", or_null(machine.cpu.model)},
                 {"cpu_stepping", or_null(machine.cpu.stepping)},
                 {"hypervisor", or_null(machine.cpu.hypervisor)},
                 {"allowed_cpus", machine.allowed_cpus},
                 {"caches", Json::array()},
                 {"memory_bytes", or_null(machine.memory.total_bytes)},
                 {"memory_available_bytes", or_null(machine.memory.available_bytes)},
                 {"kernel", or_null(machine.kernel)},
                 {"load_average", or_null(machine.load_average)},
                 {"governor", machine.governor.value_or("hidden")},
                 {"clock_resolution_seconds", clock_resolution_seconds}};
    for (const CacheInfo& cache : machine.caches)
        json["caches"].push_back({{"level", cache.level}, {"type", cache.type}, {"bytes", cache.bytes}});
    return json;
}

Json engine_list_json(const std::vector<EngineStatus>& engines) {
    Json json = Json::array();
    for (const EngineStatus& engine : engines) {
        json.push_back({{"name", engine.name},
                        {"available", engine.available},
                        {"reason", reason_json(engine.reason)},
                        {"version", reason_json(engine.info.version)},
                        {"instruction_set", reason_json(engine.info.instruction_set)}});
    }
    return json;
}

Json verdict_json(const Preflight& preflight) {
    return {{"verdict", enum_name(preflight.verdict)}, {"reasons", preflight.reasons}};
}

Json class_share_json(const ClassShare& row) {
    return {{"class", layer_class_name(row.layer_class)},
            {"layers", row.layers},
            {"macs", row.macs},
            {"traffic_bytes", row.traffic_bytes},
            {"median_seconds", row.seconds},
            {"mac_share", row.mac_share},
            {"traffic_share", row.traffic_share},
            {"time_share", row.time_share}};
}

}  // namespace mobilenet_cost

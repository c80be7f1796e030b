#pragma once

#include <algorithm>

#include "mobilenet_cost/base/json_fields.h"
#include "mobilenet_cost/model/cost.h"
#include "mobilenet_cost/sweep/run.h"

namespace mobilenet_cost {

// Internal: the fields of everything in a run log (json_fields.h). A key is the name of the member.

// What numbers of a log may be. Counts are added up by checked.h; the others are kept so far from the ends of
// a double that their ratios and logarithms are numbers.

inline constexpr Limits kCounts = {0, 9.2e18};
inline constexpr Limits kRatios = {0, 1e12};
inline constexpr Limits kRates = {0, 1e20};  ///< for a second
inline constexpr Limits kSeconds = {0, 1e9};
inline constexpr Limits kAnySeconds = {-1e9, 1e9};    ///< a difference
inline constexpr Limits kPassSeconds = {1e-12, 1e9};  ///< of a pass that ran
inline constexpr Limits kPasses = {1, 1e9};           ///< of a block, as passes_for()
inline constexpr Limits kThreads = {1, kMostThreads};
inline constexpr Limits kCpus = {0, 1 << 20};
inline constexpr Limits kAlphas = {0, kLargestAlpha};
inline constexpr Limits kResolutions = {0, static_cast<double>(kLargestResolution)};  ///< 0: the model's own
inline constexpr Limits kClasses = {1, static_cast<double>(kMostClasses)};
inline constexpr Limits kBatches = {1, static_cast<double>(kLargestBatch)};

template <typename Archive>
void fields(Archive& archive, Interval& interval) {
    archive("low", interval.low, kRatios);
    archive("high", interval.high, kRatios);
    archive("coverage", interval.coverage, kRatios);
}

template <typename Archive>
void fields(Archive& archive, Estimate& estimate) {
    archive("value", estimate.value, kRatios);
    archive("interval", estimate.interval);
}

// ---- the machine and the build

template <typename Archive>
void fields(Archive& archive, CpuInfo& cpu) {
    archive("model_name", cpu.model_name);
    archive("vendor", cpu.vendor);
    archive("family", cpu.family, kCounts);
    archive("model", cpu.model, kCounts);
    archive("stepping", cpu.stepping, kCounts);
    archive("hypervisor", cpu.hypervisor);
}

template <typename Archive>
void fields(Archive& archive, CacheInfo& cache) {
    archive("level", cache.level, kCounts);
    archive("type", cache.type);
    archive("bytes", cache.bytes, kCounts);
}

template <typename Archive>
void fields(Archive& archive, MachineInfo& machine) {
    archive("cpu", machine.cpu);
    archive("allowed_cpus", machine.allowed_cpus, kCpus);
    archive("caches", machine.caches);
    archive("memory_bytes", machine.memory.total_bytes, kCounts);
    archive("memory_available_bytes", machine.memory.available_bytes, kCounts);
    archive("kernel", machine.kernel);
    archive("load_average", machine.load_average);
    archive("governor", machine.governor);
}

template <typename Archive>
void fields(Archive& archive, EngineStatus& engine) {
    archive("name", engine.name);
    archive("available", engine.available);
    archive("reason", engine.reason);
    archive("version", engine.info.version);
    archive("instruction_set", engine.info.instruction_set);
}

template <typename Archive>
void fields(Archive& archive, RunOrigin& origin) {
    archive("version", origin.version);
    archive("commit", origin.commit);
    archive("compiler", origin.compiler);
    archive("flags", origin.flags);
    archive("machine", origin.machine);
    archive("engines", origin.engines);
}

template <typename Archive>
void fields(Archive& archive, LoopJitter& loop) {
    archive("count", loop.count, kCounts);
    archive("median_seconds", loop.median_seconds, kSeconds);
    archive("p95_over_median", loop.p95_over_median, kRatios);
    archive("max_over_median", loop.max_over_median, kRatios);
}

template <typename Archive>
void fields(Archive& archive, PreflightReadings& readings) {
    archive("seconds", readings.seconds, kSeconds);
    archive("cpus", readings.cpus, kCounts);
    archive("load_average", readings.load_average, kRatios);
    archive("steal_share", readings.steal_share, kRatios);
    archive("involuntary_switches_per_s", readings.involuntary_switches_per_s, kRates);
    archive("clock_resolution_seconds", readings.clock_resolution_seconds, kSeconds);
    archive("loop", readings.loop);
    archive("ping_pong_seconds", readings.ping_pong_seconds, kSeconds);
}

template <typename Archive>
void fields(Archive& archive, Preflight& preflight) {
    archive("verdict", preflight.verdict);
    archive("reasons", preflight.reasons);
    archive("readings", preflight.readings);
}

// ---- what was asked for

template <typename Archive>
void fields(Archive& archive, SweepSettings& settings) {
    archive("dtype", settings.data_type);
    archive("convention", settings.convention);
    archive("alpha_scope", settings.alpha_scope);
    archive("classes", settings.classes, kClasses);
    archive("batch", settings.batch, kBatches);
}

template <typename Archive>
void fields(Archive& archive, Shard& shard) {
    archive("index", shard.index);
    archive("count", shard.count);
}

template <typename Archive>
void fields(Archive& archive, PredictionPlan& plan) {
    archive("timed", plan.timed);
    archive("spots", plan.spots);
}

template <typename Archive>
void fields(Archive& archive, SweepTiming& timing) {
    archive("engines", timing.engines);
    archive("threads", timing.threads);
    archive("networks", timing.networks);
    archive("rounds", timing.rounds);
    archive("precision", timing.precision);
    archive("max_seconds", timing.max_seconds);
    archive("confidence", timing.confidence);
    archive("between_runs", timing.between_runs);
    archive("seed", timing.seed);
    archive("pin_cpu", timing.pin_cpu, kCpus);
    archive("most_steal", timing.limits.most_steal, kRatios);
    archive("most_switches_per_second", timing.limits.most_switches_per_second, kRates);
    archive("layers", timing.layers);
    archive("shard", timing.shard);
    archive("prediction", timing.prediction);
}

template <typename Archive>
void fields(Archive& archive, Variant& variant) {
    archive("alpha", variant.alpha, kAlphas);
    archive("resolution", variant.resolution, kResolutions);
    archive("classes", variant.classes, kClasses);
    archive("batch", variant.batch, kBatches);
    archive("alpha_scope", variant.scope);
}

template <typename Archive>
void fields(Archive& archive, SweepCell& cell) {
    archive("model", cell.model);
    archive("variant", cell.variant);
    archive("beta", cell.beta, kRatios);
    archive("macs", cell.macs, kCounts);
    archive("params", cell.params, kCounts);
    archive("weight_bytes", cell.weight_bytes, kCounts);
    archive("peak_activation_bytes", cell.peak_activation_bytes, kCounts);
    archive("standard_macs", cell.standard_macs, kCounts);
    archive("standard_params", cell.standard_params, kCounts);
    archive("analytic_speedup", cell.analytic_speedup, kRatios);
}

template <typename Archive>
void fields(Archive& archive, NetworkCounts& counts) {
    archive("macs", counts.macs, kCounts);
    archive("params", counts.params, kCounts);
    archive("weight_bytes", counts.weight_bytes, kCounts);
    archive("activation_bytes", counts.activation_bytes, kCounts);
}

template <typename Archive>
void fields(Archive& archive, SweepPoint& point) {
    archive("cell", point.cell);
    archive("engine", point.engine);
    archive("threads", point.threads, kThreads);
    archive("network", point.network);
    archive("base", point.base);
    archive("counterpart", point.counterpart);
    archive("status", point.status);
    archive("reason", point.reason);
    archive("counts", point.counts);
    archive("memory_bytes", point.memory_bytes, kCounts);
}

template <typename Archive>
void fields(Archive& archive, RooflinePeak& peak) {
    archive("threads", peak.threads, kThreads);
    archive("flops_per_second", peak.flops_per_second, kRates);
    archive("bytes_per_second", peak.bytes_per_second, kRates);
}

// ---- what was measured

template <typename Archive>
void fields(Archive& archive, WarmUp& warm_up) {
    archive("converged", warm_up.converged);
    archive("passes", warm_up.passes, kCounts);
    archive("seconds", warm_up.seconds, kSeconds);
    archive("first_pass_seconds", warm_up.first_pass_seconds, kSeconds);
}

template <typename Archive>
void fields(Archive& archive, BlockSize& size) {
    archive("passes", size.passes, kPasses);
    archive("group", size.group, kPasses);
    archive("confirmed", size.confirmed);
}

template <typename Archive>
void fields(Archive& archive, Shape& shape) {
    archive("n", shape.n, kCounts);
    archive("h", shape.h, kCounts);
    archive("w", shape.w, kCounts);
    archive("c", shape.c, kCounts);
}

template <typename Archive>
void fields(Archive& archive, LayerTime& layer) {
    archive("name", layer.name);
    archive("op", layer.op);
    archive("class", layer.layer_class);
    archive("input", layer.input);
    archive("output", layer.output);
    archive("kernel", layer.kernel);
    archive("fused", layer.fused);
    archive("seconds", layer.seconds);
    archive("mean_seconds", layer.mean_seconds, kSeconds);
    archive("time_share", layer.time_share, kRatios);
    archive("macs", layer.macs, kCounts);
    archive("traffic_bytes", layer.traffic_bytes, kCounts);
}

template <typename Archive>
void fields(Archive& archive, LayerProfile& profile) {
    archive("engine", profile.engine);
    archive("threads", profile.threads, kThreads);
    archive("mode", profile.mode);
    archive("status", profile.status);
    archive("reason", profile.reason);
    archive("passes", profile.passes, kCounts);
    archive("layers", profile.layers);
    archive("sum_seconds", profile.sum_seconds, kSeconds);
    archive("whole_seconds", profile.whole_seconds);
    archive("residual_seconds", profile.residual_seconds, kAnySeconds);
    archive("clock_overhead", profile.clock_overhead);
}

}  // namespace mobilenet_cost

#pragma once

#include "mobilenet_cost/measure/timing_fields.h"
#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/sweep/run.h"

namespace mobilenet_cost {

// Internal: the fields (json_fields.h) of a run, for its log and its documents.

inline constexpr Limits kAlphas = {0, kLargestAlpha};
inline constexpr Limits kClasses = {1, static_cast<double>(kMostClasses)};
inline constexpr Limits kBatches = {1, static_cast<double>(kLargestBatch)};

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
void fields(Archive& archive, SweepSettings& settings) {
    archive("dtype", settings.data_type);
    archive("convention", settings.convention);
    archive("alpha_scope", settings.alpha_scope);
    archive("classes", settings.classes, kClasses);
    archive("batch", settings.batch, kBatches);
    form_fields(archive, settings.form);
    inputs_field(archive, settings.inputs);
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
    archive.added("layer_mode", timing.layer_mode);
    archive.added("cache", timing.cache);
    archive("shard", timing.shard);
    archive("prediction", timing.prediction);
}

template <typename Archive>
void fields(Archive& archive, Variant& variant) {
    archive("alpha", variant.alpha, kAlphas);
    resolution_fields(archive, variant.resolution);
    archive("classes", variant.classes, kClasses);
    archive("batch", variant.batch, kBatches);
    archive("alpha_scope", variant.scope);
    form_fields(archive, variant.form);
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
    if (!std::is_same_v<Archive, FieldWriter> || cell.lower_bound)
        archive.added("lower_bound", cell.lower_bound);
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

}  // namespace mobilenet_cost

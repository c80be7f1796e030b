#pragma once

#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/machine/machine_fields.h"
#include "mobilenet_cost/measure/cache_flush.h"
#include "mobilenet_cost/measure/layer_profile.h"

namespace mobilenet_cost {

// Internal: the fields (json_fields.h) of what is timed.

inline constexpr Limits kAnySeconds = {-1e9, 1e9};    ///< a difference
inline constexpr Limits kPassSeconds = {1e-12, 1e9};  ///< of a pass that ran
inline constexpr Limits kByteDifferences = {-9.2e18, 9.2e18};
inline constexpr Limits kPasses = {1, 1e9};  ///< of a block, as passes_for()
inline constexpr Limits kThreads = {1, 1 << 20};

template <typename Archive>
void fields(Archive& archive, EngineStatus& engine) {
    archive("name", engine.name);
    archive("available", engine.available);
    field_or_null(archive, "reason", engine.reason);
    field_or_null(archive, "version", engine.info.version);
    field_or_null(archive, "instruction_set", engine.info.instruction_set);
}

template <typename Archive>
void fields(Archive& archive, NetworkCounts& counts) {
    archive("macs", counts.macs, kCounts);
    archive("params", counts.params, kCounts);
    archive("weight_bytes", counts.weight_bytes, kCounts);
    archive("activation_bytes", counts.activation_bytes, kCounts);
    archive.added("peak_activation_bytes", counts.peak_activation_bytes, kCounts);
}

template <typename Archive>
void fields(Archive& archive, SessionMemory& memory) {
    archive("packed_weight_bytes", memory.weight_bytes, kCounts);
    archive("arena_bytes", memory.activation_bytes, kCounts);
    archive("scratch_bytes", memory.scratch_bytes, kCounts);
    archive("in_place_bytes", memory.in_place_bytes, kByteDifferences);
    archive("kept_bytes", memory.kept_bytes, kByteDifferences);
    archive("padding_bytes", memory.padding_bytes, kByteDifferences);
    archive("gap_bytes", memory.gap_bytes, kByteDifferences);
}

template <typename Archive>
void fields(Archive& archive, CacheFlush& flush) {
    archive("mode", flush.mode);
    archive("method", flush.method);
    archive("verified", flush.verified);
    archive("warm_ns_per_line", flush.warm_ns_per_line, kRatios);
    archive("flushed_ns_per_line", flush.flushed_ns_per_line, kRatios);
}

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

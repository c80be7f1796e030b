#pragma once

#include <optional>
#include <string>

#include "mobilenet_cost/base/json_fields.h"
#include "mobilenet_cost/machine/machine_json.h"

namespace mobilenet_cost {

// Internal: the fields (json_fields.h) of what is known of a machine. Every document that shows a machine has
// this shape: `machine`, `sweep`, `bench`, the run log and the stored peaks.

// What stored numbers may be. Counts are added up by checked.h; the others are kept so far from the ends of a
// double that their ratios and logarithms are numbers.

inline constexpr Limits kCounts = {0, 9.2e18};
inline constexpr Limits kPositiveCounts = {1, 9.2e18};
inline constexpr Limits kRatios = {0, 1e12};
inline constexpr Limits kRates = {0, 1e20};  ///< per second
inline constexpr Limits kSeconds = {0, 1e9};
inline constexpr Limits kCpus = {0, 1 << 20};
inline constexpr Limits kPeaks = {1e-300, 1e300};  ///< a measured figure

/// A text or a count whose empty value, "" or 0, is written as null.
template <typename Archive, typename Value>
void field_or_null(Archive& archive, const char* key, Value& value) {
    std::optional<Value> known;
    if (value != Value()) known = value;
    archive(key, known);
    value = known.value_or(Value());
}

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

template <typename Archive>
void fields(Archive& archive, CacheInfo& cache) {
    archive("level", cache.level, kCounts);
    archive("type", cache.type);
    archive("bytes", cache.bytes, kCounts);
}

template <typename Archive>
void fields(Archive& archive, MachineInfo& machine) {
    archive("cpu_model", machine.cpu.model_name);
    archive("cpu_vendor", machine.cpu.vendor);
    archive("cpu_family", machine.cpu.family, kCounts);
    archive("cpu_model_number", machine.cpu.model, kCounts);
    archive("cpu_stepping", machine.cpu.stepping, kCounts);
    archive("hypervisor", machine.cpu.hypervisor);
    archive("allowed_cpus", machine.allowed_cpus, kCpus);
    archive("caches", machine.caches);
    archive("memory_bytes", machine.memory.total_bytes, kCounts);
    archive("memory_available_bytes", machine.memory.available_bytes, kCounts);
    archive("kernel", machine.kernel);
    archive("load_average", machine.load_average);
    std::string governor = machine.governor.value_or("hidden");
    archive("governor", governor);
    machine.governor = governor == "hidden" ? std::nullopt : std::optional(governor);
}

/// All but the resolution of the clock, which documents say of the machine.
template <typename Archive>
void fields(Archive& archive, Preflight& preflight) {
    PreflightReadings& seen = preflight.readings;
    archive("verdict", preflight.verdict);
    archive("reasons", preflight.reasons);
    archive("seconds", seen.seconds, kSeconds);
    archive("cpus", seen.cpus, kCounts);
    archive("load_average", seen.load_average, kRatios);
    archive("steal_share", seen.steal_share, kRatios);
    archive("involuntary_switches_per_second", seen.involuntary_switches_per_s, kRates);
    archive("loops", seen.loop.count, kCounts);
    archive("loop_median_seconds", seen.loop.median_seconds, kSeconds);
    archive("loop_p95_over_median", seen.loop.p95_over_median, kRatios);
    archive("loop_max_over_median", seen.loop.max_over_median, kRatios);
    archive("ping_pong_seconds", seen.ping_pong_seconds, kSeconds);
}

template <typename Archive>
void fields(Archive& archive, CacheLevel& cache) {
    archive("level", cache.level);
    archive("type", cache.type);
    archive("bytes", cache.bytes);
    field_or_null(archive, "line_bytes", cache.line_bytes);
    archive("instances", cache.instances);
    field_or_null(archive, "cpus_per_cache", cache.cpus_per_cache);
}

template <typename Archive>
void fields(Archive& archive, Topology& topology) {
    archive("source", topology.source);
    field_or_null(archive, "packages", topology.packages);
    field_or_null(archive, "numa_nodes", topology.numa_nodes);
    field_or_null(archive, "cores", topology.cores);
    field_or_null(archive, "cpus", topology.cpus);
    archive("caches", topology.caches);
}

template <typename Archive>
void fields(Archive& archive, MachineFingerprint& fingerprint) {
    archive("cpu", fingerprint.cpu);
    archive("cpus", fingerprint.cpus);
    archive("caches", fingerprint.caches);
    archive("memory", fingerprint.memory);
    archive("hypervisor", fingerprint.hypervisor);
    archive("build", fingerprint.build);
}

/// "<unit>", "ci_low_<unit>", "ci_high_<unit>" and "ci_coverage", each null where it is absent.
template <typename Archive>
void estimate_fields(Archive& archive, const std::string& unit, std::optional<Estimate>& estimate) {
    std::optional<double> value;
    std::optional<Interval> interval;
    if (estimate) {
        value = estimate->value;
        interval = estimate->interval;
    }
    std::optional<double> low, high, coverage;
    if (interval) {
        low = interval->low;
        high = interval->high;
        coverage = interval->coverage;
    }
    archive(unit.c_str(), value, kPeaks);
    archive(("ci_low_" + unit).c_str(), low, kPeaks);
    archive(("ci_high_" + unit).c_str(), high, kPeaks);
    archive("ci_coverage", coverage, kPeaks);
    estimate.reset();
    if (value) estimate = Estimate{.value = *value, .interval = std::nullopt};
    if (value && low && high && coverage) estimate->interval = Interval{*low, *high, *coverage};
}

template <typename Archive>
void fields(Archive& archive, Rate& rate) {
    estimate_fields(archive, "per_second", rate.per_second);
    field_or_null(archive, "reason", rate.reason);
}

template <typename Archive>
void fields(Archive& archive, ComputePeaks& row) {
    archive("threads", row.threads, kPositiveCounts);
    archive("clock_cycles", row.clock);
    archive("f32_flops", row.f32);
    archive("i8_ops", row.i8);
    archive("f32_flops_per_cycle", row.f32_flops_per_cycle, kPeaks);
}

template <typename Archive>
void fields(Archive& archive, MemoryPeaks& row) {
    archive("level", row.level);
    archive("threads", row.threads, kPositiveCounts);
    archive("capacity_bytes", row.capacity_bytes, kPositiveCounts);
    archive("used_bytes", row.used_bytes, kCounts);
    archive("read_bytes", row.read);
    archive("triad_bytes", row.triad);
}

template <typename Archive>
void fields(Archive& archive, RoundTrip& row) {
    archive("first_cpu", row.first_cpu, kCpus);
    archive("second_cpu", row.second_cpu, kCpus);
    std::optional<Estimate> seconds = row.seconds;
    estimate_fields(archive, "seconds", seconds);
    row.seconds = seconds.value_or(Estimate());
    std::string distance = row.seconds.value < kNearRoundTripSeconds ? "near" : "far";
    archive("distance", distance);
}

template <typename Archive>
void fields(Archive& archive, MachinePeaks& peaks) {
    archive("measured_at", peaks.measured_at);
    field_or_null(archive, "instruction_set", peaks.instruction_set);
    field_or_null(archive, "i8_instruction", peaks.i8_instruction);
    field_or_null(archive, "kernel_library", peaks.kernel_library);
    archive("vector_bytes", peaks.vector_bytes, kCounts);
    archive("rounds_asked", peaks.rounds_asked, kPositiveCounts);
    archive("rounds", peaks.rounds, kCounts);
    archive("seconds", peaks.seconds, kSeconds);
    archive("compute", peaks.compute);
    archive("memory", peaks.memory);
    archive("round_trips", peaks.round_trips);
    archive("warnings", peaks.warnings);
}

template <typename Archive>
void fields(Archive& archive, StoredPeaks& stored) {
    archive("fingerprint", stored.fingerprint);
    archive("peaks", stored.peaks);
}

}  // namespace mobilenet_cost

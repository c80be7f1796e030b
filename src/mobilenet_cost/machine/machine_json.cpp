#include "mobilenet_cost/machine/machine_json.h"

#include <array>
#include <bit>

#include <fmt/format.h>

#include "mobilenet_cost/base/hash.h"
#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/base/json_reader.h"
#include "mobilenet_cost/base/json_text.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kStoredSchema = "mobilenet-cost.peaks.v1";
constexpr double kLargest = 1e300;
constexpr std::int64_t kMostCount = std::int64_t{1} << 62;
constexpr std::size_t kMostRows = 4096;

struct FingerprintField {
    const char* key;
    std::string MachineFingerprint::*text;
};
constexpr std::array<FingerprintField, 6> kFingerprintFields = {{
    {"cpu", &MachineFingerprint::cpu},
    {"cpus", &MachineFingerprint::cpus},
    {"caches", &MachineFingerprint::caches},
    {"memory", &MachineFingerprint::memory},
    {"hypervisor", &MachineFingerprint::hypervisor},
    {"build", &MachineFingerprint::build},
}};

template <typename Value>
std::string known(const std::optional<Value>& value) {
    return value ? fmt::format("{}", *value) : "-";
}

// ---- to JSON ----

template <typename Value>
Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Json or_null(int count) {
    return count == 0 ? Json(nullptr) : Json(count);
}

/// Members "<unit>", "ci_low_<unit>", ... of an estimate, each null where it is absent.
void set_estimate(Json& json, const std::string& unit, const std::optional<Estimate>& estimate) {
    const Interval* interval = estimate && estimate->interval ? &*estimate->interval : nullptr;
    json[unit] = estimate ? Json(estimate->value) : Json(nullptr);
    json["ci_low_" + unit] = interval != nullptr ? Json(interval->low) : Json(nullptr);
    json["ci_high_" + unit] = interval != nullptr ? Json(interval->high) : Json(nullptr);
    json["ci_coverage"] = interval != nullptr ? Json(interval->coverage) : Json(nullptr);
}

Json rate_json(const Rate& rate) {
    Json json;
    set_estimate(json, "per_second", rate.per_second);
    json["reason"] = text_or_null(rate.reason);
    return json;
}

Json compute_json(const ComputePeaks& row) {
    return {{"threads", row.threads},
            {"clock_cycles", rate_json(row.clock)},
            {"f32_flops", rate_json(row.f32)},
            {"i8_ops", rate_json(row.i8)},
            {"f32_flops_per_cycle", or_null(row.f32_flops_per_cycle)}};
}

Json memory_json(const MemoryPeaks& row) {
    return {{"level", row.level},
            {"threads", row.threads},
            {"capacity_bytes", or_null(row.capacity_bytes)},
            {"used_bytes", row.used_bytes},
            {"read_bytes", rate_json(row.read)},
            {"triad_bytes", rate_json(row.triad)}};
}

Json round_trip_json(const RoundTrip& row) {
    Json json = {{"first_cpu", row.first_cpu}, {"second_cpu", row.second_cpu}};
    set_estimate(json, "seconds", row.seconds);
    json["distance"] = row.seconds.value < kNearRoundTripSeconds ? "near" : "far";
    return json;
}

template <typename Row>
Json rows_json(const std::vector<Row>& rows, Json (*to_json)(const Row&)) {
    Json array = Json::array();
    for (const Row& row : rows)
        array.push_back(to_json(row));
    return array;
}

Json peaks_object(const MachinePeaks& peaks) {
    return {{"measured_at", peaks.measured_at},
            {"instruction_set", text_or_null(peaks.instruction_set)},
            {"i8_instruction", text_or_null(peaks.i8_instruction)},
            {"kernel_library", text_or_null(peaks.kernel_library)},
            {"vector_bytes", peaks.vector_bytes},
            {"rounds_asked", peaks.rounds_asked},
            {"rounds", peaks.rounds},
            {"seconds", peaks.seconds},
            {"compute", rows_json(peaks.compute, compute_json)},
            {"memory", rows_json(peaks.memory, memory_json)},
            {"round_trips", rows_json(peaks.round_trips, round_trip_json)},
            {"warnings", peaks.warnings}};
}

Json fingerprint_object(const MachineFingerprint& fingerprint) {
    Json json;
    for (const FingerprintField& field : kFingerprintFields)
        json[field.key] = fingerprint.*field.text;
    return json;
}

// ---- from JSON ----

using Value = nlohmann::json;

/// The elements of an array, each read as an object.
template <typename Row>
std::vector<Row> read_rows(const ObjectReader& parent, const std::string& key,
                           Row (*read)(const ObjectReader&)) {
    std::vector<Row> rows;
    for (const Value& element : parent.array(key, 0, kMostRows))
        rows.push_back(read(
            ObjectReader(element, parent.file(), fmt::format("{}/{}", parent.pointer(key), rows.size()))));
    return rows;
}

std::string text_or_empty(const ObjectReader& reader, const std::string& key) {
    return reader.at(key).is_null() ? "" : reader.text(key);
}

std::optional<double> number_or_nothing(const ObjectReader& reader, const std::string& key) {
    if (reader.at(key).is_null()) return std::nullopt;
    return reader.number(key, 0, kLargest);
}

std::optional<Estimate> read_estimate(const ObjectReader& reader, const std::string& unit) {
    const auto value = number_or_nothing(reader, unit);
    const auto low = number_or_nothing(reader, "ci_low_" + unit);
    const auto high = number_or_nothing(reader, "ci_high_" + unit);
    const auto coverage = number_or_nothing(reader, "ci_coverage");
    if (!value) return std::nullopt;
    Estimate estimate{*value, std::nullopt};
    if (low && high && coverage) estimate.interval = Interval{*low, *high, *coverage};
    return estimate;
}

Rate read_rate(const ObjectReader& parent, const std::string& key) {
    const ObjectReader reader(parent.at(key), parent.file(), parent.pointer(key));
    Rate rate{read_estimate(reader, "per_second"), text_or_empty(reader, "reason")};
    if (rate.per_second.has_value() != rate.reason.empty())
        reader.fail_expected("reason", "either a rate or the reason for its absence");
    return rate;
}

ComputePeaks read_compute(const ObjectReader& reader) {
    ComputePeaks row;
    row.threads = reader.integer("threads", 1, kMostCount);
    row.clock = read_rate(reader, "clock_cycles");
    row.f32 = read_rate(reader, "f32_flops");
    row.i8 = read_rate(reader, "i8_ops");
    row.f32_flops_per_cycle = number_or_nothing(reader, "f32_flops_per_cycle");
    return row;
}

MemoryPeaks read_memory(const ObjectReader& reader) {
    MemoryPeaks row;
    row.level = reader.text("level");
    row.threads = reader.integer("threads", 1, kMostCount);
    if (!reader.at("capacity_bytes").is_null())
        row.capacity_bytes = reader.integer("capacity_bytes", 1, kMostCount);
    row.used_bytes = reader.integer("used_bytes", 0, kMostCount);
    row.read = read_rate(reader, "read_bytes");
    row.triad = read_rate(reader, "triad_bytes");
    return row;
}

RoundTrip read_round_trip(const ObjectReader& reader) {
    constexpr std::int64_t kMostCpu = 1 << 20;
    RoundTrip row;
    row.first_cpu = static_cast<int>(reader.integer("first_cpu", 0, kMostCpu));
    row.second_cpu = static_cast<int>(reader.integer("second_cpu", 0, kMostCpu));
    const auto seconds = read_estimate(reader, "seconds");
    if (!seconds) reader.fail_expected("seconds", "a number");
    row.seconds = *seconds;
    return row;
}

MachinePeaks read_peaks(const ObjectReader& reader) {
    MachinePeaks peaks;
    peaks.measured_at = reader.text("measured_at");
    peaks.instruction_set = text_or_empty(reader, "instruction_set");
    peaks.i8_instruction = text_or_empty(reader, "i8_instruction");
    peaks.kernel_library = text_or_empty(reader, "kernel_library");
    peaks.vector_bytes = reader.integer("vector_bytes", 0, kMostCount);
    peaks.rounds_asked = reader.integer("rounds_asked", 1, kMostCount);
    peaks.rounds = reader.integer("rounds", 0, kMostCount);
    peaks.seconds = reader.number("seconds", -1, kLargest);
    peaks.compute = read_rows(reader, "compute", read_compute);
    peaks.memory = read_rows(reader, "memory", read_memory);
    peaks.round_trips = read_rows(reader, "round_trips", read_round_trip);
    for (const Value& warning : reader.array("warnings", 0, kMostRows)) {
        if (!warning.is_string()) reader.fail_expected("warnings", "an array of texts");
        peaks.warnings.push_back(warning.get<std::string>());
    }
    return peaks;
}

}  // namespace

MachineFingerprint fingerprint_of(const MachineInfo& machine, const BuildInfo& build) {
    MachineFingerprint fingerprint;
    const CpuInfo& cpu = machine.cpu;
    fingerprint.cpu =
        fmt::format("{}, vendor {}, family {}, model {}, stepping {}", known(cpu.model_name),
                    known(cpu.vendor), known(cpu.family), known(cpu.model), known(cpu.stepping));
    fingerprint.cpus = fmt::format("{}", machine.allowed_cpus.size());
    for (const CacheInfo& cache : machine.caches) {
        fingerprint.caches += fmt::format("{}L{} {} {}", fingerprint.caches.empty() ? "" : ", ", cache.level,
                                          cache.type, cache.bytes);
    }
    if (fingerprint.caches.empty()) fingerprint.caches = "-";
    fingerprint.memory = "-";
    if (const auto& bytes = machine.memory.total_bytes; bytes && *bytes > 0)
        fingerprint.memory = fmt::format("{}", std::bit_ceil(static_cast<std::uint64_t>(*bytes)));
    fingerprint.hypervisor = cpu.hypervisor ? (*cpu.hypervisor ? "yes" : "no") : "-";
    fingerprint.build = fmt::format("{}, {}, {}, flags {}", build.version, build.compiler, build.build_type,
                                    build.flags.empty() ? "-" : build.flags);
    return fingerprint;
}

std::string fingerprint_hash(const MachineFingerprint& fingerprint) {
    std::uint64_t hash = fnv1a("");
    for (const FingerprintField& field : kFingerprintFields) {
        // With the zero at its end, so that text cannot wander from one field to the next unnoticed.
        const std::string& text = fingerprint.*field.text;
        hash = fnv1a({text.c_str(), text.size() + 1}, hash);
    }
    return fmt::format("{:016x}", hash);
}

std::string fingerprint_json(const MachineFingerprint& fingerprint) {
    return inline_json(fingerprint_object(fingerprint));
}

std::string machine_info_json(const MachineInfo& machine) {
    const CpuInfo& cpu = machine.cpu;
    return inline_json({{"cpu_model", or_null(cpu.model_name)},
                        {"cpu_vendor", or_null(cpu.vendor)},
                        {"cpu_family", or_null(cpu.family)},
                        {"cpu_model_number", or_null(cpu.model)},
                        {"cpu_stepping", or_null(cpu.stepping)},
                        {"hypervisor", or_null(cpu.hypervisor)},
                        {"allowed_cpus", machine.allowed_cpus},
                        {"memory_bytes", or_null(machine.memory.total_bytes)},
                        {"kernel", or_null(machine.kernel)},
                        {"governor", machine.governor.value_or("hidden")}});
}

std::string topology_json(const Topology& topology) {
    Json caches = Json::array();
    for (const CacheLevel& cache : topology.caches) {
        caches.push_back({{"level", cache.level},
                          {"type", cache.type},
                          {"bytes", cache.bytes},
                          {"line_bytes", or_null(cache.line_bytes)},
                          {"instances", cache.instances},
                          {"cpus_per_cache", or_null(cache.cpus_per_cache)}});
    }
    return inline_json({{"source", topology.source},
                        {"packages", or_null(topology.packages)},
                        {"numa_nodes", or_null(topology.numa_nodes)},
                        {"cores", or_null(topology.cores)},
                        {"cpus", or_null(topology.cpus)},
                        {"caches", caches}});
}

std::string preflight_json(const Preflight& preflight) {
    const PreflightReadings& seen = preflight.readings;
    return inline_json({{"verdict", noise_verdict_name(preflight.verdict)},
                        {"reasons", preflight.reasons},
                        {"seconds", seen.seconds},
                        {"cpus", seen.cpus},
                        {"load_average", or_null(seen.load_average)},
                        {"steal_share", or_null(seen.steal_share)},
                        {"involuntary_switches_per_second", or_null(seen.involuntary_switches_per_s)},
                        {"clock_resolution_seconds", seen.clock_resolution_seconds},
                        {"loop_count", seen.loop.count},
                        {"loop_median_seconds", seen.loop.median_seconds},
                        {"loop_p95_over_median", seen.loop.p95_over_median},
                        {"loop_max_over_median", seen.loop.max_over_median},
                        {"ping_pong_seconds", or_null(seen.ping_pong_seconds)}});
}

std::string peaks_json(const MachinePeaks& peaks) {
    return inline_json(peaks_object(peaks));
}

std::string stored_peaks_text(const StoredPeaks& stored) {
    return pretty_json({{"schema", kStoredSchema},
                        {"fingerprint", fingerprint_object(stored.fingerprint)},
                        {"peaks", peaks_object(stored.peaks)}});
}

StoredPeaks parse_stored_peaks(std::string_view text, const std::string& place) {
    const Value document = parse_json(text, place);
    const ObjectReader reader(document, place, "");
    if (reader.text("schema") != kStoredSchema)
        reader.fail_expected("schema", fmt::format("\"{}\"", kStoredSchema));
    StoredPeaks stored;
    const ObjectReader fingerprint(reader.at("fingerprint"), place, "/fingerprint");
    for (const FingerprintField& field : kFingerprintFields)
        stored.fingerprint.*field.text = fingerprint.text(field.key);
    stored.peaks = read_peaks(ObjectReader(reader.at("peaks"), place, "/peaks"));
    return stored;
}

}  // namespace mobilenet_cost

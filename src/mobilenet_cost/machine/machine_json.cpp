#include "mobilenet_cost/machine/machine_json.h"

#include <bit>

#include <fmt/format.h>

#include "mobilenet_cost/base/hash.h"
#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/machine/machine_fields.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kStoredSchema = "mobilenet-cost.peaks.v1";
template <typename Value>
std::string known(const std::optional<Value>& value) {
    return value ? fmt::format("{}", *value) : "-";
}

/// A rate, or the reason why there is none.
void check_rates(const MachinePeaks& peaks, const std::string& place) {
    const auto check = [&place](const Rate& rate) {
        if (rate.per_second.has_value() != rate.reason.empty())
            fail(place, "expected either a rate or the reason for its absence");
    };
    for (const ComputePeaks& row : peaks.compute) {
        for (const Rate* rate : {&row.clock, &row.f32, &row.i8})
            check(*rate);
    }
    for (const MemoryPeaks& row : peaks.memory) {
        check(row.read);
        check(row.triad);
    }
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
    for (const std::string* text : {&fingerprint.cpu, &fingerprint.cpus, &fingerprint.caches,
                                    &fingerprint.memory, &fingerprint.hypervisor, &fingerprint.build}) {
        // With the zero at its end, so that text cannot wander from one field to the next unnoticed.
        hash = fnv1a({text->c_str(), text->size() + 1}, hash);
    }
    return fmt::format("{:016x}", hash);
}

std::string stored_peaks_text(const StoredPeaks& stored) {
    Json json = {{"schema", kStoredSchema}};
    json.update(fields_json(stored));
    return pretty_json(json);
}

StoredPeaks parse_stored_peaks(std::string_view text, const std::string& place) {
    const nlohmann::json document = parse_json(text, place);
    const ObjectReader reader(document, place, "");
    if (reader.text("schema") != kStoredSchema)
        reader.fail_expected("schema", fmt::format("\"{}\"", kStoredSchema));
    StoredPeaks stored;
    FieldReader::from_json(document, {place, ""}, stored);
    check_rates(stored.peaks, place);
    return stored;
}

}  // namespace mobilenet_cost

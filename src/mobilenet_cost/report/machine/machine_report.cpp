#include "mobilenet_cost/report/machine/machine_report.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/machine/machine_fields.h"
#include "mobilenet_cost/report/parts/columns.h"
#include "mobilenet_cost/report/parts/measured_text.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kMachineSchema = "mobilenet-cost.machine.v2";
/// FLOP per byte: from a copy to the large pointwise layers.
constexpr std::array kIntensities = {0.5, 2.0, 8.0, 32.0, 128.0};

// ---- for people ----

std::string count_text(int count, const char* one, const char* many) {
    return count == 0 ? fmt::format("{} not shown", many)
                      : fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string about_text(const MachineReport& report) {
    const Topology& topology = report.topology;
    std::string text = report.machine.cpu.model_name.value_or("CPU of unknown name");
    text += fmt::format("\n{}, {}, {}, {} (by {})\n", count_text(topology.packages, "package", "packages"),
                        count_text(topology.cores, "core", "cores"), count_text(topology.cpus, "CPU", "CPUs"),
                        count_text(topology.numa_nodes, "NUMA node", "NUMA nodes"), topology.source);
    for (const CacheLevel& cache : topology.caches) {
        text += fmt::format("L{} {}: {} x {}, {} of the CPUs on each\n", cache.level, cache.type,
                            cache.instances, bytes_text(cache.bytes), cache.cpus_per_cache);
    }
    for (const std::string& fact : report.hidden)
        text += fact + "\n";
    return text;
}

std::string noise_text(const Preflight& preflight) {
    const PreflightReadings& seen = preflight.readings;
    std::string text = fmt::format(
        "noise now: {} ({} fixed loops of {}: one in twenty takes {:.2f} times the median or more, the "
        "slowest "
        "{:.1f} times)\n",
        noise_verdict_name(preflight.verdict), seen.loop.count, seconds_text(seen.loop.median_seconds),
        seen.loop.p95_over_median, seen.loop.max_over_median);
    for (const std::string& reason : preflight.reasons)
        text += "  " + reason + "\n";
    return text;
}

std::string peaks_text(const MachinePeaks& peaks) {
    std::string text = fmt::format(
        "peaks measured at {}, {} rounds in {}, {}\n", peaks.measured_at, peaks.rounds,
        seconds_text(peaks.seconds),
        peaks.instruction_set.empty()
            ? "no kernels"
            : fmt::format("{} by {}", instruction_set_text(peaks.instruction_set), peaks.kernel_library));
    for (const std::string& warning : peaks.warnings)
        text += "warning: " + warning + "\n";
    return text;
}

/// In units of 1e9 a second.
std::string giga_text(const Rate& rate, int decimals) {
    return rate.per_second ? fmt::format("{:.{}f}", rate.per_second->value / kGiga, decimals) : "";
}

std::string giga_interval(const Rate& rate) {
    if (!rate.per_second || !rate.per_second->interval) return "";
    const Interval& interval = *rate.per_second->interval;
    return fmt::format("{:.1f}-{:.1f}", interval.low / kGiga, interval.high / kGiga);
}

std::string decimals(const std::optional<double>& value, int count) {
    return value ? fmt::format("{:.{}f}", *value, count) : "";
}

template <typename Row>
auto giga(Rate Row::*rate, int decimals) {
    return [rate, decimals](const Row& row) { return giga_text(row.*rate, decimals); };
}

template <typename Row>
auto giga_ends(Rate Row::*rate) {
    return [rate](const Row& row) { return giga_interval(row.*rate); };
}

Table compute_table(const MachinePeaks& peaks) {
    using Row = ComputePeaks;
    const RowFields<Row> fields = {
        {"threads", "threads", Show::plain, kShownOnly, &Row::threads},
        {"clock", "clock GHz", Show::plain, kShownOnly, giga(&Row::clock, 2)},
        {"f32", "f32 GFLOP/s", Show::plain, kShownOnly, giga(&Row::f32, 1)},
        {"f32_interval", "95 % interval", Show::plain, kShownOnly, giga_ends(&Row::f32)},
        {"per_cycle", "FLOP/cycle", Show::plain, kShownOnly,
         [](const Row& row) { return decimals(row.f32_flops_per_cycle, 1); }},
        {"i8", "i8 Gop/s", Show::plain, kShownOnly, giga(&Row::i8, 1)},
        {"i8_interval", "95 % interval", Show::plain, kShownOnly, giga_ends(&Row::i8)}};
    Table table = fields.shown(peaks.compute);
    table.caption = "arithmetic in registers";
    table.droppable = {"per_cycle", "clock"};
    return table;
}

Table memory_table(const MachinePeaks& peaks) {
    using Row = MemoryPeaks;
    const RowFields<Row> fields = {
        {"level", "level", Show::name, kShownOnly, &Row::level},
        {"threads", "threads", Show::plain, kShownOnly, &Row::threads},
        {"used", "used", Show::plain, kShownOnly,
         [](const Row& row) { return row.used_bytes == 0 ? "" : bytes_text(row.used_bytes); }},
        {"read", "read GB/s", Show::plain, kShownOnly, giga(&Row::read, 1)},
        {"read_interval", "95 % interval", Show::plain, kShownOnly, giga_ends(&Row::read)},
        {"triad", "triad GB/s", Show::plain, kShownOnly, giga(&Row::triad, 1)},
        {"triad_interval", "95 % interval", Show::plain, kShownOnly, giga_ends(&Row::triad)},
        {"ridge", "ridge FLOP/B", Show::plain, kShownOnly,
         [&](const Row& row) { return decimals(ridge_point(peaks, row.level, row.threads), 2); }}};
    Table table = fields.shown(peaks.memory);
    table.droppable = {"used", "ridge"};
    table.caption = "memory; the ridge is the FLOP per byte above which arithmetic is the bound";
    return table;
}

Table round_trip_table(const MachinePeaks& peaks) {
    using Row = RoundTrip;
    if (peaks.round_trips.empty()) return {};
    const RowFields<Row> fields = {{"first_cpu", "CPU", Show::plain, kShownOnly, &Row::first_cpu},
                                   {"second_cpu", "CPU", Show::plain, kShownOnly, &Row::second_cpu},
                                   {"round_trip", "ns", Show::plain, kShownOnly,
                                    [](const Row& row) { return decimals(row.seconds.value * 1e9, 0); }},
                                   {"distance", "", Show::name, kShownOnly, [](const Row& row) {
                                        return row.seconds.value < kNearRoundTripSeconds ? "near" : "far";
                                    }}};
    Table table = fields.shown(peaks.round_trips);
    table.caption = "a cache line to another CPU and back";
    return table;
}

Table roofline_table(const MachinePeaks& peaks) {
    Table table;
    table.caption =
        "roofline: GFLOP/s that can be reached at so many FLOP per byte, min(peak, bandwidth x intensity)";
    table.columns = {{"level", "level", true}, {"threads", "threads"}};
    for (const double intensity : kIntensities)
        table.columns.push_back({fmt::format("at_{}", intensity), fmt::format("{}", intensity)});
    for (const MemoryPeaks& row : peaks.memory) {
        const auto flops = peak_flops(peaks, row.threads);
        const auto bandwidth = level_bandwidth(peaks, row.level, row.threads);
        if (!flops || !bandwidth) continue;
        std::vector<Cell> cells = {text_cell(row.level), count_cell(row.threads)};
        for (const double intensity : kIntensities)
            cells.push_back(number_cell(std::min(*flops, *bandwidth * intensity) / kGiga, 1));
        table.rows.push_back(std::move(cells));
    }
    if (table.rows.empty()) table = {};
    return table;
}

/// Why figures are missing, each reason once.
std::string absence_text(const MachinePeaks& peaks) {
    std::string text;
    std::vector<std::string> told;
    const auto tell = [&](const std::string& what, const Rate& rate) {
        if (rate.reason.empty() || std::find(told.begin(), told.end(), what + rate.reason) != told.end())
            return;
        told.push_back(what + rate.reason);
        text += fmt::format("no {}: {}\n", what, rate.reason);
    };
    for (const ComputePeaks& row : peaks.compute) {
        tell("f32 peak", row.f32);
        tell("i8 peak", row.i8);
    }
    for (const MemoryPeaks& row : peaks.memory) {
        tell(row.level + " read", row.read);
        tell(row.level + " triad", row.triad);
    }
    return text;
}

// ---- for programs ----

/// A figure, as a row of the CSV.
struct FigureRow {
    std::string figure;
    std::int64_t threads = 1;
    Rate rate;
    std::string unit;
};

std::vector<FigureRow> figures(const MachinePeaks& peaks) {
    std::vector<FigureRow> rows;
    for (const ComputePeaks& row : peaks.compute) {
        rows.push_back({"clock", row.threads, row.clock, "cycle"});
        rows.push_back({"f32", row.threads, row.f32, "FLOP"});
        rows.push_back({"i8", row.threads, row.i8, "op"});
    }
    for (const MemoryPeaks& row : peaks.memory) {
        rows.push_back({row.level + " read", row.threads, row.read, "B"});
        rows.push_back({row.level + " triad", row.threads, row.triad, "B"});
    }
    return rows;
}

std::optional<double> end_of(const FigureRow& row, double Interval::*end) {
    const auto& estimate = row.rate.per_second;
    return estimate && estimate->interval ? std::optional((*estimate->interval).*end) : std::nullopt;
}

std::optional<double> centre_of(const FigureRow& row) {
    return row.rate.per_second ? std::optional(row.rate.per_second->value) : std::nullopt;
}

Json roofline_json(const MachinePeaks& peaks) {
    Json rows = Json::array();
    for (const MemoryPeaks& row : peaks.memory) {
        const auto flops = peak_flops(peaks, row.threads);
        const auto bandwidth = level_bandwidth(peaks, row.level, row.threads);
        const auto ridge = ridge_point(peaks, row.level, row.threads);
        if (!ridge) continue;
        rows.push_back({{"level", row.level},
                        {"threads", row.threads},
                        {"peak_flops_per_second", *flops},
                        {"bytes_per_second", *bandwidth},
                        {"ridge_flops_per_byte", *ridge}});
    }
    return rows;
}

/// Without what changes from moment to moment: a document whose peaks were stored equals the first one, but
/// for the preflight.
Json lasting(const MachineInfo& machine) {
    Json json = fields_json(machine);
    json.erase("memory_available_bytes");
    json.erase("load_average");
    return json;
}

Json document(const MachineReport& report) {
    Json preflight = fields_json(report.preflight);
    preflight["clock_resolution_seconds"] = report.preflight.readings.clock_resolution_seconds;
    return object_of({{"schema", kMachineSchema},
                      {"machine", lasting(report.machine)},
                      {"topology", fields_json(report.topology)},
                      {"hidden", report.hidden},
                      {"fingerprint", fields_json(report.fingerprint)},
                      {"preflight", preflight},
                      {"peaks", fields_json(report.peaks)},
                      {"roofline", roofline_json(report.peaks)}});
}

}  // namespace

std::vector<Section> machine_sections(const MachineReport& report) {
    std::vector<Section> sections = {{about_text(report), {}},
                                     {noise_text(report.preflight), {}},
                                     {peaks_text(report.peaks), compute_table(report.peaks)},
                                     {"", memory_table(report.peaks)}};
    for (Table table : {round_trip_table(report.peaks), roofline_table(report.peaks)}) {
        if (!table.columns.empty()) sections.push_back({"", std::move(table)});
    }
    const std::string absent = absence_text(report.peaks);
    if (!absent.empty()) sections.push_back({absent, {}});
    return sections;
}

Table machine_csv_table(const MachineReport& report) {
    using Row = FigureRow;
    const RowFields<Row> fields = {
        {"figure", kCsv, &Row::figure},
        {"threads", kCsv, &Row::threads},
        {"per_second", kCsv, centre_of},
        {"ci_low", kCsv, [](const Row& row) { return end_of(row, &Interval::low); }},
        {"ci_high", kCsv, [](const Row& row) { return end_of(row, &Interval::high); }},
        {"unit", kCsv, &Row::unit},
        {"reason", kCsv, [](const Row& row) { return row.rate.reason; }}};
    return fields.csv(figures(report.peaks));
}

std::string machine_json(const MachineReport& report) {
    return pretty_json(document(report));
}

std::string machine_jsonl(const MachineReport& report) {
    return compact_json(document(report));
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/machine/machine_report.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kMachineSchema = "mobilenet-cost.machine.v1";
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
        peaks.instruction_set.empty() ? "no kernels"
                                      : fmt::format("{} by {}", peaks.instruction_set, peaks.kernel_library));
    for (const std::string& warning : peaks.warnings)
        text += "warning: " + warning + "\n";
    return text;
}

/// In units of 1e9 a second.
Cell giga_cell(const Rate& rate, int decimals) {
    if (!rate.per_second) return unknown_cell();
    return number_cell(rate.per_second->value / kGiga, decimals);
}

Cell interval_cell(const Rate& rate, int decimals) {
    if (!rate.per_second || !rate.per_second->interval) return unknown_cell();
    const Interval& interval = *rate.per_second->interval;
    return text_cell(
        fmt::format("{:.{}f}-{:.{}f}", interval.low / kGiga, decimals, interval.high / kGiga, decimals));
}

Cell maybe_cell(const std::optional<double>& value, int decimals) {
    return value ? number_cell(*value, decimals) : unknown_cell();
}

Table compute_table(const MachinePeaks& peaks) {
    Table table;
    table.caption = "arithmetic in registers";
    table.columns = {{"threads", "threads"},          {"clock", "clock GHz"},
                     {"f32", "f32 GFLOP/s"},          {"f32_interval", "95 % interval"},
                     {"per_cycle", "FLOP/cycle"},     {"i8", "i8 Gop/s"},
                     {"i8_interval", "95 % interval"}};
    for (const ComputePeaks& row : peaks.compute) {
        table.rows.push_back({count_cell(row.threads), giga_cell(row.clock, 2), giga_cell(row.f32, 1),
                              interval_cell(row.f32, 1), maybe_cell(row.f32_flops_per_cycle, 1),
                              giga_cell(row.i8, 1), interval_cell(row.i8, 1)});
    }
    return table;
}

Table memory_table(const MachinePeaks& peaks) {
    Table table;
    table.caption = "memory; the ridge is the FLOP per byte above which arithmetic is the bound";
    table.columns = {{"level", "level", true},
                     {"threads", "threads"},
                     {"used", "used"},
                     {"read", "read GB/s"},
                     {"read_interval", "95 % interval"},
                     {"triad", "triad GB/s"},
                     {"triad_interval", "95 % interval"},
                     {"ridge", "ridge FLOP/B"}};
    for (const MemoryPeaks& row : peaks.memory) {
        const Cell used = row.used_bytes == 0 ? unknown_cell() : text_cell(bytes_text(row.used_bytes));
        table.rows.push_back({text_cell(row.level), count_cell(row.threads), used, giga_cell(row.read, 1),
                              interval_cell(row.read, 1), giga_cell(row.triad, 1),
                              interval_cell(row.triad, 1),
                              maybe_cell(ridge_point(peaks, row.level, row.threads), 2)});
    }
    return table;
}

Table round_trip_table(const MachinePeaks& peaks) {
    Table table;
    if (peaks.round_trips.empty()) return table;
    table.caption = "a cache line to another CPU and back";
    table.columns = {
        {"first_cpu", "CPU"}, {"second_cpu", "CPU"}, {"round_trip", "ns"}, {"distance", "", true}};
    for (const RoundTrip& row : peaks.round_trips) {
        table.rows.push_back({count_cell(row.first_cpu), count_cell(row.second_cpu),
                              number_cell(row.seconds.value * 1e9, 0),
                              text_cell(row.seconds.value < kNearRoundTripSeconds ? "near" : "far")});
    }
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

void add_row(Table& table, const std::string& figure, std::int64_t threads, const Rate& rate,
             const std::string& unit) {
    std::vector<Cell> row = {text_cell(figure), count_cell(threads)};
    const Estimate* estimate = rate.per_second ? &*rate.per_second : nullptr;
    const Interval* interval = estimate != nullptr && estimate->interval ? &*estimate->interval : nullptr;
    row.push_back(estimate != nullptr ? number_cell(estimate->value, 0) : unknown_cell());
    row.push_back(interval != nullptr ? number_cell(interval->low, 0) : unknown_cell());
    row.push_back(interval != nullptr ? number_cell(interval->high, 0) : unknown_cell());
    row.push_back(text_cell(unit));
    row.push_back(text_cell(rate.reason));
    table.rows.push_back(std::move(row));
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

Json document(const MachineReport& report) {
    return {{"schema", kMachineSchema},
            {"machine", Json::parse(machine_info_json(report.machine))},
            {"topology", Json::parse(topology_json(report.topology))},
            {"hidden", report.hidden},
            {"fingerprint", Json::parse(fingerprint_json(report.fingerprint))},
            {"preflight", Json::parse(preflight_json(report.preflight))},
            {"peaks", Json::parse(peaks_json(report.peaks))},
            {"roofline", roofline_json(report.peaks)}};
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
    Table table;
    table.columns = {{"figure", "figure", true}, {"threads", "threads"}, {"per_second", "per second"},
                     {"ci_low", "low"},          {"ci_high", "high"},    {"unit", "unit", true},
                     {"reason", "reason", true}};
    for (const ComputePeaks& row : report.peaks.compute) {
        add_row(table, "clock", row.threads, row.clock, "cycle");
        add_row(table, "f32", row.threads, row.f32, "FLOP");
        add_row(table, "i8", row.threads, row.i8, "op");
    }
    for (const MemoryPeaks& row : report.peaks.memory) {
        add_row(table, row.level + " read", row.threads, row.read, "B");
        add_row(table, row.level + " triad", row.threads, row.triad, "B");
    }
    return table;
}

std::string machine_json(const MachineReport& report) {
    return pretty_json(document(report));
}

std::string machine_jsonl(const MachineReport& report) {
    return compact_json(document(report));
}

}  // namespace mobilenet_cost

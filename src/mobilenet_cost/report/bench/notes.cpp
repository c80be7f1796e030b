#include "mobilenet_cost/report/bench/notes.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/report/bench/cells.h"
#include "mobilenet_cost/report/sweep/notes.h"

namespace mobilenet_cost {
namespace {

std::string interval_line(const SweepRun& run) {
    const std::size_t needed = samples_for_interval(run.timing.confidence);
    if (run.measurement.order.empty() || run.measurement.order.size() >= needed) return {};
    return fmt::format("No intervals: {:.4g} % confidence needs {} rounds.\n", run.timing.confidence * 100,
                       needed);
}

/// Reasons to trust one point less than the others.
std::string point_remarks(const SweepRun& run, const SweepResult& result, std::size_t index) {
    const SweepPoint& point = run.points[index];
    if (result.points[index].status != BenchStatus::ok) return {};
    const BlockSize& size = run.measurement.cells[index].size;
    const std::size_t cpus = run.origin.machine.allowed_cpus.size();
    const std::string name =
        fmt::format("{}, {}", row_title(point.engine, point.threads), network_kind_name(point.network));
    std::string text;
    if (!size.confirmed)
        text += fmt::format("{}: no two calibrations agreed; blocks are {} passes.\n", name, size.passes);
    if (cpus > 0 && static_cast<std::size_t>(point.threads) > cpus)
        text += fmt::format("{}: more threads than the {} CPUs allowed.\n", name, cpus);
    return text;
}

std::string cache_line(const SweepRun& run) {
    const CacheFlush& flush = run.cache_flush;
    const std::string mode(cache_mode_name(run.timing.cache));
    if (!flush.verified) return fmt::format("Caches: {}, nothing is evicted between passes.\n", mode);
    return fmt::format(
        "Caches: {}, evicted before each pass by {}; reading a line of a probe takes {:.1f} ns warm and "
        "{:.1f} ns "
        "after it ({}).\n",
        mode, flush.method, flush.warm_ns_per_line.value_or(0), flush.flushed_ns_per_line.value_or(0),
        *flush.verified ? "verified" : "NOT verified");
}

std::string memory_line(const SweepRun& run) {
    const bool any = std::any_of(run.points.begin(), run.points.end(),
                                 [](const SweepPoint& point) { return point.memory.has_value(); });
    if (!any) return {};
    return "Live peak + in place + kept + padding + gaps + scratch = real peak. In place: saved by reusing "
           "an input's buffer, or by never holding a tensor whole; kept: held to the end of the pass (mainly "
           "the input); padding: alignment and over-read space; gaps: fragmentation.\n";
}

}  // namespace

std::vector<std::string> bench_warnings(const SweepRun& run, const BenchVariant& variant) {
    std::vector<std::string> warnings;
    if (run.cache_flush.verified == false) {
        warnings.push_back(fmt::format("{} did not empty the caches: what is called {} may be warm.",
                                       run.cache_flush.method, cache_mode_name(run.cache_flush.mode)));
    }
    for (const LayerProfile& profile : variant.profiles) {
        if (!has_notable_residual(profile)) continue;
        warnings.push_back(fmt::format(
            "The layers do not explain the pass: {}, residual {:+.1f} %; the machine was too noisy for "
            "their times to be trusted.",
            row_title(profile.engine, profile.threads),
            100 * profile.residual_seconds / profile.whole_seconds.value));
    }
    return warnings;
}

std::string bench_notes(const SweepRun& run, const SweepResult& result,
                        const std::vector<BenchVariant>& variants) {
    std::string text =
        interval_line(run) + cache_line(run) + memory_line(run) + sweep_note_section(run, result).text;
    const auto add = [&text](const std::string& line) {
        if (text.find(line) == std::string::npos) text += line;
    };
    for (std::size_t i = 0; i < run.points.size(); ++i)
        add(point_remarks(run, result, i));
    for (const BenchVariant& variant : variants) {
        for (const std::string& warning : bench_warnings(run, variant))
            add(warning + "\n");
    }
    return text;
}

}  // namespace mobilenet_cost

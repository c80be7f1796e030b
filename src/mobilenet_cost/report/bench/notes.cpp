#include "mobilenet_cost/report/bench/notes.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/measure/disturbance.h"
#include "mobilenet_cost/report/bench/cells.h"
#include "mobilenet_cost/report/parts/measured_text.h"

namespace mobilenet_cost {
namespace {

/// A machine with more running processes than this part of its CPUs was not idle before the bench.
constexpr double kNotableLoad = 0.5;

/// Above this part of the CPU time, stolen time is worth a remark.
constexpr double kNotableSteal = 0.01;

std::string rounds_line(const BenchResult& result) {
    const BenchSettings& settings = result.settings;
    std::string text = fmt::format("{} of {} rounds in {}, order from seed {}", result.order.size(),
                                   settings.rounds, seconds_text(result.seconds), settings.seed);
    if (settings.pin_cpu) text += fmt::format(", one-thread passes on CPU {}", *settings.pin_cpu);
    text += "\n";
    if (result.ended == Ended::time_limit) {
        text += fmt::format("Cut short by the limit of {} s: raise --max-seconds for all rounds.\n",
                            settings.max_seconds);
    }
    if (result.ended == Ended::interrupted) text += "Interrupted: this is what there was until then.\n";
    if (result.shortened) {
        text += "Blocks are shorter than usual, to leave time for enough rounds: raise --max-seconds.\n";
    }
    const std::size_t needed = samples_for_interval(settings.confidence);
    if (result.order.size() < needed) {
        text += fmt::format("No intervals: {:.4g} % confidence needs {} rounds.\n", settings.confidence * 100,
                            needed);
    }
    return text;
}

/// What makes one row less trustworthy than the others.
std::string row_remarks(const BenchResult& result, const NetworkResult& row) {
    if (row.status != BenchStatus::ok) return {};
    const std::string name = row_title(row.engine, row.threads) + ", " + network_title(result, row.network);
    std::string text;
    if (!row.samples.warm_up.converged) {
        text += fmt::format("{}: the warm-up ended at its limit ({}), not because the times agreed.\n", name,
                            seconds_text(row.samples.warm_up.seconds));
    }
    if (!row.samples.size.confirmed) {
        text += fmt::format("{}: no two calibrations agreed; blocks are {} passes.\n", name,
                            row.samples.size.passes);
    }
    if (static_cast<std::size_t>(row.threads) > result.machine.allowed_cpus.size() &&
        !result.machine.allowed_cpus.empty()) {
        text += fmt::format("{}: more threads than the {} CPUs allowed.\n", name,
                            result.machine.allowed_cpus.size());
    }
    return text;
}

std::string steal_remark(const BenchResult& result) {
    double stolen = 0;
    double blocks = 0;
    for (const NetworkResult& row : result.networks) {
        stolen += total_disturbance(row.samples).steal_seconds.value_or(0);
        for (const TimedBlock& block : row.samples.blocks) {
            blocks += timed_seconds(block, row.samples.size.group);
        }
    }
    const double cpus = std::max<double>(static_cast<double>(result.machine.allowed_cpus.size()), 1);
    if (!(stolen > kNotableSteal * blocks * cpus)) return {};
    return fmt::format("The hypervisor took {:.1f} % of the CPU time during the rounds.\n",
                       100 * stolen / (blocks * cpus));
}

/// They count all the same: medians and pairs bear some of them.
std::string disturbed_remark(const BenchResult& result) {
    std::ptrdiff_t blocks = 0;
    std::ptrdiff_t disturbed = 0;
    for (const NetworkResult& row : result.networks) {
        const CellSamples& samples = row.samples;
        blocks += std::ssize(samples.blocks);
        disturbed += std::count_if(
            samples.blocks.begin(), samples.blocks.end(),
            [&](const TimedBlock& block) { return is_disturbed(block, samples.size.group, {}); });
    }
    if (disturbed == 0) return {};
    return fmt::format("{} of {} blocks were disturbed from outside and count all the same.\n", disturbed,
                       blocks);
}

std::string load_remark(const BenchResult& result) {
    const auto& load = result.machine.load_average;
    const auto cpus = static_cast<double>(result.machine.allowed_cpus.size());
    if (!load || !(load->front() > kNotableLoad * cpus)) return {};
    return fmt::format(
        "Other programs were running (load {} on {} CPUs): times are too long and uneven, above "
        "all those of several threads.\n",
        load->front(), cpus);
}

std::string cache_line(const BenchResult& result) {
    const CacheFlush& flush = result.cache_flush;
    const std::string mode(cache_mode_name(result.settings.cache));
    if (!flush.verified) return fmt::format("Caches: {}, nothing is evicted between passes.\n", mode);
    return fmt::format(
        "Caches: {}, evicted before each pass by {}; reading a line of a probe takes {:.1f} ns warm and "
        "{:.1f} ns "
        "after it ({}).\n",
        mode, flush.method, flush.warm_ns_per_line.value_or(0), flush.flushed_ns_per_line.value_or(0),
        *flush.verified ? "verified" : "NOT verified");
}

std::string memory_line(const BenchResult& result) {
    const bool any = std::any_of(result.networks.begin(), result.networks.end(),
                                 [](const NetworkResult& row) { return row.memory.has_value(); });
    if (!any) return {};
    return "Live peak + in place + kept + padding + gaps + scratch = real peak. In place: outputs "
           "that take the place of a dying input, or that are read band by band and never whole; "
           "kept: what outlives its last reader, the input above all; padding: alignment, and room "
           "for kernels that read on; gaps: between blocks of unlike size and life.\n";
}

}  // namespace

std::vector<std::string> bench_warnings(const BenchResult& result) {
    std::vector<std::string> warnings;
    if (result.cache_flush.verified == false) {
        warnings.push_back(fmt::format("{} did not empty the caches: what is called {} may be warm.",
                                       result.cache_flush.method, cache_mode_name(result.cache_flush.mode)));
    }
    for (const LayerProfile& profile : result.profiles) {
        if (!has_notable_residual(profile)) continue;
        warnings.push_back(fmt::format(
            "The layers do not explain the pass: {}, residual {:+.1f} %; it was too noisy for their times "
            "to be trusted (try --rounds or --max-seconds).",
            row_title(profile.engine, profile.threads),
            100 * profile.residual_seconds / profile.whole_seconds.value));
    }
    return warnings;
}

std::string bench_notes(const BenchResult& result) {
    std::string text =
        rounds_line(result) + cache_line(result) + memory_line(result) + machine_line(result.machine);
    for (const NetworkResult& row : result.networks)
        text += row_remarks(result, row);
    text += load_remark(result) + steal_remark(result) + disturbed_remark(result);
    for (const std::string& warning : bench_warnings(result))
        text += warning + "\n";
    return text;
}

}  // namespace mobilenet_cost

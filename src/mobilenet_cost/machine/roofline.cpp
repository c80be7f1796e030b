#include "mobilenet_cost/machine/roofline.h"

#include <algorithm>

#include <fmt/format.h>

namespace mobilenet_cost {
namespace {

Rate rate_of(const std::vector<double>& samples, const std::string& reason, double factor = 1) {
    if (samples.empty()) return {std::nullopt, reason.empty() ? "not measured" : reason};
    return {scaled(median_estimate(samples, kPeakConfidence), factor), ""};
}

/// Per cycle of one core, paired by round; nothing without a clock.
std::optional<double> per_cycle(const std::vector<double>& samples, const std::vector<double>& cycles) {
    if (samples.empty() || samples.size() != cycles.size()) return std::nullopt;
    return paired_ratio(samples, cycles, kPeakConfidence).value;
}

/// Refuses a rate that the core cannot have.
void refuse_above(Rate& rate, std::optional<double> found, double limit, const std::string& unit,
                  const std::string& because, std::vector<std::string>& warnings) {
    if (!found || *found <= limit * kPlausibleSlack) return;
    rate = {std::nullopt, fmt::format("implausible: {:.1f} {} a cycle and core, above the {:.1f} of {}",
                                      *found, unit, limit, because)};
    warnings.push_back(rate.reason);
}

ComputePeaks summarise(const ComputeSamples& samples, const PeakSamples& all,
                       std::vector<std::string>& warnings) {
    ComputePeaks peaks;
    peaks.threads = samples.threads;
    peaks.clock = rate_of(samples.cycles, all.compute_reason, 1.0 / static_cast<double>(samples.threads));
    peaks.f32 = rate_of(samples.f32, all.compute_reason);
    peaks.i8 = rate_of(samples.i8, all.i8_reason);
    peaks.f32_flops_per_cycle = per_cycle(samples.f32, samples.cycles);
    const std::int64_t lanes = all.about.vector_bytes / 4;
    refuse_above(peaks.f32, peaks.f32_flops_per_cycle, 2.0 * static_cast<double>(kMostVectorPipes * lanes),
                 "f32 FLOP", fmt::format("{} pipes of {} lanes", kMostVectorPipes, lanes), warnings);
    refuse_above(peaks.i8, per_cycle(samples.i8, samples.cycles),
                 2.0 * static_cast<double>(kMostVectorPipes * all.i8_vector_bytes), "i8 op",
                 fmt::format("{} pipes of {} lanes", kMostVectorPipes, all.i8_vector_bytes), warnings);
    if (!peaks.f32.per_second) peaks.f32_flops_per_cycle.reset();
    return peaks;
}

const std::vector<double>* cycles_of(const PeakSamples& all, std::int64_t threads) {
    for (const ComputeSamples& samples : all.compute) {
        if (samples.threads == threads) return &samples.cycles;
    }
    return nullptr;
}

MemoryPeaks summarise(const MemorySamples& samples, const PeakSamples& all,
                      std::vector<std::string>& warnings) {
    MemoryPeaks peaks{.level = samples.level,
                      .threads = samples.threads,
                      .capacity_bytes = samples.capacity_bytes,
                      .used_bytes = samples.used_bytes,
                      .read = rate_of(samples.read, samples.reason),
                      .triad = rate_of(samples.triad, samples.reason)};
    const std::vector<double>* cycles = cycles_of(all, samples.threads);
    if (cycles == nullptr) return peaks;
    const double loaded = kMostVectorLoads * static_cast<double>(all.about.vector_bytes);
    const std::string because =
        fmt::format("{:.0f} vectors of {} B loaded", kMostVectorLoads, all.about.vector_bytes);
    refuse_above(peaks.read, per_cycle(samples.read, *cycles), loaded,
                 fmt::format("B read from {}", samples.level), because, warnings);
    // Of three vectors moved, two are loaded.
    refuse_above(peaks.triad, per_cycle(samples.triad, *cycles), 1.5 * loaded,
                 fmt::format("B of a triad in {}", samples.level), because + " and half as many stored",
                 warnings);
    return peaks;
}

struct MemoryKind {
    const char* name;
    Rate MemoryPeaks::*rate;
};
constexpr MemoryKind kMemoryKinds[] = {{"read", &MemoryPeaks::read}, {"triad", &MemoryPeaks::triad}};

/// Levels come in the order from the core outwards.
void warn_of_order(const std::vector<MemoryPeaks>& memory, std::vector<std::string>& warnings) {
    for (const MemoryKind& kind : kMemoryKinds) {
        for (std::size_t far = 0; far < memory.size(); ++far) {
            const auto& far_rate = (memory[far].*kind.rate).per_second;
            // The next nearer level of the same number of threads that was measured.
            for (std::size_t near = far; near-- > 0;) {
                const auto& near_rate = (memory[near].*kind.rate).per_second;
                if (memory[near].threads != memory[far].threads || !near_rate) continue;
                if (far_rate && far_rate->value > near_rate->value * kPlausibleSlack) {
                    warnings.push_back(fmt::format(
                        "{} of {} is quicker than of {} with {} thread{} ({:.1f} and {:.1f} GB/s): something "
                        "disturbed it, or the caches are not as large as this machine says",
                        kind.name, memory[far].level, memory[near].level, memory[far].threads,
                        memory[far].threads == 1 ? "" : "s", far_rate->value / 1e9, near_rate->value / 1e9));
                }
                break;
            }
        }
    }
}

/// What `known` says for these threads, or at least what is possible with them.
template <typename Known>
std::optional<double> for_threads(std::int64_t threads, const Known& known, std::int64_t most) {
    if (const std::optional<double> measured = known(threads)) return measured;
    const std::optional<double> one = known(1);
    if (!one) return std::nullopt;
    const double linear = *one * static_cast<double>(threads);
    const std::optional<double> all = known(most);
    return all ? std::min(linear, *all) : linear;
}

std::int64_t most_threads(const MachinePeaks& peaks) {
    std::int64_t most = 1;
    for (const ComputePeaks& row : peaks.compute)
        most = std::max(most, row.threads);
    return most;
}

/// The larger of read and triad: a bound may not be above what is possible.
std::optional<double> best_bandwidth(const MemoryPeaks& row) {
    std::optional<double> best;
    for (const MemoryKind& kind : kMemoryKinds) {
        const auto& rate = (row.*kind.rate).per_second;
        if (rate) best = std::max(best.value_or(0), rate->value);
    }
    return best;
}

}  // namespace

MachinePeaks summarise_peaks(const PeakSamples& samples) {
    MachinePeaks peaks = samples.about;
    for (const ComputeSamples& row : samples.compute)
        peaks.compute.push_back(summarise(row, samples, peaks.warnings));
    for (const MemorySamples& row : samples.memory)
        peaks.memory.push_back(summarise(row, samples, peaks.warnings));
    for (const RoundTripSamples& row : samples.round_trips) {
        if (row.seconds.empty()) continue;
        peaks.round_trips.push_back(
            {row.first_cpu, row.second_cpu, median_estimate(row.seconds, kPeakConfidence)});
    }
    warn_of_order(peaks.memory, peaks.warnings);
    return peaks;
}

std::optional<double> peak_flops(const MachinePeaks& peaks, std::int64_t threads) {
    const auto known = [&](std::int64_t count) -> std::optional<double> {
        for (const ComputePeaks& row : peaks.compute) {
            if (row.threads == count && row.f32.per_second) return row.f32.per_second->value;
        }
        return std::nullopt;
    };
    return for_threads(threads, known, most_threads(peaks));
}

std::optional<double> level_bandwidth(const MachinePeaks& peaks, const std::string& level,
                                      std::int64_t threads) {
    const auto known = [&](std::int64_t count) -> std::optional<double> {
        for (const MemoryPeaks& row : peaks.memory) {
            if (row.threads == count && row.level == level) return best_bandwidth(row);
        }
        return std::nullopt;
    };
    return for_threads(threads, known, most_threads(peaks));
}

std::optional<double> ridge_point(const MachinePeaks& peaks, const std::string& level, std::int64_t threads) {
    const auto flops = peak_flops(peaks, threads);
    const auto bandwidth = level_bandwidth(peaks, level, threads);
    if (!flops || !bandwidth) return std::nullopt;
    return *flops / *bandwidth;
}

}  // namespace mobilenet_cost

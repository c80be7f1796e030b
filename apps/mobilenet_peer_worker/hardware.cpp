#include "hardware.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/machine/peaks.h"

namespace mobilenet_cost::peer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kSteps = 20'000;  // of a chunk: tens of microseconds

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double core_hertz() {
    constexpr int kTries = 20;  // of which the best: an interruption makes a core look slow
    constexpr std::int64_t kAdditions = 200'000;
    double best = 0;
    for (int i = 0; i < kTries; ++i) {
        const auto start = Clock::now();
        volatile std::uint64_t kept = dependent_adds(kAdditions);
        (void)kept;
        best = std::max(best, static_cast<double>(kAdditions) / seconds_since(start));
    }
    return best;
}

struct ThreadResult {
    double flops_per_second = 0;
    double hertz = 0;
    float value = 0;  // kept, so that the work is
};

/// Of a core at its usual clock: the median chunk, so that an interruption does not count.
ThreadResult run_thread(const PeakKernels& kernels, int cpu, double seconds, std::atomic<int>& missing) {
    const auto pin = pin_to_cpu(cpu);
    ThreadResult result;
    missing.fetch_sub(1);
    while (missing.load() > 0) {
    }
    std::vector<double> rates;
    const auto start = Clock::now();
    do {
        const auto chunk = Clock::now();
        result.value += kernels.multiply_add(kSteps, 0.999F, 0.001F);
        rates.push_back(static_cast<double>(kSteps) * kernels.flops_per_step / seconds_since(chunk));
    } while (seconds_since(start) < seconds);
    result.flops_per_second = median(rates);
    result.hertz = core_hertz();
    return result;
}

}  // namespace

int cpu_for(int index, int count) {
    const std::vector<int> cpus = allowed_cpus();
    const auto needed = static_cast<std::size_t>(count);
    if (cpus.size() < needed) {
        fail("threads",
             fmt::format("expected at most one for each of {} CPUs, found {}", cpus.size(), count));
    }
    return cpus[cpus.size() - needed + static_cast<std::size_t>(index)];
}

PeakFlops measure_peak(int threads, double seconds) {
    const PeakKernelsStatus found = find_peak_kernels();
    if (found.kernels == nullptr) fail("peak", found.reason);
    std::vector<ThreadResult> results(static_cast<std::size_t>(threads));
    std::vector<std::thread> running;
    std::vector<int> cpus;
    for (int i = 0; i < threads; ++i)
        cpus.push_back(cpu_for(i, threads));
    std::atomic<int> missing = threads;
    for (std::size_t i = 0; i < results.size(); ++i)
        running.emplace_back([&, i] { results[i] = run_thread(*found.kernels, cpus[i], seconds, missing); });
    for (std::thread& thread : running)
        thread.join();
    PeakFlops peak;
    peak.instruction_set = found.kernels->target;
    for (const ThreadResult& result : results) {
        peak.flops_per_second += result.flops_per_second;
        peak.core_hertz = std::max(peak.core_hertz, result.hertz);
    }
    return peak;
}

}  // namespace mobilenet_cost::peer

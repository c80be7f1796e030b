#include <algorithm>
#include <atomic>
#include <chrono>
#include <string_view>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <fmt/format.h>

#include "mobilenet_cost/error.h"
#include "mobilenet_cost/machine.h"
#include "mobilenet_cost/stats.h"

#include "hardware.h"

namespace mobilenet_cost::peer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kSteps = 20'000;  // of a chunk: tens of microseconds

/// One chunk of work; returns a value that depends on all of it, so that none of it can be left out.
using Kernel = float (*)(float factor, float summand);

struct PeakKernel {
    std::string_view instruction_set;
    Kernel run;
    double flops;  ///< of a chunk
};

// Chains of dependent multiply-adds, as many as it takes to keep every unit busy: latency (4 or 5 cycles) x
// units (2) = 8 to 10, and no more than registers hold. x = x * factor + summand stays near 1: no denormals.

#if defined(__x86_64__)

// Not templates: a lambda or a helper would not inherit the target.

__attribute__((target("avx512f"))) float fma_avx512(float factor, float summand) {
    constexpr int kChains = 20;
    const __m512 a = _mm512_set1_ps(factor);
    const __m512 b = _mm512_set1_ps(summand);
    __m512 x[kChains];
    for (int i = 0; i < kChains; ++i)
        x[i] = _mm512_set1_ps(1.0F + static_cast<float>(i));
    for (std::int64_t step = 0; step < kSteps; ++step) {
#pragma GCC unroll 20
        for (int i = 0; i < kChains; ++i)
            x[i] = _mm512_fmadd_ps(x[i], a, b);
    }
    __m512 sum = x[0];
    for (int i = 1; i < kChains; ++i)
        sum = _mm512_add_ps(sum, x[i]);
    return _mm512_cvtss_f32(sum);
}

__attribute__((target("avx2,fma"))) float fma_avx2(float factor, float summand) {
    constexpr int kChains = 12;
    const __m256 a = _mm256_set1_ps(factor);
    const __m256 b = _mm256_set1_ps(summand);
    __m256 x[kChains];
    for (int i = 0; i < kChains; ++i)
        x[i] = _mm256_set1_ps(1.0F + static_cast<float>(i));
    for (std::int64_t step = 0; step < kSteps; ++step) {
#pragma GCC unroll 12
        for (int i = 0; i < kChains; ++i)
            x[i] = _mm256_fmadd_ps(x[i], a, b);
    }
    __m256 sum = x[0];
    for (int i = 1; i < kChains; ++i)
        sum = _mm256_add_ps(sum, x[i]);
    return _mm256_cvtss_f32(sum);
}

#endif

/// Vectors of four, multiplication and addition as the compiler's own target has them.
float multiply_add_portable(float factor, float summand) {
    using Vector = float __attribute__((vector_size(16)));
    constexpr int kChains = 12;
    Vector x[kChains];
    for (int i = 0; i < kChains; ++i)
        x[i] = Vector{} + (1.0F + static_cast<float>(i));
    for (std::int64_t step = 0; step < kSteps; ++step) {
#pragma GCC unroll 12
        for (int i = 0; i < kChains; ++i)
            x[i] = x[i] * factor + summand;
    }
    Vector sum = x[0];
    for (int i = 1; i < kChains; ++i)
        sum += x[i];
    return sum[0];
}

PeakKernel best_kernel() {
    const auto flops = [](int chains, int lanes) { return 2.0 * kSteps * chains * lanes; };
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return {"AVX-512", fma_avx512, flops(20, 16)};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return {"AVX2", fma_avx2, flops(12, 8)};
#endif
    return {"128-bit vectors", multiply_add_portable, flops(12, 4)};
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// An addition that needs the one before it takes one cycle on every x86-64 core.
std::optional<double> core_hertz() {
#if defined(__x86_64__)
    constexpr int kTries = 20;  // of which the best: an interruption makes a core look slow
    constexpr int kLoops = 200;
    constexpr double kAdditions = 1000.0 * kLoops;
    double best = 0;
    for (int i = 0; i < kTries; ++i) {
        std::uint64_t value = 1;
        const auto start = Clock::now();
        for (int loop = 0; loop < kLoops; ++loop)
            asm volatile(".rept 1000\n\taddq %1, %0\n\t.endr" : "+r"(value) : "r"(value));
        best = std::max(best, kAdditions / seconds_since(start));
    }
    return best;
#else
    return std::nullopt;
#endif
}

struct ThreadResult {
    double flops_per_second = 0;
    std::optional<double> hertz;
    float value = 0;  // kept, so that the work is
};

/// Of a core at its usual clock: the median chunk, so that an interruption does not count.
ThreadResult run_thread(const PeakKernel& kernel, int cpu, double seconds, std::atomic<int>& missing) {
    const auto pin = pin_to_cpu(cpu);
    volatile float factor = 0.999F;  // the compiler must not know it
    volatile float summand = 0.001F;
    ThreadResult result;
    missing.fetch_sub(1);
    while (missing.load() > 0) {
    }
    std::vector<double> rates;
    const auto start = Clock::now();
    do {
        const auto chunk = Clock::now();
        result.value += kernel.run(factor, summand);
        rates.push_back(kernel.flops / seconds_since(chunk));
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
    const PeakKernel kernel = best_kernel();
    std::vector<ThreadResult> results(static_cast<std::size_t>(threads));
    std::vector<std::thread> running;
    std::vector<int> cpus;
    for (int i = 0; i < threads; ++i)
        cpus.push_back(cpu_for(i, threads));
    std::atomic<int> missing = threads;
    for (std::size_t i = 0; i < results.size(); ++i)
        running.emplace_back([&, i] { results[i] = run_thread(kernel, cpus[i], seconds, missing); });
    for (std::thread& thread : running)
        thread.join();
    PeakFlops peak;
    peak.instruction_set = kernel.instruction_set;
    for (const ThreadResult& result : results) {
        peak.flops_per_second += result.flops_per_second;
        if (result.hertz) peak.core_hertz = std::max(peak.core_hertz.value_or(0), *result.hertz);
    }
    return peak;
}

}  // namespace mobilenet_cost::peer

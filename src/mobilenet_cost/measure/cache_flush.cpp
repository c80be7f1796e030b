#include "mobilenet_cost/measure/cache_flush.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#include "mobilenet_cost/base/clock.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/random.h"
#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {

namespace {

constexpr std::size_t kLine = 64;  // bytes

#if defined(__x86_64__)

/// Bit 23 of EBX of leaf 7 (Intel's manual, volume 2A, CPUID).
bool has_clflushopt() {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 23U & 1U) != 0;
}

struct Lines {
    std::byte* first = nullptr;
    std::size_t count = 0;
};

/// Every line that a region touches. Not const: the instruction's parameter is not, although it changes
/// nothing.
Lines lines_of(const MemoryRegion& region) {
    if (region.bytes == 0) return {};
    const std::size_t before = reinterpret_cast<std::uintptr_t>(region.begin) % kLine;
    return {const_cast<std::byte*>(region.begin) - before, (before + region.bytes + kLine - 1) / kLine};
}

__attribute__((target("clflushopt"))) void flush_unordered(std::span<const MemoryRegion> regions) {
    for (const MemoryRegion& region : regions) {
        const Lines lines = lines_of(region);
        for (std::size_t i = 0; i < lines.count; ++i)
            _mm_clflushopt(lines.first + i * kLine);
    }
    _mm_mfence();
}

/// Each waits for the one before: some ten times slower.
void flush_ordered(std::span<const MemoryRegion> regions) {
    for (const MemoryRegion& region : regions) {
        const Lines lines = lines_of(region);
        for (std::size_t i = 0; i < lines.count; ++i)
            _mm_clflush(lines.first + i * kLine);
    }
    _mm_mfence();
}

#endif

constexpr std::size_t kProbeLines = 4096;  // 256 KiB
constexpr int kProbes = 15;

/// A line whose only content is where the next one lies.
struct alignas(kLine) ProbeLine {
    const ProbeLine* next = nullptr;
};

/// One cycle through all lines, in random order.
std::vector<ProbeLine> make_probe() {
    std::uint64_t state = 1;
    const std::vector<std::size_t> order = permutation(kProbeLines, state);
    std::vector<ProbeLine> lines(kProbeLines);
    for (std::size_t i = 0; i < kProbeLines; ++i)
        lines[order[i]].next = &lines[order[(i + 1) % kProbeLines]];
    return lines;
}

double nanoseconds_per_line(const std::vector<ProbeLine>& probe) {
    SteadyClock clock;
    const std::int64_t start = clock.now();
    const ProbeLine* line = &probe.front();
    for (std::size_t i = 0; i < kProbeLines; ++i)
        line = line->next;
    const std::int64_t end = clock.now();
    // The cycle ends where it began, which the compiler does not know: it has to read every line.
    return line == nullptr ? 0 : static_cast<double>(end - start) / static_cast<double>(kProbeLines);
}

}  // namespace

std::optional<Evictor> line_evictor() {
#if defined(__x86_64__)
    if (has_clflushopt()) return Evictor{"clflushopt", true, flush_unordered};
    return Evictor{"clflush", true, flush_ordered};
#else
    return std::nullopt;
#endif
}

Evictor sweep_evictor(const MachineInfo& machine) {
    constexpr std::int64_t kAssumed = std::int64_t{64} << 20;
    constexpr std::int64_t kMost = std::int64_t{1} << 30;
    const std::int64_t cache = largest_cache_bytes(machine).value_or(0);
    // Four times: caches do not replace the oldest line for certain.
    const std::int64_t bytes = std::min(4 * (cache > 0 ? cache : kAssumed), kMost);
    const auto buffer = std::make_shared<std::vector<unsigned char>>(static_cast<std::size_t>(bytes));
    return {.method = fmt::format("sweep of {}", bytes_text(bytes)),
            .by_line = false,
            .evict = [buffer](std::span<const MemoryRegion>) {
                for (std::size_t i = 0; i < buffer->size(); i += kLine) {
                    auto* byte = static_cast<volatile unsigned char*>(&(*buffer)[i]);
                    *byte = static_cast<unsigned char>(*byte + 1);
                }
            }};
}

Evictor best_evictor(const MachineInfo& machine) {
    auto by_line = line_evictor();
    return by_line ? std::move(*by_line) : sweep_evictor(machine);
}

// The least of several: other programs on the core only add, to the few warm nanoseconds above all.
CacheFlush verify_flush(CacheMode mode, const Evictor& evictor) {
    if (mode == CacheMode::warm) return {};
    const std::vector<ProbeLine> probe = make_probe();
    const MemoryRegion region{reinterpret_cast<const std::byte*>(probe.data()),
                              probe.size() * sizeof(ProbeLine)};
    std::vector<double> warm;
    std::vector<double> flushed;
    for (int i = 0; i < kProbes; ++i) {
        (void)nanoseconds_per_line(probe);
        warm.push_back(nanoseconds_per_line(probe));
        evictor.evict({&region, 1});
        flushed.push_back(nanoseconds_per_line(probe));
    }
    CacheFlush flush{.mode = mode,
                     .method = evictor.method,
                     .verified = std::nullopt,
                     .warm_ns_per_line = *std::min_element(warm.begin(), warm.end()),
                     .flushed_ns_per_line = *std::min_element(flushed.begin(), flushed.end())};
    flush.verified = *flush.flushed_ns_per_line >= kFlushedFactor * *flush.warm_ns_per_line;
    return flush;
}

std::function<void()> flush_before_pass(const Session& session, CacheMode mode, const Evictor& evictor) {
    if (mode == CacheMode::warm) return {};
    const SessionRegions known = session.regions();
    std::vector<MemoryRegion> regions = known.weights;
    if (mode == CacheMode::cold) {
        regions.insert(regions.end(), known.others.begin(), known.others.end());
    } else if (!evictor.by_line) {
        fail("--cache", "the weights alone are evicted line by line, which is not possible here");
    }
    if (evictor.by_line && known.weights.empty() && session.memory_use().weight_bytes > 0)
        fail("--cache", "the engine does not tell where its packed weights lie");
    return [&evictor, regions] { evictor.evict(regions); };
}

}  // namespace mobilenet_cost

// The f32 and memory kernels, compiled for each instruction set that Highway knows; the best one of this CPU
// is chosen at run time. A plug-in, because only one command needs Highway's library.

// Vectors of unknown length cannot be kept in arrays; where there is SVE, there is NEON with as many pipes.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mobilenet_cost/machine/peaks_hwy.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "mobilenet_cost/machine/peaks.h"
#include "mobilenet_cost/machine/peaks_i8.h"

HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Pipes times latency is 8 to 10 on x86-64, whose smallest register file holds 16 vectors, and up to 16 on
/// AArch64, which has 32.
constexpr int kChains = HWY_ARCH_ARM ? 20 : 12;
constexpr int kLinks = 4;  // in one turn of the loop

using Floats = hn::ScalableTag<float>;
using Words = hn::ScalableTag<std::uint32_t>;

HWY_NOINLINE float multiply_add(std::int64_t steps, float factor, float term) {
    const Floats d;
    const auto factors = hn::Set(d, factor);
    const auto terms = hn::Set(d, term);
    hn::Vec<Floats> chains[kChains];
    for (int i = 0; i < kChains; ++i)
        chains[i] = hn::Set(d, static_cast<float>(i) * 0.125F);
    for (std::int64_t turn = 0; turn < steps / kLinks; ++turn) {
#pragma GCC unroll 4
        for (int link = 0; link < kLinks; ++link) {
#pragma GCC unroll 20
            for (int i = 0; i < kChains; ++i)
                chains[i] = hn::MulAdd(chains[i], factors, terms);
        }
    }
    auto sum = chains[0];
    for (int i = 1; i < kChains; ++i)
        sum = hn::Add(sum, chains[i]);
    return hn::GetLane(hn::SumOfLanes(d, sum));
}

/// Exclusive or: more pipes do it than load, and no value makes it slower. Named sums, because the compiler
/// keeps an array of them in memory.
HWY_NOINLINE std::uint32_t read(const std::uint32_t* words, std::size_t count, std::int64_t repeats) {
    const Words d;
    const std::size_t lanes = hn::Lanes(d);
    auto sum0 = hn::Zero(d);
    auto sum1 = sum0;
    auto sum2 = sum0;
    auto sum3 = sum0;
    auto sum4 = sum0;
    auto sum5 = sum0;
    auto sum6 = sum0;
    auto sum7 = sum0;
    for (std::int64_t repeat = 0; repeat < repeats; ++repeat) {
        // The words may have changed: they are to be read again.
        asm volatile("" : "+r"(words) : : "memory");
        const std::uint32_t* const end = words + count;
        for (const std::uint32_t* at = words; at != end; at += 8 * lanes) {
            sum0 = hn::Xor(sum0, hn::Load(d, at));
            sum1 = hn::Xor(sum1, hn::Load(d, at + lanes));
            sum2 = hn::Xor(sum2, hn::Load(d, at + 2 * lanes));
            sum3 = hn::Xor(sum3, hn::Load(d, at + 3 * lanes));
            sum4 = hn::Xor(sum4, hn::Load(d, at + 4 * lanes));
            sum5 = hn::Xor(sum5, hn::Load(d, at + 5 * lanes));
            sum6 = hn::Xor(sum6, hn::Load(d, at + 6 * lanes));
            sum7 = hn::Xor(sum7, hn::Load(d, at + 7 * lanes));
        }
    }
    const auto low = hn::Xor(hn::Xor(sum0, sum1), hn::Xor(sum2, sum3));
    const auto high = hn::Xor(hn::Xor(sum4, sum5), hn::Xor(sum6, sum7));
    return hn::GetLane(hn::SumOfLanes(d, hn::Xor(low, high)));
}

HWY_NOINLINE float triad(float* sums, const float* left, const float* right, float factor, std::size_t count,
                         std::int64_t repeats) {
    const Floats d;
    const auto factors = hn::Set(d, factor);
    constexpr std::size_t kUnrolled = 4;
    const std::size_t lanes = hn::Lanes(d);
    for (std::int64_t repeat = 0; repeat < repeats; ++repeat) {
        asm volatile("" : "+r"(sums), "+r"(left), "+r"(right) : : "memory");
        for (std::size_t at = 0; at < count; at += kUnrolled * lanes) {
#pragma GCC unroll 4
            for (std::size_t i = 0; i < kUnrolled; ++i) {
                const std::size_t place = at + i * lanes;
                hn::Store(hn::MulAdd(hn::Load(d, right + place), factors, hn::Load(d, left + place)), d,
                          sums + place);
            }
        }
    }
    return sums[0] + sums[count - 1];
}

PeakKernels kernels() {
    const Floats d;
    const auto lanes = static_cast<double>(hn::Lanes(d));
    PeakKernels result;
    result.target = hwy::TargetName(HWY_TARGET);
    result.vector_bytes = static_cast<int>(hn::Lanes(d) * sizeof(float));
    result.multiply_add = multiply_add;
    result.flops_per_step = 2 * lanes * kChains;
    result.read = read;
    result.triad = triad;
    return result;
}

}  // namespace mobilenet_cost::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mobilenet_cost {
namespace {

HWY_EXPORT(kernels);

#define MOBILENET_COST_TEXT(number) #number
#define MOBILENET_COST_VERSION_TEXT(major, minor, patch) \
    "Highway " MOBILENET_COST_TEXT(major) "." MOBILENET_COST_TEXT(minor) "." MOBILENET_COST_TEXT(patch)

PeakKernels best_kernels() {
    PeakKernels result = HWY_DYNAMIC_DISPATCH(kernels)();
    result.library = MOBILENET_COST_VERSION_TEXT(HWY_MAJOR, HWY_MINOR, HWY_PATCH);
    add_i8_kernel(result);
    return result;
}

}  // namespace
}  // namespace mobilenet_cost

extern "C" [[gnu::visibility("default")]] const mobilenet_cost::PeakKernels* mobilenet_cost_peaks(
    int peaks_interface) {
    if (peaks_interface != mobilenet_cost::kPeaksInterface) return nullptr;
    static const mobilenet_cost::PeakKernels best = mobilenet_cost::best_kernels();
    return &best;
}
#endif

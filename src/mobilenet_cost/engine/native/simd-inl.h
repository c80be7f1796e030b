// Types and loops that kernels of every kind use. Included once per instruction set: no include guard of the
// usual sort.

#if defined(MOBILENET_COST_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MOBILENET_COST_SIMD_INL_H_
#undef MOBILENET_COST_SIMD_INL_H_
#else
#define MOBILENET_COST_SIMD_INL_H_
#endif

#include <vector>

#include <hwy/highway.h>

#include "mobilenet_cost/engine/native/compute.h"

/// A loop over an array of vectors, unrolled: it must vanish, or the compiler keeps the array in memory.
#define MOBILENET_COST_EACH(i, count) _Pragma("GCC unroll 32") for (int i = 0; i < (count); ++i)

HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;

/// AVX-512 and AArch64 have 32 vector registers, older x86-64 has 16.
constexpr int kRegisters = HWY_ARCH_ARM || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL ? 32 : 16;

HWY_INLINE std::int64_t lanes() {
    return static_cast<std::int64_t>(hn::Lanes(Floats()));
}

/// A Finish in registers; `curved` is a constant, so that unused steps cost nothing.
template <bool curved>
struct FinishVectors {
    HWY_INLINE explicit FinishVectors(const Finish& finish)
        : slope(hn::Set(Floats(), finish.slope)),
          offset(hn::Set(Floats(), finish.offset)),
          low(hn::Set(Floats(), finish.low)),
          high(hn::Set(Floats(), finish.high)),
          times_sum(finish.times_sum) {}

    HWY_INLINE Vector operator()(Vector x) const {
        if constexpr (!curved) return hn::Min(hn::Max(x, low), high);
        const Vector y = hn::Min(hn::Max(hn::MulAdd(x, slope, offset), low), high);
        return times_sum ? hn::Mul(x, y) : y;
    }

    Vector slope, offset, low, high;
    bool times_sum;
};

}  // namespace mobilenet_cost::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#ifndef MOBILENET_COST_EVERY_TARGET
#define MOBILENET_COST_EVERY_TARGET
namespace mobilenet_cost {

/// What `make` gives on each instruction set of this processor; it dispatches (HWY_DYNAMIC_DISPATCH).
template <typename Make>
[[nodiscard]] auto on_every_target(const Make& make) {
    std::vector<decltype(make())> found;
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
        found.push_back(make());
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    return found;
}

}  // namespace mobilenet_cost
#endif
#endif

#endif

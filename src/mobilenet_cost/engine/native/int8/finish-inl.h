// What kernels of 8 bits share. Included once per instruction set: no include guard of the usual sort.

#if defined(MOBILENET_COST_INT8_FINISH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MOBILENET_COST_INT8_FINISH_INL_H_
#undef MOBILENET_COST_INT8_FINISH_INL_H_
#else
#define MOBILENET_COST_INT8_FINISH_INL_H_
#endif

#include <hwy/highway.h>

#include "mobilenet_cost/engine/native/int8/kernels.h"
#include "mobilenet_cost/engine/native/simd-inl.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Sums = hn::ScalableTag<std::int32_t>;
using Factors = hn::ScalableTag<float>;
using Pairs = hn::Repartition<std::int16_t, Sums>;
using BlockBytes = hn::Rebind<std::uint8_t, Pairs>;
using SumBytes = hn::Rebind<std::uint8_t, Sums>;
using SumVector = hn::Vec<Sums>;
using PairVector = hn::Vec<Pairs>;

HWY_INLINE std::int64_t sum_lanes() {
    return static_cast<std::int64_t>(hn::Lanes(Sums()));
}

/// a[2i] b[2i] + a[2i + 1] b[2i + 1], of 32 bits. Highway has it with the products in any order alone.
HWY_INLINE SumVector multiply_pairs(PairVector a, PairVector b) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
    return SumVector{_mm512_madd_epi16(a.raw, b.raw)};
#elif HWY_ARCH_X86 && HWY_TARGET == HWY_AVX2
    return SumVector{_mm256_madd_epi16(a.raw, b.raw)};
#elif HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
    return SumVector{_mm_madd_epi16(a.raw, b.raw)};
#else
    const Sums d;
    const auto odd = [&](PairVector x) HWY_ATTR { return hn::ShiftRight<16>(hn::BitCast(d, x)); };
    const auto even = [&](PairVector x)
                          HWY_ATTR { return hn::ShiftRight<16>(hn::ShiftLeft<16>(hn::BitCast(d, x))); };
    return hn::Add(hn::Mul(even(a), even(b)), hn::Mul(odd(a), odd(b)));
#endif
}

/// The nearest integer, ties to even, of what 32 bits hold. Highway's own takes care of what they do not.
HWY_INLINE SumVector nearest(hn::Vec<Factors> values) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
    return SumVector{_mm512_cvtps_epi32(values.raw)};
#elif HWY_ARCH_X86 && HWY_TARGET == HWY_AVX2
    return SumVector{_mm256_cvtps_epi32(values.raw)};
#elif HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
    return SumVector{_mm_cvtps_epi32(values.raw)};
#else
    return hn::NearestInt(values);
#endif
}

/// An Int8Finish in registers.
struct FinishBytes {
    HWY_INLINE explicit FinishBytes(const Int8Finish& finish)
        : low(hn::Set(Factors(), finish.low)),
          high(hn::Set(Factors(), finish.high)),
          zero_point(hn::Set(Pairs(), static_cast<std::int16_t>(finish.zero_point))),
          sum_zero_point(hn::Set(Sums(), finish.zero_point)) {}

    HWY_INLINE SumVector rounded(SumVector sum, hn::Vec<Factors> factor) const {
        const auto scaled = hn::Mul(hn::ConvertTo(Factors(), sum), factor);
        return nearest(hn::Min(hn::Max(scaled, low), high));
    }

    /// The bytes of a block, in order, from its two vectors of sums.
    HWY_INLINE void store(SumVector first, SumVector second, const float* factors, std::uint8_t* out) const {
        const auto whole = hn::ReorderDemote2To(Pairs(), rounded(first, hn::LoadU(Factors(), factors)),
                                                rounded(second, hn::LoadU(Factors(), factors + sum_lanes())));
        hn::StoreU(hn::DemoteTo(BlockBytes(), hn::Add(whole, zero_point)), BlockBytes(), out);
    }

    /// The bytes of sums that lie in order.
    HWY_INLINE void store_in_order(SumVector sum, hn::Vec<Factors> factor, std::uint8_t* out) const {
        hn::StoreU(hn::DemoteTo(SumBytes(), hn::Add(rounded(sum, factor), sum_zero_point)), SumBytes(), out);
    }

    hn::Vec<Factors> low, high;
    PairVector zero_point;
    SumVector sum_zero_point;
};

}  // namespace mobilenet_cost::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif

// Depthwise convolutions of 8 bits. Included once per instruction set.
//
// Rows of the filter are taken in pairs: two pixels of the input, one below the other, are interleaved once
// and multiplied with the pair of weights of every output that they belong to. A filter of an odd number of
// rows has a last one of zeros.

#if defined(MOBILENET_COST_INT8_DEPTHWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MOBILENET_COST_INT8_DEPTHWISE_INL_H_
#undef MOBILENET_COST_INT8_DEPTHWISE_INL_H_
#else
#define MOBILENET_COST_INT8_DEPTHWISE_INL_H_
#endif

#include <algorithm>

#include "mobilenet_cost/engine/native/int8/finish-inl.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {

/// `kPixels` outputs next to each other from output `x` on. `kBorder`: some of their columns are outside.
template <int kKernel, int kStep, int kPixels, bool kBorder>
HWY_INLINE void int8_depthwise_pixels(const Int8DepthwiseRow& row, const FinishBytes& finish,
                                      std::int64_t x) {
    constexpr int kPairs = (kKernel + 1) / 2;
    constexpr int kColumns = (kPixels - 1) * kStep + kKernel;
    const Sums d;
    const std::int64_t n = sum_lanes();
    const std::int64_t left = row.left + x * kStep;
    const std::int16_t* weights = row.weights;
    for (std::int64_t c = 0; c < row.pixel; c += 2 * n, weights += kPairs * kKernel * 4 * n) {
        SumVector sums[kPixels][2];
        const auto first = hn::LoadU(d, row.bias + c);
        const auto second = hn::LoadU(d, row.bias + c + n);
        MOBILENET_COST_EACH(p, kPixels) {
            sums[p][0] = first;
            sums[p][1] = second;
        }
        for (int pair = 0; pair < kPairs; ++pair) {
            const std::uint8_t* const upper = row.rows[2 * pair] + c;
            const std::uint8_t* const lower = row.rows[2 * pair + 1] + c;
            const std::int16_t* const taps = weights + pair * kKernel * 4 * n;
            MOBILENET_COST_EACH(column, kColumns) {
                const std::int64_t at = left + column;
                const bool outside = kBorder && (at < 0 || at >= row.in_width);
                const std::uint8_t* const a = outside ? row.zeros + c : upper + at * row.pixel;
                const std::uint8_t* const b = outside ? row.zeros + c : lower + at * row.pixel;
                const auto above = hn::PromoteTo(Pairs(), hn::LoadU(BlockBytes(), a));
                const auto below = hn::PromoteTo(Pairs(), hn::LoadU(BlockBytes(), b));
                const auto low = hn::InterleaveLower(Pairs(), above, below);
                const auto high = hn::InterleaveUpper(Pairs(), above, below);
                MOBILENET_COST_EACH(p, kPixels) {
                    const int tap = column - p * kStep;
                    if (tap < 0 || tap >= kKernel) continue;
                    const std::int16_t* const w = taps + tap * 4 * n;
                    sums[p][0] = hn::Add(sums[p][0], multiply_pairs(low, hn::LoadU(Pairs(), w)));
                    sums[p][1] = hn::Add(sums[p][1], multiply_pairs(high, hn::LoadU(Pairs(), w + 2 * n)));
                }
            }
        }
        MOBILENET_COST_EACH(p, kPixels)
            finish.store(sums[p][0], sums[p][1], row.factors + c, row.out + (x + p) * row.pixel + c);
    }
}

/// Groups of `kPixels` outputs from output `x` to `end`.
template <int kKernel, int kStep, int kPixels, bool kBorder>
HWY_NOINLINE std::int64_t int8_depthwise_groups(const Int8DepthwiseRow& row, std::int64_t x,
                                                std::int64_t end) {
    const FinishBytes finish(row.finish);
    for (; x + kPixels <= end; x += kPixels)
        int8_depthwise_pixels<kKernel, kStep, kPixels, kBorder>(row, finish, x);
    return x;
}

/// Those at the left border, those inside, and those at the right border one by one.
template <int kKernel, int kStep, int kPixels>
HWY_NOINLINE void int8_depthwise(const Int8DepthwiseRow& row) {
    const std::int64_t left = (-row.left + kStep - 1) / kStep;  // outputs whose window begins outside
    const std::int64_t right = (row.in_width - kKernel - row.left + kStep) / kStep;  // behind the last inside
    const std::int64_t first = std::clamp<std::int64_t>(left, 0, row.out_width);
    std::int64_t x = int8_depthwise_groups<kKernel, kStep, 1, true>(row, 0, first);
    x = int8_depthwise_groups<kKernel, kStep, kPixels, false>(row, x, std::min(right, row.out_width));
    x = int8_depthwise_groups<kKernel, kStep, 1, false>(row, x, std::min(right, row.out_width));
    int8_depthwise_groups<kKernel, kStep, 1, true>(row, x, row.out_width);
}

HWY_NOINLINE void int8_depthwise_any(const Int8DepthwisePixel& pixel) {
    const Sums d;
    const FinishBytes finish(pixel.finish);
    for (std::int64_t c = 0; c < pixel.pixel; c += sum_lanes()) {
        auto sum = hn::LoadU(d, pixel.bias + c);
        for (std::int64_t tap = 0; tap < pixel.count; ++tap) {
            const auto x = hn::PromoteTo(d, hn::LoadU(SumBytes(), pixel.taps[tap] + c));
            sum = hn::Add(sum, hn::Mul(x, hn::LoadU(d, pixel.weights + tap * pixel.pixel + c)));
        }
        finish.store_in_order(sum, hn::LoadU(Factors(), pixel.factors + c), pixel.out + c);
    }
}

inline void add_int8_depthwise(Int8Kernels& kernels) {
    kernels.depthwise_3x3_1 = int8_depthwise<3, 1, 4>;
    kernels.depthwise_3x3_2 = int8_depthwise<3, 2, 4>;
    kernels.depthwise_5x5_1 = int8_depthwise<5, 1, 4>;
    kernels.depthwise_5x5_2 = int8_depthwise<5, 2, 4>;
    kernels.depthwise_any = int8_depthwise_any;
}

}  // namespace mobilenet_cost::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif

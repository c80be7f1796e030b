// Depthwise convolution, one row of the output at a time. Included once per instruction set.
//
// A block of P neighbouring outputs of N vectors of channels takes P N registers, and a row of the filter
// K N. Each value of the input is loaded once per row of the filter and goes into every output of the block
// that it meets. Of the columns of a block that touches the border, those inside are a range, checked where a
// column is loaded; blocks further in have no such check. Rows of the filter outside the image are left out.

#if defined(MOBILENET_COST_DEPTHWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MOBILENET_COST_DEPTHWISE_INL_H_
#undef MOBILENET_COST_DEPTHWISE_INL_H_
#else
#define MOBILENET_COST_DEPTHWISE_INL_H_
#endif

#include <algorithm>

#include "mobilenet_cost/engine/native/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {

/// Outputs of one row whose windows begin at column `left`, and `count - 1` blocks of as many right behind.
struct Blocks {
    std::int64_t left;
    float* out;
    std::int64_t count;
};

template <int kKernel, int kStep, int kPixels, int kVectors>
struct DepthwiseSums {
    static constexpr int kColumns = (kPixels - 1) * kStep + kKernel;
    Vector at[kPixels][kVectors];

    HWY_INLINE DepthwiseSums() {}  // see Sums

    HWY_INLINE void start(const float* bias) {
        MOBILENET_COST_EACH(p, kPixels) {
            MOBILENET_COST_EACH(v, kVectors)
                at[p][v] = hn::Load(Floats(), bias + v * lanes());
        }
    }

    /// One column of the input under one row of the filter, `taps`.
    HWY_INLINE void add_column(int column, const float* values, const Vector (&taps)[kKernel][kVectors]) {
        MOBILENET_COST_EACH(v, kVectors) {
            const Vector x = hn::Load(Floats(), values + v * lanes());
            MOBILENET_COST_EACH(p, kPixels) {
                const int tap = column - p * kStep;
                if (0 <= tap && tap < kKernel) at[p][v] = hn::MulAdd(x, taps[tap][v], at[p][v]);
            }
        }
    }

    template <typename Map>
    HWY_INLINE void store(float* out, std::int64_t pixel, const Map& map) const {
        MOBILENET_COST_EACH(p, kPixels) {
            MOBILENET_COST_EACH(v, kVectors)
                hn::Store(map(at[p][v]), Floats(), out + p * pixel + v * lanes());
        }
    }
};

/// All channels of each block, `kVectors` vectors at a time.
template <int kKernel, int kStep, int kPixels, int kVectors, bool kBorder, bool kCurved>
HWY_NOINLINE void depthwise_blocks(const DepthwiseRow& row, const Blocks& blocks) {
    const FinishVectors<kCurved> finish(row.finish);
    const std::int64_t pixel = row.pixel;
    const std::int64_t in_width = row.in_width;
    const float* const first_taps = row.weights + row.first * kKernel * pixel;
    std::int64_t left = blocks.left;
    float* out = blocks.out;
    for (std::int64_t i = 0; i < blocks.count; ++i, left += kPixels * kStep, out += kPixels * pixel) {
        const float* const corner = row.input + left * pixel;
        for (std::int64_t c = row.channel; c < row.channels; c += kVectors * lanes()) {
            DepthwiseSums<kKernel, kStep, kPixels, kVectors> sums;
            sums.start(row.bias + c);
            const float* in = corner + c;
            const float* weights = first_taps + c;
            for (std::int64_t kh = row.first; kh < row.last; ++kh) {
                Vector taps[kKernel][kVectors];
                MOBILENET_COST_EACH(tap, kKernel) {
                    MOBILENET_COST_EACH(v, kVectors)
                        taps[tap][v] = hn::Load(Floats(), weights + tap * pixel + v * lanes());
                }
                MOBILENET_COST_EACH(column, sums.kColumns) {
                    if (kBorder && (left + column < 0 || left + column >= in_width)) continue;
                    sums.add_column(column, in + column * pixel, taps);
                }
                in += row.steps[kh];
                weights += kKernel * pixel;
            }
            sums.store(out + c, pixel, finish);
        }
    }
}

/// Blocks of one size, those at the border and those inside.
template <int kKernel, int kStep, int kPixels, int kVectors>
HWY_INLINE void run_blocks(const DepthwiseRow& row, const Blocks& blocks, bool border) {
    if (row.finish.curved) {
        depthwise_blocks<kKernel, kStep, kPixels, kVectors, true, true>(row, blocks);
    } else if (border) {
        depthwise_blocks<kKernel, kStep, kPixels, kVectors, true, false>(row, blocks);
    } else {
        depthwise_blocks<kKernel, kStep, kPixels, kVectors, false, false>(row, blocks);
    }
}

/// A block of at most kPixels at the border.
template <int kKernel, int kStep, int kVectors, int kPixels>
HWY_INLINE void run_rest(const DepthwiseRow& row, const Blocks& block, std::int64_t pixels) {
    if constexpr (kPixels > 1) {
        if (pixels < kPixels) return run_rest<kKernel, kStep, kVectors, kPixels - 1>(row, block, pixels);
    }
    run_blocks<kKernel, kStep, kPixels, kVectors>(row, block, true);
}

/// Blocks of kPixels, and what is left over in the end.
template <int kKernel, int kStep, int kVectors, int kPixels>
HWY_INLINE void run_row(const DepthwiseRow& row) {
    constexpr std::int64_t kColumns = (kPixels - 1) * kStep + kKernel;
    const auto at = [&](std::int64_t block) {
        const std::int64_t x = block * kPixels;
        return Blocks{row.left + x * kStep, row.out + x * row.pixel, 1};
    };
    const std::int64_t full = row.out_width / kPixels;
    const std::int64_t before = std::min(full, (-row.left + kPixels * kStep - 1) / (kPixels * kStep));
    const std::int64_t room = row.in_width - kColumns - row.left;  // for the last block inside to begin
    const std::int64_t inside = room < 0 ? before : std::min(full, room / (kPixels * kStep) + 1);
    Blocks blocks = at(0);
    blocks.count = before;
    if (before > 0) run_blocks<kKernel, kStep, kPixels, kVectors>(row, blocks, true);
    blocks = at(before);
    blocks.count = inside - before;
    if (blocks.count > 0) run_blocks<kKernel, kStep, kPixels, kVectors>(row, blocks, false);
    blocks = at(std::max(before, inside));
    blocks.count = full - std::max(before, inside);
    if (blocks.count > 0) run_blocks<kKernel, kStep, kPixels, kVectors>(row, blocks, true);
    const std::int64_t rest = row.out_width - full * kPixels;
    if (rest > 0) run_rest<kKernel, kStep, kVectors, kPixels>(row, at(full), rest);
}

/// Two vectors at a time use whole cache lines of 64 bytes: neighbouring pixels, often a power of two apart,
/// compete for the same few places of the cache. Sums and taps of a 3x3 filter fit in 16 registers then, of
/// a 5x5 filter they do not.
template <int kStep>
HWY_NOINLINE void depthwise_3x3(const DepthwiseRow& row) {
    const std::int64_t pairs = (row.channels - row.channel) / (2 * lanes()) * (2 * lanes());
    DepthwiseRow part = row;
    part.channels = row.channel + pairs;
    if (pairs > 0) run_row<3, kStep, 2, 4>(part);
    part.channel = part.channels;
    part.channels = row.channels;
    if (part.channel < part.channels) run_row<3, kStep, 1, 6>(part);
}

template <int kStep>
HWY_NOINLINE void depthwise_5x5(const DepthwiseRow& row) {
    run_row<5, kStep, 1, 6>(row);
}

template <bool kCurved>
HWY_INLINE void depthwise_pixel(const DepthwiseRow& row, std::int64_t left, float* out) {
    const std::int64_t first = std::max<std::int64_t>(0, -left);
    const std::int64_t last = std::min(row.kernel, row.in_width - left);
    const FinishVectors<kCurved> finish(row.finish);
    for (std::int64_t c = row.channel; c < row.channels; c += lanes()) {
        Vector sum = hn::Load(Floats(), row.bias + c);
        const float* in = row.input + left * row.pixel + c;
        for (std::int64_t kh = row.first; kh < row.last; in += row.steps[kh++]) {
            const float* const taps = row.weights + kh * row.kernel * row.pixel + c;
            for (std::int64_t kw = first; kw < last; ++kw)
                sum = hn::MulAdd(hn::Load(Floats(), in + kw * row.pixel),
                                 hn::Load(Floats(), taps + kw * row.pixel), sum);
        }
        hn::Store(finish(sum), Floats(), out + c);
    }
}

/// Any filter, any stride: no network of ours has one.
HWY_NOINLINE void depthwise_any(const DepthwiseRow& row) {
    for (std::int64_t x = 0; x < row.out_width; ++x) {
        const std::int64_t left = row.left + x * row.step;
        if (row.finish.curved) {
            depthwise_pixel<true>(row, left, row.out + x * row.pixel);
        } else {
            depthwise_pixel<false>(row, left, row.out + x * row.pixel);
        }
    }
}

inline void add_depthwise_kernels(ComputeKernels& kernels) {
    kernels.depthwise_any = depthwise_any;
    kernels.depthwise_3x3_1 = depthwise_3x3<1>;
    kernels.depthwise_3x3_2 = depthwise_3x3<2>;
    kernels.depthwise_5x5_1 = depthwise_5x5<1>;
    kernels.depthwise_5x5_2 = depthwise_5x5<2>;
}

}  // namespace mobilenet_cost::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

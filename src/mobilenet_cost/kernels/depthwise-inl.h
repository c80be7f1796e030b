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

#include "mobilenet_cost/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {

/// Which rows of the filter meet the image.
struct FilterRows {
    std::int64_t first;
    std::int64_t last;  ///< behind the last one
};

HWY_INLINE FilterRows filter_rows(const DepthwiseRow& row, std::int64_t kernel) {
    return {std::max<std::int64_t>(0, -row.top), std::min(kernel, row.in_height - row.top)};
}

/// Outputs of one row whose windows begin at column `left`.
struct Block {
    std::int64_t left;
    float* out;
};

template <int kKernel, int kStep, int kPixels, int kVectors>
struct DepthwiseSums {
    static constexpr int kColumns = (kPixels - 1) * kStep + kKernel;
    Vector at[kPixels][kVectors];

    HWY_INLINE void start(const float* bias) {
        MOBILENET_COST_UNROLL
        for (int p = 0; p < kPixels; ++p) {
            MOBILENET_COST_UNROLL
            for (int v = 0; v < kVectors; ++v)
                at[p][v] = hn::Load(Floats(), bias + v * lanes());
        }
    }

    /// One column of the input under one row of the filter, `taps`.
    HWY_INLINE void add_column(int column, const float* values, const Vector (&taps)[kKernel][kVectors]) {
        MOBILENET_COST_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            const Vector x = hn::Load(Floats(), values + v * lanes());
            MOBILENET_COST_UNROLL
            for (int p = 0; p < kPixels; ++p) {
                const int tap = column - p * kStep;
                if (0 <= tap && tap < kKernel) at[p][v] = hn::MulAdd(x, taps[tap][v], at[p][v]);
            }
        }
    }

    template <typename Map>
    HWY_INLINE void store(float* out, std::int64_t pixel, const Map& map) const {
        MOBILENET_COST_UNROLL
        for (int p = 0; p < kPixels; ++p) {
            MOBILENET_COST_UNROLL
            for (int v = 0; v < kVectors; ++v)
                hn::Store(map(at[p][v]), Floats(), out + p * pixel + v * lanes());
        }
    }
};

/// All channels of a block, `kVectors` vectors at a time.
template <int kKernel, int kStep, int kPixels, int kVectors, bool kBorder, bool kCurved>
HWY_NOINLINE void depthwise_block(const DepthwiseRow& row, const Block& block) {
    const FilterRows filter = filter_rows(row, kKernel);
    const FinishVectors<kCurved> finish(row.finish);
    const std::int64_t pixel = row.pixel;
    const std::int64_t in_row = row.in_width * pixel;
    const std::int64_t in_width = row.in_width;
    const std::int64_t left = block.left;
    const float* const corner = row.image + (row.top + filter.first) * in_row + left * pixel;
    const float* const first_taps = row.weights + filter.first * kKernel * pixel;
    for (std::int64_t c = 0; c < row.channels; c += kVectors * lanes()) {
        DepthwiseSums<kKernel, kStep, kPixels, kVectors> sums;
        sums.start(row.bias + c);
        const float* in = corner + c;
        const float* weights = first_taps + c;
        for (std::int64_t kh = filter.first; kh < filter.last; ++kh) {
            Vector taps[kKernel][kVectors];
            MOBILENET_COST_UNROLL
            for (int tap = 0; tap < kKernel; ++tap) {
                MOBILENET_COST_UNROLL
                for (int v = 0; v < kVectors; ++v)
                    taps[tap][v] = hn::Load(Floats(), weights + tap * pixel + v * lanes());
            }
            MOBILENET_COST_UNROLL
            for (int column = 0; column < sums.kColumns; ++column) {
                if (kBorder && (left + column < 0 || left + column >= in_width)) continue;
                sums.add_column(column, in + column * pixel, taps);
            }
            in += in_row;
            weights += kKernel * pixel;
        }
        sums.store(block.out + c, pixel, finish);
    }
}

template <int kKernel, int kStep, int kPixels, int kVectors>
HWY_INLINE void run_block(const DepthwiseRow& row, const Block& block) {
    constexpr int kColumns = (kPixels - 1) * kStep + kKernel;
    const bool border = block.left < 0 || block.left + kColumns > row.in_width;
    if (row.finish.curved) {
        depthwise_block<kKernel, kStep, kPixels, kVectors, true, true>(row, block);
    } else if (border) {
        depthwise_block<kKernel, kStep, kPixels, kVectors, true, false>(row, block);
    } else {
        depthwise_block<kKernel, kStep, kPixels, kVectors, false, false>(row, block);
    }
}

template <int kKernel, int kStep, int kVectors, int kPixels>
HWY_INLINE void run_pixels(const DepthwiseRow& row, const Block& block, std::int64_t pixels) {
    if constexpr (kPixels > 1) {
        if (pixels < kPixels) return run_pixels<kKernel, kStep, kVectors, kPixels - 1>(row, block, pixels);
    }
    run_block<kKernel, kStep, kPixels, kVectors>(row, block);
}

/// Blocks of at most kPixels, as equal as possible.
template <int kKernel, int kStep, int kVectors, int kPixels>
HWY_INLINE void run_row(const DepthwiseRow& row) {
    const std::int64_t blocks = (row.out_width + kPixels - 1) / kPixels;
    for (std::int64_t i = 0; i < blocks; ++i) {
        const std::int64_t first = row.out_width * i / blocks;
        const std::int64_t pixels = row.out_width * (i + 1) / blocks - first;
        run_pixels<kKernel, kStep, kVectors, kPixels>(
            row, {row.left + first * kStep, row.out + first * row.pixel}, pixels);
    }
}

HWY_INLINE DepthwiseRow without_channels(DepthwiseRow row, std::int64_t channels) {
    row.image += channels;
    row.weights += channels;
    row.bias += channels;
    row.out += channels;
    row.channels -= channels;
    return row;
}

/// Two vectors at a time use whole cache lines of 64 bytes: neighbouring pixels, often a power of two apart,
/// compete for the same few places of the cache. Sums and taps of a 3x3 filter fit in 16 registers then, of
/// a 5x5 filter they do not.
template <int kStep>
HWY_NOINLINE void depthwise_3x3(const DepthwiseRow& row) {
    const std::int64_t pairs = row.channels / (2 * lanes()) * (2 * lanes());
    DepthwiseRow even = row;
    even.channels = pairs;
    if (pairs > 0) run_row<3, kStep, 2, 4>(even);
    if (pairs < row.channels) run_row<3, kStep, 1, 6>(without_channels(row, pairs));
}

template <int kStep>
HWY_NOINLINE void depthwise_5x5(const DepthwiseRow& row) {
    run_row<5, kStep, 1, 6>(row);
}

template <bool kCurved>
HWY_INLINE void depthwise_pixel(const DepthwiseRow& row, std::int64_t left, float* out) {
    const FilterRows filter = filter_rows(row, row.kernel);
    const std::int64_t first = std::max<std::int64_t>(0, -left);
    const std::int64_t last = std::min(row.kernel, row.in_width - left);
    const FinishVectors<kCurved> finish(row.finish);
    for (std::int64_t c = 0; c < row.channels; c += lanes()) {
        Vector sum = hn::Load(Floats(), row.bias + c);
        for (std::int64_t kh = filter.first; kh < filter.last; ++kh) {
            const float* const in = row.image + ((row.top + kh) * row.in_width + left) * row.pixel + c;
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

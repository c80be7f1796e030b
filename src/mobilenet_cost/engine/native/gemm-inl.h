// Matrix product with the sums in registers. Included once per instruction set.
//
// A tile of R output rows (pixels) and N vectors of output channels takes R N registers. Each step of the
// inner loop loads N vectors of the packed filter, broadcasts one value of each of the R rows of the input
// from where it lies, and does R N multiply-adds: the input is never packed. Each output value is one chain
// of multiply-adds in the order of the filter, whatever tile it falls into, so that results do not depend on
// how the work is split.

#if defined(MOBILENET_COST_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MOBILENET_COST_GEMM_INL_H_
#undef MOBILENET_COST_GEMM_INL_H_
#else
#define MOBILENET_COST_GEMM_INL_H_
#endif

#include <atomic>
#include <utility>

#include <hwy/cache_control.h>

#include "mobilenet_cost/engine/native/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {

template <int kRows, int kVectors>
struct Sums {
    HWY_INLINE Sums() {
    }  // the compiler's own would be for another instruction set than the vectors' on AArch64
    Vector at[kRows][kVectors];
};

template <int kRows, int kVectors>
HWY_INLINE void start_sums(const float* start, std::int64_t stride, Sums<kRows, kVectors>& sums) {
    MOBILENET_COST_EACH(r, kRows) {
        MOBILENET_COST_EACH(v, kVectors)
            sums.at[r][v] = hn::Load(Floats(), start + r * stride + v * lanes());
    }
}

/// One segment; returns where the filter goes on.
template <int kRows, int kVectors>
HWY_INLINE const float* multiply(const float* const (&rows)[kRows], std::int64_t depth, const float* filter,
                                 Sums<kRows, kVectors>& sums) {
    const Floats d;
#pragma GCC unroll 4  // 2 % of a long sum
    for (std::int64_t k = 0; k < depth; ++k) {
        Vector b[kVectors];
        MOBILENET_COST_EACH(v, kVectors)
            b[v] = hn::Load(d, filter + v * lanes());
        MOBILENET_COST_EACH(r, kRows) {
            const Vector x = hn::Set(d, rows[r][k]);
            MOBILENET_COST_EACH(v, kVectors)
                sums.at[r][v] = hn::MulAdd(x, b[v], sums.at[r][v]);
        }
        filter += kVectors * lanes();
    }
    return filter;
}

template <int kRows, int kVectors>
HWY_INLINE void multiply_segments(const GemmPanel& panel, const GemmTile& tile, Sums<kRows, kVectors>& sums) {
    const float* filter = panel.filter;
    const std::int64_t depth = panel.depth;
    const std::int64_t step = tile.step;
    const std::int64_t per_segment = step == 0 ? kRows : 1;
    const float* const* at = tile.segments + panel.first_segment * per_segment;
    for (const float* const* const end = at + panel.segments * per_segment; at != end; at += per_segment) {
        const float* rows[kRows];
        MOBILENET_COST_EACH(r, kRows)
            rows[r] = step == 0 ? at[r] : at[0] + r * step;
        filter = multiply(rows, depth, filter, sums);
    }
}

/// A row of three taps of three channels, at stride 2: the first layer of every network of ours.
constexpr std::int64_t kImageDepth = 9;
constexpr std::int64_t kImageStep = 6;

/// The same as multiply_segments(), with every address a constant away from the row of taps.
template <int kRows, int kVectors>
HWY_INLINE void multiply_image(const GemmPanel& panel, const GemmTile& tile, Sums<kRows, kVectors>& sums) {
    const Floats d;
    const float* filter = panel.filter;
    const float* const* at = tile.segments + panel.first_segment;
    for (const float* const* const end = at + panel.segments; at != end; ++at) {
        const float* const row = *at;
        MOBILENET_COST_EACH(k, kImageDepth) {
            // Neighbouring pixels share values: the compiler would keep those in more registers than there
            // are.
            std::atomic_signal_fence(std::memory_order_seq_cst);
            Vector b[kVectors];
            MOBILENET_COST_EACH(v, kVectors)
                b[v] = hn::Load(d, filter + v * lanes());
            MOBILENET_COST_EACH(r, kRows) {
                const Vector x = hn::Set(d, row[r * kImageStep + k]);
                MOBILENET_COST_EACH(v, kVectors)
                    sums.at[r][v] = hn::MulAdd(x, b[v], sums.at[r][v]);
            }
            filter += kVectors * lanes();
        }
    }
}

template <int kRows, int kVectors>
HWY_INLINE void add_residual(const float* residual, std::int64_t stride, Sums<kRows, kVectors>& sums) {
    MOBILENET_COST_EACH(r, kRows) {
        MOBILENET_COST_EACH(v, kVectors)
            sums.at[r][v] = hn::Add(sums.at[r][v], hn::Load(Floats(), residual + r * stride + v * lanes()));
    }
}

template <int kRows, int kVectors, typename Map>
HWY_INLINE void store_sums(float* out, std::int64_t stride, const Sums<kRows, kVectors>& sums,
                           const Map& map) {
    MOBILENET_COST_EACH(r, kRows) {
        MOBILENET_COST_EACH(v, kVectors)
            hn::Store(map(sums.at[r][v]), Floats(), out + r * stride + v * lanes());
    }
}

struct Identity {
    HWY_INLINE Vector operator()(Vector x) const { return x; }
};

/// `row` is the tile's first.
template <int kRows, int kVectors>
HWY_INLINE void finish_sums(const GemmPanel& panel, std::int64_t row, Sums<kRows, kVectors>& sums) {
    const std::int64_t place = row * panel.stride;
    if (panel.residual != nullptr) add_residual(panel.residual + place, panel.stride, sums);
    float* const out = panel.out + place;
    if (panel.finish == nullptr) {
        store_sums(out, panel.stride, sums, Identity());
    } else if (panel.finish->curved) {
        store_sums(out, panel.stride, sums, FinishVectors<true>(*panel.finish));
    } else {
        store_sums(out, panel.stride, sums, FinishVectors<false>(*panel.finish));
    }
}

/// Tiles of whole sums of a 1x1 convolution, which most layers of a network are. Whatever is the same for all
/// tiles is outside their loop, because short sums take no longer than that.
template <int kRows, int kVectors>
HWY_INLINE void gemm_pixels(const GemmPanel& panel, const GemmTile* tiles, std::int64_t count) {
    const FinishVectors<false> finish(*panel.finish);
    const float* const start = panel.start;
    const float* const filter = panel.filter;
    const float* next = panel.next;
    const std::int64_t fetched = panel.next_lines * kCacheLine;
    const std::int64_t depth = panel.depth;
    const std::int64_t stride = panel.stride;
    const std::int64_t step = tiles->step;
    for (const GemmTile* tile = tiles; tile != tiles + count; ++tile) {
        for (const float* const end = next + fetched; next != end; next += kCacheLine)
            hwy::Prefetch(next);
        Sums<kRows, kVectors> sums;
        start_sums(start, 0, sums);
        const float* rows[kRows];
        MOBILENET_COST_EACH(r, kRows)
            rows[r] = *tile->segments + r * step;
        multiply(rows, depth, filter, sums);
        store_sums(panel.out + tile->row * stride, stride, sums, finish);
    }
}

template <int kRows, int kVectors>
HWY_NOINLINE void gemm(const GemmPanel& panel, const GemmTile* tiles, std::int64_t count) {
    if (panel.pixels) {
        gemm_pixels<kRows, kVectors>(panel, tiles, count);
        return;
    }
    const float* next = panel.next;
    for (const GemmTile* tile = tiles; tile != tiles + count; ++tile) {
        for (const float* const end = next + panel.next_lines * kCacheLine; next != end; next += kCacheLine)
            hwy::Prefetch(next);
        Sums<kRows, kVectors> sums;
        start_sums(panel.start + tile->row * panel.start_stride, panel.start_stride, sums);
        if (kRows > 1 && tile->step == kImageStep && panel.depth == kImageDepth) {
            multiply_image(panel, *tile, sums);
        } else {
            multiply_segments(panel, *tile, sums);
        }
        finish_sums(panel, tile->row, sums);
    }
}

/// One segment of a single row, which uses each value of the filter once: memory sets the speed. Several
/// streams are faster than one, because the hardware fetches ahead only within a page.
template <int kVectors>
HWY_INLINE const float* multiply_row(const float* row, std::int64_t depth, const float* filter,
                                     Sums<1, kVectors>& sums) {
    constexpr int kStreams = 4;
    const Floats d;
    const std::int64_t width = kVectors * lanes();
    const std::int64_t part = depth / kStreams;
    const auto step = [&](std::int64_t k) HWY_ATTR {
        const Vector x = hn::Set(d, row[k]);
        MOBILENET_COST_EACH(v, kVectors)
            sums.at[0][v] = hn::MulAdd(x, hn::Load(d, filter + k * width + v * lanes()), sums.at[0][v]);
    };
    for (std::int64_t k = 0; k < part; ++k) {
        MOBILENET_COST_EACH(stream, kStreams)
            step(k + stream * part);
    }
    for (std::int64_t k = kStreams * part; k < depth; ++k)
        step(k);
    return filter + depth * width;
}

template <int kVectors>
HWY_NOINLINE void gemm_row(const GemmPanel& panel, const GemmTile* tiles, std::int64_t) {
    Sums<1, kVectors> sums;
    start_sums(panel.start, 0, sums);
    const float* filter = panel.filter;
    const float* const* const first = tiles->segments + panel.first_segment;
    for (std::int64_t segment = 0; segment < panel.segments; ++segment)
        filter = multiply_row(first[segment], panel.depth, filter, sums);
    finish_sums(panel, 0, sums);
}

/// The sums, the panel's vectors and one broadcast value must fit; a single row multiplies the panel from
/// memory.
constexpr bool tile_fits(int rows, int vectors) {
    return rows == 1 || rows * vectors + vectors + 1 <= kRegisters;
}

template <int kRows, int kVectors>
void add_gemm_kernel(ComputeKernels& kernels) {
    if constexpr (kRows > 0 && kVectors > 0 && tile_fits(kRows, kVectors))
        kernels.gemm[kVectors][kRows] = gemm<kRows, kVectors>;
    if constexpr (kRows == 1 && kVectors > 0) kernels.gemm_row[kVectors] = gemm_row<kVectors>;
}

template <int kVectors, int... kRows>
void add_gemm_row(ComputeKernels& kernels, std::integer_sequence<int, kRows...>) {
    (add_gemm_kernel<kRows, kVectors>(kernels), ...);
}

template <int... kVectors>
void add_gemm_kernels(ComputeKernels& kernels, std::integer_sequence<int, kVectors...>) {
    (add_gemm_row<kVectors>(kernels, std::make_integer_sequence<int, kMaxTileRows + 1>()), ...);
}

}  // namespace mobilenet_cost::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

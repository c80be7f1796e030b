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

#include <utility>

#include "mobilenet_cost/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {

template <int kRows, int kVectors>
struct Sums {
    Vector at[kRows][kVectors];
};

template <int kRows, int kVectors>
HWY_INLINE void start_sums(const GemmTile& tile, Sums<kRows, kVectors>& sums) {
    const float* const start = tile.start;
    const std::int64_t stride = tile.start_stride;
    MOBILENET_COST_UNROLL
    for (int r = 0; r < kRows; ++r) {
        MOBILENET_COST_UNROLL
        for (int v = 0; v < kVectors; ++v)
            sums.at[r][v] = hn::Load(Floats(), start + r * stride + v * lanes());
    }
}

/// One segment; returns where the panel goes on.
template <int kRows, int kVectors>
HWY_INLINE const float* multiply(const float* const* rows, std::int64_t depth, const float* panel,
                                 Sums<kRows, kVectors>& sums) {
    const Floats d;
    const float* a[kRows];
    MOBILENET_COST_UNROLL
    for (int r = 0; r < kRows; ++r)
        a[r] = rows[r];
    for (std::int64_t k = 0; k < depth; ++k) {
        Vector b[kVectors];
        MOBILENET_COST_UNROLL
        for (int v = 0; v < kVectors; ++v)
            b[v] = hn::Load(d, panel + v * lanes());
        MOBILENET_COST_UNROLL
        for (int r = 0; r < kRows; ++r) {
            const Vector x = hn::Set(d, a[r][k]);
            MOBILENET_COST_UNROLL
            for (int v = 0; v < kVectors; ++v)
                sums.at[r][v] = hn::MulAdd(x, b[v], sums.at[r][v]);
        }
        panel += kVectors * lanes();
    }
    return panel;
}

template <int kRows, int kVectors>
HWY_INLINE void add_residual(const GemmTile& tile, Sums<kRows, kVectors>& sums) {
    const float* const residual = tile.residual;
    const std::int64_t stride = tile.stride;
    MOBILENET_COST_UNROLL
    for (int r = 0; r < kRows; ++r) {
        MOBILENET_COST_UNROLL
        for (int v = 0; v < kVectors; ++v)
            sums.at[r][v] = hn::Add(sums.at[r][v], hn::Load(Floats(), residual + r * stride + v * lanes()));
    }
}

template <int kRows, int kVectors, typename Map>
HWY_INLINE void store_sums(const GemmTile& tile, const Sums<kRows, kVectors>& sums, const Map& map) {
    float* const out = tile.out;
    const std::int64_t stride = tile.stride;
    MOBILENET_COST_UNROLL
    for (int r = 0; r < kRows; ++r) {
        MOBILENET_COST_UNROLL
        for (int v = 0; v < kVectors; ++v)
            hn::Store(map(sums.at[r][v]), Floats(), out + r * stride + v * lanes());
    }
}

struct Identity {
    HWY_INLINE Vector operator()(Vector x) const { return x; }
};

template <int kRows, int kVectors>
HWY_NOINLINE void gemm_tile(const GemmTile& tile) {
    Sums<kRows, kVectors> sums;
    start_sums(tile, sums);
    const float* panel = tile.panel;
    const float* const* rows = tile.rows;
    for (std::int64_t segment = 0; segment < tile.segments; ++segment, rows += kRows)
        panel = multiply(rows, tile.depth, panel, sums);
    if (tile.residual != nullptr) add_residual(tile, sums);
    if (tile.finish == nullptr) {
        store_sums(tile, sums, Identity());
    } else if (tile.finish->curved) {
        store_sums(tile, sums, FinishVectors<true>(*tile.finish));
    } else {
        store_sums(tile, sums, FinishVectors<false>(*tile.finish));
    }
}

/// The sums, the panel's vectors and one broadcast value must fit; a single row multiplies the panel from
/// memory.
constexpr bool tile_fits(int rows, int vectors) {
    return rows == 1 || rows * vectors + vectors + 1 <= kRegisters;
}

template <int kRows, int kVectors>
void add_gemm_kernel(ComputeKernels& kernels) {
    if constexpr (kRows > 0 && kVectors > 0 && tile_fits(kRows, kVectors))
        kernels.gemm[kVectors][kRows] = gemm_tile<kRows, kVectors>;
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

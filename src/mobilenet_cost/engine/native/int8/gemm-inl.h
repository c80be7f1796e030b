// Matrix product of 8 bits with the sums in registers. Included once per instruction set.
//
// Each step of the inner loop loads a block of the packed filter for two values of a row, broadcasts these
// two values of each of the R rows and multiplies: 2 R multiplications and as many additions for 4 R vectors
// of products of 32 bits.

#if defined(MOBILENET_COST_INT8_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MOBILENET_COST_INT8_GEMM_INL_H_
#undef MOBILENET_COST_INT8_GEMM_INL_H_
#else
#define MOBILENET_COST_INT8_GEMM_INL_H_
#endif

#include <cstring>
#include <utility>

#include <hwy/cache_control.h>

#include "mobilenet_cost/engine/native/int8/finish-inl.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {

/// Rows whose sums fit beside a block of the filter and a pair of values.
constexpr int kInt8Rows =
    HWY_ARCH_ARM || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL ? kMostInt8Rows : 6;

/// Two values of a row in every pair.
HWY_INLINE PairVector broadcast_pair(const std::int16_t* values) {
    std::int32_t both;
    std::memcpy(&both, values, sizeof both);
    return hn::BitCast(Pairs(), hn::Set(Sums(), both));
}

/// Sums of a tile.
template <int kRows>
struct Int8Sums {
    SumVector at[kRows][2];

    HWY_INLINE explicit Int8Sums(const std::int32_t* bias) {
        const auto first = hn::LoadU(Sums(), bias);
        const auto second = hn::LoadU(Sums(), bias + sum_lanes());
        MOBILENET_COST_EACH(r, kRows) {
            at[r][0] = first;
            at[r][1] = second;
        }
    }

    HWY_INLINE void add_pairs(const std::int16_t* rows, std::int64_t row, const std::int16_t* filter,
                              std::int64_t pairs) {
        const std::int64_t n = sum_lanes();
        for (std::int64_t pair = 0; pair < pairs; ++pair, rows += 2, filter += 4 * n) {
            const auto w0 = hn::LoadU(Pairs(), filter);
            const auto w1 = hn::LoadU(Pairs(), filter + 2 * n);
            MOBILENET_COST_EACH(r, kRows) {
                const auto x = broadcast_pair(rows + r * row);
                at[r][0] = hn::Add(at[r][0], multiply_pairs(x, w0));
                at[r][1] = hn::Add(at[r][1], multiply_pairs(x, w1));
            }
        }
    }
};

/// The rows of the next tile are fetched meanwhile, a cache line of each at a time: those of a block are in
/// the L2 cache.
template <int kRows>
HWY_INLINE void int8_tile(const Int8Panel& panel, const std::int16_t* rows, const FinishBytes& finish,
                          std::uint8_t* out) {
    constexpr std::int64_t kLinePairs = 16;
    Int8Sums<kRows> sums(panel.bias);
    const std::int16_t* filter = panel.filter;
    std::int64_t pairs = panel.pairs;
    for (; pairs >= kLinePairs; pairs -= kLinePairs) {
        MOBILENET_COST_EACH(r, kRows)
            hwy::Prefetch(rows + (kRows + r) * panel.row);
        sums.add_pairs(rows, panel.row, filter, kLinePairs);
        rows += 2 * kLinePairs;
        filter += 4 * sum_lanes() * kLinePairs;
    }
    sums.add_pairs(rows, panel.row, filter, pairs);
    MOBILENET_COST_EACH(r, kRows)
        finish.store(sums.at[r][0], sums.at[r][1], panel.factors, out + r * panel.stride);
}

template <int kRows>
HWY_NOINLINE void int8_gemm(const Int8Panel& panel) {
    const FinishBytes finish(panel.finish);
    const std::int16_t* rows = panel.rows;
    std::uint8_t* out = panel.out;
    for (std::int64_t tile = 0; tile < panel.tiles; ++tile) {
        int8_tile<kRows>(panel, rows, finish, out);
        rows += kRows * panel.row;
        out += kRows * panel.stride;
    }
}

HWY_INLINE void widen_values(const std::uint8_t* from, std::int64_t count, std::int16_t* to) {
    const std::int64_t n = 2 * sum_lanes();
    std::int64_t i = 0;
    for (; i + n <= count; i += n)
        hn::StoreU(hn::PromoteTo(Pairs(), hn::LoadU(BlockBytes(), from + i)), Pairs(), to + i);
    const hn::FixedTag<std::int16_t, 8> eight;
    for (; i + 8 <= count; i += 8)
        hn::StoreU(hn::PromoteTo(eight, hn::LoadU(hn::Rebind<std::uint8_t, decltype(eight)>(), from + i)),
                   eight, to + i);
    for (; i < count; ++i)
        to[i] = from[i];
}

HWY_NOINLINE void int8_widen(const std::uint8_t* from, std::int64_t count, std::int16_t* to) {
    widen_values(from, count, to);
}

HWY_NOINLINE void int8_widen_windows(const Int8Windows& windows) {
    for (std::int64_t output = 0; output < windows.outputs; ++output) {
        std::int16_t* to = windows.to + output * windows.row;
        for (std::int64_t line = 0; line < windows.line_count; ++line, to += windows.count)
            widen_values(windows.lines[line] + output * windows.step, windows.count, to);
    }
}

template <int... kRows>
inline void add_int8_gemm(Int8Kernels& kernels, std::integer_sequence<int, kRows...>) {
    ((kernels.gemm[kRows + 1] = int8_gemm<kRows + 1>), ...);
    kernels.rows = kInt8Rows;
    kernels.widen = int8_widen;
    kernels.widen_windows = int8_widen_windows;
}

}  // namespace mobilenet_cost::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif

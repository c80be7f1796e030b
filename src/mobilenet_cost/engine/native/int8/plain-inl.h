// The kernels of 8 bits in plain loops, for processors without the vectors that the others need. Four sums
// stand for a vector: a block is eight channels, in order (place_in_block()). Included once per instruction
// set.

#if defined(MOBILENET_COST_INT8_PLAIN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MOBILENET_COST_INT8_PLAIN_INL_H_
#undef MOBILENET_COST_INT8_PLAIN_INL_H_
#else
#define MOBILENET_COST_INT8_PLAIN_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <utility>

#include <hwy/highway.h>

#include "mobilenet_cost/engine/native/int8/kernels.h"

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {

constexpr int kInt8Rows = 1;
constexpr std::int64_t kPlainLanes = 4;

inline std::int64_t sum_lanes() {
    return kPlainLanes;
}

inline std::uint8_t finished(const Int8Finish& finish, std::int32_t sum, float factor) {
    const float scaled = std::clamp(static_cast<float>(sum) * factor, finish.low, finish.high);
    return static_cast<std::uint8_t>(static_cast<std::int32_t>(std::nearbyint(scaled)) + finish.zero_point);
}

inline void int8_gemm(const Int8Panel& panel) {
    constexpr std::int64_t kBlock = 2 * kPlainLanes;
    for (std::int64_t i = 0; i < panel.tiles * kBlock; ++i) {
        const std::int64_t o = i % kBlock;
        const std::int16_t* const row = panel.rows + i / kBlock * panel.row;
        std::int32_t sum = panel.bias[o];
        for (std::int64_t k = 0; k < 2 * panel.pairs; ++k)
            sum += row[k] * panel.filter[(k / 2 * kBlock + o) * 2 + k % 2];
        panel.out[i / kBlock * panel.stride + o] = finished(panel.finish, sum, panel.factors[o]);
    }
}

inline void int8_widen(const std::uint8_t* from, std::int64_t count, std::int16_t* to) {
    std::copy_n(from, count, to);
}

inline void int8_widen_windows(const Int8Windows& windows) {
    for (std::int64_t i = 0; i < windows.outputs * windows.line_count; ++i) {
        const std::int64_t output = i / windows.line_count;
        const std::int64_t line = i % windows.line_count;
        int8_widen(windows.lines[line] + output * windows.step, windows.count,
                   windows.to + output * windows.row + line * windows.count);
    }
}

template <int kKernel, int kStep>
void int8_depthwise(const Int8DepthwiseRow& row) {
    constexpr std::int64_t kBlock = 2 * kPlainLanes;
    constexpr std::int64_t kPairs = (kKernel + 1) / 2;
    for (std::int64_t i = 0; i < row.out_width * row.pixel; ++i) {
        const std::int64_t c = i % row.pixel;
        const std::int64_t left = row.left + i / row.pixel * kStep;
        std::int32_t sum = row.bias[c];
        for (std::int64_t kh = 0; kh < kKernel; ++kh) {
            for (std::int64_t kw = 0; kw < kKernel; ++kw) {
                const std::int64_t at = left + kw;
                const bool outside = at < 0 || at >= row.in_width;
                const std::int64_t tap = (c / kBlock * kPairs + kh / 2) * kKernel + kw;
                sum += (outside ? row.zeros[c] : row.rows[kh][at * row.pixel + c]) *
                       row.weights[(tap * kBlock + c % kBlock) * 2 + kh % 2];
            }
        }
        row.out[i] = finished(row.finish, sum, row.factors[c]);
    }
}

inline void int8_depthwise_any(const Int8DepthwisePixel& pixel) {
    for (std::int64_t c = 0; c < pixel.pixel; ++c) {
        std::int32_t sum = pixel.bias[c];
        for (std::int64_t tap = 0; tap < pixel.count; ++tap)
            sum += pixel.taps[tap][c] * pixel.weights[tap * pixel.pixel + c];
        pixel.out[c] = finished(pixel.finish, sum, pixel.factors[c]);
    }
}

inline void int8_mean(const Int8Mean& task) {
    for (std::int64_t c = 0; c < task.channels; ++c) {
        std::int32_t sum = 0;
        for (std::int64_t pixel = 0; pixel < task.pixels; ++pixel)
            sum += task.in[pixel * task.stride + c] - task.zero_point;
        task.out[c] = finished(task.finish, sum, task.factor);
    }
}

inline void int8_sum(const Int8Sum& task) {
    for (std::int64_t i = 0; i < task.count; ++i) {
        const std::int32_t sum = (task.a[i] * task.first + task.b[i] * task.second + task.bias) >> task.shift;
        task.out[i] = static_cast<std::uint8_t>(std::clamp(sum + task.zero_point, task.low, task.high));
    }
}

inline void int8_product(const Int8Product& task) {
    for (std::int64_t i = 0; i < task.pixels * task.channels; ++i) {
        const std::int64_t c = i % task.channels;
        const std::int32_t product = (task.a[i] - task.first_zero) *
                                     (task.b[i / task.channels * task.b_stride + c] - task.second_zero);
        task.out[i] = finished(task.finish, product, task.factor);
    }
}

inline void add_int8_gemm(Int8Kernels& kernels, std::integer_sequence<int, 0>) {
    kernels.gemm[1] = int8_gemm;
    kernels.rows = kInt8Rows;
    kernels.widen = int8_widen;
    kernels.widen_windows = int8_widen_windows;
}

inline void add_int8_depthwise(Int8Kernels& kernels) {
    kernels.depthwise_3x3_1 = int8_depthwise<3, 1>;
    kernels.depthwise_3x3_2 = int8_depthwise<3, 2>;
    kernels.depthwise_5x5_1 = int8_depthwise<5, 1>;
    kernels.depthwise_5x5_2 = int8_depthwise<5, 2>;
    kernels.depthwise_any = int8_depthwise_any;
}

}  // namespace mobilenet_cost::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif

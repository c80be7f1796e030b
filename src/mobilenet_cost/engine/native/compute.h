#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace mobilenet_cost {

/// Lengths and strides count floats. A row of an activation, one pixel's channels, begins at a multiple of
/// the vector's length and is padded to one, so that no kernel has a remainder of channels.

/// The largest tile that any instruction set keeps in registers: rows x vectors.
inline constexpr int kMaxTileRows = 10;
inline constexpr int kMaxTileVectors = 8;

/// Turns a sum x into an output value: clamp(slope x + offset, low, high), times x if `times_sum`. With
/// `sigmoid` the kernels of sums leave x as it is, and a SigmoidKernel goes over what they have stored.
struct Finish {
    float slope = 1;
    float offset = 0;
    float low = 0;
    float high = 0;
    bool curved = false;     ///< slope and offset are used; otherwise they are 1 and 0
    bool times_sum = false;  ///< only with `curved` or `sigmoid`
    bool sigmoid = false;    ///< 1 / (1 + exp(-x)) in place of all of the above
};

/// R rows of a matrix that are multiplied at a time. The values of a row come in segments of equal length:
/// one for a 1x1 convolution, otherwise one per tap or per row of taps.
/// No defaults: tiles lie on the stack by the hundred, and clearing them first would take time.
struct GemmTile {
    const float* const* segments;  ///< with a step [segments], otherwise [segments][R]
    std::int64_t step;             ///< from a segment to that of the next row; 0: no common one
    std::int64_t row;              ///< of the first, in the output
    std::int64_t height;           ///< R
};

/// Columns of a matrix, `vectors` vectors of them, for tiles of one height: out[r] = finish(start[r] + sum
/// over k of a[r][k] filter[k] + residual[r]).
struct GemmPanel {
    std::int64_t first_segment = 0;
    std::int64_t segments = 1;
    std::int64_t depth = 0;           ///< values in a segment
    const float* filter = nullptr;    ///< [segments][depth][vectors]
    const float* start = nullptr;     ///< biases, or sums of earlier segments
    std::int64_t start_stride = 0;    ///< 0: the same for every row
    float* out = nullptr;             ///< of row 0; rows are `stride` apart
    const float* residual = nullptr;  ///< like out; null: none
    std::int64_t stride = 0;
    const Finish* finish = nullptr;  ///< null: more segments follow, the bare sums are stored
    const float* next = nullptr;     ///< multiplied soon: every tile fetches `next_lines` of its cache lines
    std::int64_t next_lines = 0;
    /// Every tile has the same step, and these are whole sums: one segment, no residual, and a finish that is
    /// not curved.
    bool pixels = false;
};
using GemmKernel = void (*)(const GemmPanel& panel, const GemmTile* tiles, std::int64_t count);

/// Floats in a cache line.
inline constexpr std::int64_t kCacheLine = 16;

/// One row of the output of a depthwise convolution.
struct DepthwiseRow {
    const float* input = nullptr;  ///< row of the input, (in_width, pixel), under row `first` of the filter
    const std::int64_t* steps =
        nullptr;             ///< [kernel]; floats from the row under each row to that under the next
    std::int64_t first = 0;  ///< row of the filter that meets the image
    std::int64_t last = 0;   ///< behind the last one
    std::int64_t in_width = 0;
    std::int64_t pixel = 0;          ///< stride of a pixel, of input, output and weights
    std::int64_t left = 0;           ///< column under the filter's first column, for the first output
    std::int64_t kernel = 0;         ///< these two only for the kernel of any size
    std::int64_t step = 0;           ///< columns from one output to the next
    const float* weights = nullptr;  ///< [kernel][kernel][pixel]
    const float* bias = nullptr;     ///< [pixel]
    float* out = nullptr;            ///< (out_width, pixel)
    std::int64_t out_width = 0;
    std::int64_t channel = 0;   ///< the first to compute
    std::int64_t channels = 0;  ///< behind the last; both are multiples of the vector's length
    Finish finish;
};
using DepthwiseKernel = void (*)(const DepthwiseRow& row);

/// out = finish(mean over `pixels` rows of `in`), `stride` apart.
struct MeanTask {
    const float* in = nullptr;
    std::int64_t pixels = 0;
    std::int64_t stride = 0;
    std::int64_t channels = 0;
    float* out = nullptr;
    Finish finish;
};
using MeanKernel = void (*)(const MeanTask& task);

/// `pixels` rows of `channels` values: out = finish(a + b), or finish(a b) with one row b for all. In place
/// is fine.
struct PairTask {
    const float* a = nullptr;
    const float* b = nullptr;
    float* out = nullptr;
    std::int64_t pixels = 0;
    std::int64_t channels = 0;
    Finish finish;
};
using PairKernel = void (*)(const PairTask& task);

/// `rows` rows of `channels` values, `stride` apart: x = sigmoid(x), times x if `times_input`.
struct SigmoidTask {
    float* values = nullptr;
    std::int64_t rows = 0;
    std::int64_t stride = 0;
    std::int64_t channels = 0;
    bool times_input = false;
};
using SigmoidKernel = void (*)(const SigmoidTask& task);

/// The kernels of one instruction set.
struct ComputeKernels {
    const char* target = "";  ///< as Highway names it: "AVX2"
    std::int64_t lanes = 0;   ///< floats in a vector
    int registers = 0;        ///< vectors that they hold
    /// [vectors][rows]; null: such a tile does not fit the registers
    std::array<std::array<GemmKernel, kMaxTileRows + 1>, kMaxTileVectors + 1> gemm = {};
    /// [vectors]; for a matrix of a single row: adds in another order than the others, whose order is the
    /// same
    std::array<GemmKernel, kMaxTileVectors + 1> gemm_row = {};
    DepthwiseKernel depthwise_any = nullptr;
    DepthwiseKernel depthwise_3x3_1 = nullptr;  ///< of stride 1
    DepthwiseKernel depthwise_3x3_2 = nullptr;
    DepthwiseKernel depthwise_5x5_1 = nullptr;
    DepthwiseKernel depthwise_5x5_2 = nullptr;
    MeanKernel mean = nullptr;
    PairKernel add = nullptr;
    PairKernel scale = nullptr;
    SigmoidKernel sigmoid = nullptr;
};

/// The kernels of the best instruction set that this processor has.
[[nodiscard]] const ComputeKernels& best_compute_kernels();

/// The kernels of every instruction set that it has, for tests.
[[nodiscard]] const std::vector<ComputeKernels>& all_compute_kernels();

/// Name and version of the library that they are written in.
[[nodiscard]] const char* compute_library();

}  // namespace mobilenet_cost

#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace mobilenet_cost {

// The kernels of 8 bits. Activations are unsigned bytes, each value with 128 added to it, so that both
// widening and saturating are single instructions; a pixel's channels are padded to whole blocks. Zero points
// are part of the biases: sum (u - z) w = sum u w - z sum w.
//
// Products are of 16 bits, two at a time into a sum of 32 (pmaddwd), which nothing saturates: a byte times a
// byte of a weight, summed in 16 bits (pmaddubsw), would.
//
// A block is twice as many channels as a vector has sums. Its sums lie in two vectors, in the order in which
// interleaving two vectors of 16 bits leaves them (place_in_block()), and which packing them undoes.

/// The tallest tile that any instruction set keeps in registers.
inline constexpr int kMostInt8Rows = 12;

/// How sums become bytes: clamp(round(sum * factor), low, high) + zero_point.
struct Int8Finish {
    float low = 0;  ///< these two with the zero point subtracted
    float high = 0;
    std::int32_t zero_point = 0;  ///< with 128 added
};

/// Rows of 16-bit values times a block of a filter: `tiles` tiles of the kernel's height, one behind the
/// other.
struct Int8Panel {
    std::int64_t tiles = 1;
    const std::int16_t* rows = nullptr;
    std::int64_t row = 0;                  ///< from a row to the next, in values
    std::int64_t pairs = 0;                ///< half the values of a row
    const std::int16_t* filter = nullptr;  ///< [pairs][2 vectors][channel of the vector][2]
    const std::int32_t* bias = nullptr;    ///< [2 vectors]
    const float* factors = nullptr;        ///< like the biases
    Int8Finish finish;
    std::uint8_t* out = nullptr;
    std::int64_t stride = 0;  ///< from an output row to the next
};
using Int8Gemm = void (*)(const Int8Panel& panel);

/// One row of the output of a depthwise convolution, all blocks of channels.
struct Int8DepthwiseRow {
    const std::uint8_t* const* rows = nullptr;  ///< of the input, under each row of the filter, in pairs
    const std::uint8_t* zeros = nullptr;        ///< a row of zero points
    std::int64_t in_width = 0;
    std::int64_t pixel = 0;
    std::int64_t left = 0;                  ///< column under the filter's first one, for the first output
    const std::int16_t* weights = nullptr;  ///< [block][pair of rows][column][2 vectors][channel][2]
    const std::int32_t* bias = nullptr;     ///< [block][2 vectors]
    const float* factors = nullptr;         ///< like the biases
    Int8Finish finish;
    std::uint8_t* out = nullptr;
    std::int64_t out_width = 0;
};
using Int8Depthwise = void (*)(const Int8DepthwiseRow& row);

/// One pixel of a depthwise convolution of any filter: `taps` pixels of the input, each with weights [pixel].
struct Int8DepthwisePixel {
    const std::uint8_t* const* taps = nullptr;
    std::int64_t count = 0;
    const std::int32_t* weights = nullptr;  ///< [taps][pixel]
    const std::int32_t* bias = nullptr;     ///< [pixel], in order
    const float* factors = nullptr;         ///< like the biases
    Int8Finish finish;
    std::uint8_t* out = nullptr;
    std::int64_t pixel = 0;
};
using Int8AnyDepthwise = void (*)(const Int8DepthwisePixel& pixel);

/// out = finish(sum over `pixels` rows of (in - zero_point)), `stride` apart.
struct Int8Mean {
    const std::uint8_t* in = nullptr;
    std::int64_t pixels = 0;
    std::int64_t stride = 0;
    std::int64_t channels = 0;
    std::int32_t zero_point = 0;  ///< with 128 added
    float factor = 0;
    Int8Finish finish;
    std::uint8_t* out = nullptr;
};
using Int8MeanKernel = void (*)(const Int8Mean& task);

/// `pixels` rows of `channels` values: out = clamp(((first a + second b + bias) >> shift) + zero_point, low,
/// high).
struct Int8Sum {
    const std::uint8_t* a = nullptr;
    const std::uint8_t* b = nullptr;
    std::uint8_t* out = nullptr;
    std::int64_t count = 0;
    std::int32_t first = 0;
    std::int32_t second = 0;
    std::int32_t bias = 0;
    int shift = 1;
    std::int32_t zero_point = 0;  ///< these three with 128 added
    std::int32_t low = 0;
    std::int32_t high = 0;
};
using Int8SumKernel = void (*)(const Int8Sum& task);

/// `pixels` rows of `channels` values: out = finish((a - first_zero) (b - second_zero)), with a row b for
/// all or, with `b_stride`, one for each.
struct Int8Product {
    const std::uint8_t* a = nullptr;
    const std::uint8_t* b = nullptr;
    std::int64_t b_stride = 0;
    std::uint8_t* out = nullptr;
    std::int64_t pixels = 0;
    std::int64_t channels = 0;
    std::int32_t first_zero = 0;  ///< these two with 128 added
    std::int32_t second_zero = 0;
    float factor = 0;
    Int8Finish finish;
};
using Int8ProductKernel = void (*)(const Int8Product& task);

/// Bytes as values of 16 bits.
using Int8Widen = void (*)(const std::uint8_t* from, std::int64_t count, std::int16_t* to);

/// The windows of outputs next to each other, of a dense input: `count` values of each of `lines` lines, one
/// behind the other and widened, make a row of the matrix; the next output's begin `step` bytes further.
struct Int8Windows {
    const std::uint8_t* const* lines = nullptr;
    std::int64_t line_count = 0;
    std::int64_t count = 0;
    std::int64_t step = 0;
    std::int64_t outputs = 0;
    std::int16_t* to = nullptr;
    std::int64_t row = 0;  ///< from a row to the next, in values
};
using Int8WidenWindows = void (*)(const Int8Windows& windows);

/// The kernels of one instruction set.
struct Int8Kernels {
    const char* target = "";                            ///< as Highway names it: "AVX2"
    std::int64_t lanes = 0;                             ///< sums in a vector
    int rows = 0;                                       ///< of the tallest tile
    std::array<Int8Gemm, kMostInt8Rows + 1> gemm = {};  ///< by rows
    Int8Depthwise depthwise_3x3_1 = nullptr;            ///< of stride 1
    Int8Depthwise depthwise_3x3_2 = nullptr;
    Int8Depthwise depthwise_5x5_1 = nullptr;
    Int8Depthwise depthwise_5x5_2 = nullptr;
    Int8AnyDepthwise depthwise_any = nullptr;
    Int8MeanKernel mean = nullptr;
    Int8SumKernel sum = nullptr;
    Int8ProductKernel product = nullptr;
    Int8Widen widen = nullptr;
    Int8WidenWindows widen_windows = nullptr;
};

/// Channels of a block.
[[nodiscard]] inline std::int64_t block_channels(const Int8Kernels& kernels) {
    return 2 * kernels.lanes;
}

/// Where a channel's sum lies in its block of `lanes` sums a vector: interleaving puts the lower and the
/// upper halves of each 8 values of 16 bits into different vectors.
[[nodiscard]] constexpr std::int64_t place_in_block(std::int64_t channel, std::int64_t lanes) {
    const std::int64_t eight = channel / 8;
    const std::int64_t rest = channel % 8;
    return (rest / 4) * lanes + 4 * eight + rest % 4;
}

/// The kernels of the best instruction set that this processor has.
[[nodiscard]] const Int8Kernels& best_int8_kernels();

/// The kernels of every instruction set that it has, for tests.
[[nodiscard]] const std::vector<Int8Kernels>& all_int8_kernels();

}  // namespace mobilenet_cost

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mobilenet_cost/engine/native/blocking.h"
#include "mobilenet_cost/model/layer.h"
#include "mobilenet_cost/model/weights.h"

namespace mobilenet_cost {

/// What the kernels of sums leave to do on rows that they have stored.
inline void finish_rows(const ComputeKernels& kernels, const Finish& finish, SigmoidTask rows) {
    if (!finish.sigmoid) return;
    rows.times_input = finish.times_sum;
    kernels.sigmoid(rows);
}

/// An activation in memory: (n, h, w, pixel), of whose `pixel` values the first c count.
struct View {
    float* values = nullptr;
    std::int64_t pixel = 0;
};

/// Number of parts that a layer of `work` multiply-adds, or values to move, is split into: enough for the
/// threads to end together, but none that takes less time than handing it over.
[[nodiscard]] std::int64_t wanted_tasks(int threads, std::int64_t work);

/// A convolution, not a depthwise one, as a product of matrices: one row per output pixel, one column per
/// output channel. The rows of the input matrix are never copied together: each is a list of segments, and
/// the kernel reads them where they lie. A segment is one tap's channels, or, where those are few, a row of
/// taps. Taps outside the image are read from zeros, rows of taps across its border from a copy on the stack.
struct NativeConv {
    const ComputeKernels* kernels = nullptr;
    Shape in;
    Shape out;
    Conv conv;
    bool rows_of_taps = false;
    std::int64_t segments = 1;  ///< of one row of the matrix
    std::int64_t depth = 0;     ///< values in a segment
    std::int64_t chunk = 1;     ///< segments that are multiplied at a time
    PanelGroups panels = {};
    std::int64_t block = 1;   ///< most rows that are multiplied at a time; their input stays in the L2 cache
    std::int64_t blocks = 1;  ///< parts of the rows
    std::int64_t parts = 1;   ///< parts of the panels
    Finish finish;

    std::vector<float> zeros;       ///< one segment
    const float* filter = nullptr;  ///< packed_filter_size() values
    const float* bias = nullptr;    ///< padded to the last panel's end
    View input;
    View output;
    View residual;  ///< null: none
};

/// Packed weights of a convolution.
struct ConvWeights {
    const float* filter = nullptr;
    const float* bias = nullptr;
};

struct NativeConvOptions {
    const ComputeKernels* kernels = nullptr;
    CoreModel core;
    int threads = 1;
    std::int64_t in_pixel = 0;
};

/// Sets everything but the pointers. Throws Error for filters of very many taps.
[[nodiscard]] NativeConv plan_native_conv(const Layer& layer, const Conv& conv,
                                          const NativeConvOptions& options);

/// Output channels with what pads them.
[[nodiscard]] std::int64_t padded_channels(const NativeConv& conv);
[[nodiscard]] std::int64_t packed_filter_size(const NativeConv& conv);

/// Panel by panel: [segments][depth][panel's channels], into memory of zeros. A grouped filter is packed as a
/// dense one with zeros.
void pack_filter(const NativeConv& conv, const std::vector<float>& filter, float* packed);

[[nodiscard]] inline std::int64_t task_count(const NativeConv& conv) {
    return conv.blocks * conv.parts;
}
void run_task(const NativeConv& conv, std::int64_t task);

/// Whether each row of the matrix is a pixel of the input, one after the other.
[[nodiscard]] inline bool rows_are_pixels(const Conv& conv) {
    return conv.kernel == 1 && conv.stride == 1 && conv.padding == Padding{};
}

/// Some rows of the matrix, and where they lie.
struct ProductRows {
    Range rows;
    const float* input = nullptr;     ///< where rows are pixels, the first of them; otherwise the first image
    float* output = nullptr;          ///< of the first row
    const float* residual = nullptr;  ///< like output; null: none
};

/// Multiplies these rows with the panels from `panels.begin` to `panels.end`.
void run_rows(const NativeConv& conv, const ProductRows& part, const Range& panels);

[[nodiscard]] inline std::int64_t panel_count(const NativeConv& conv) {
    return conv.panels[0].count + conv.panels[1].count;
}

/// For example "gemm_4x24:AVX2": the tile of most channels.
[[nodiscard]] std::string kernel_name(const NativeConv& conv);

}  // namespace mobilenet_cost

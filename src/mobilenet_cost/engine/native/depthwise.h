#pragma once

#include <cstdint>
#include <string>

#include "mobilenet_cost/engine/native/steps.h"

namespace mobilenet_cost {

/// Whether a layer is a depthwise convolution of one output per channel. With more of them, its input's
/// channels are repeated first: these kernels read as many as they write.
[[nodiscard]] inline bool is_plain_depthwise(const Layer& layer) {
    return is_depthwise(layer) && depth_multiplier(layer) == 1;
}

/// A depthwise convolution without the places of its input and output.
struct NativeDepthwise {
    DepthwiseKernel kernel = nullptr;
    Shape in;
    Shape out;
    Conv conv;
    DepthwiseRow row;                 ///< with what all rows have in common
    SigmoidKernel sigmoid = nullptr;  ///< null: the finish needs none
};

/// Rows of one image in memory: all of them, or the last `capacity` ones, where each takes the place of the
/// row that is `capacity` rows above it.
struct ImageRows {
    float* values = nullptr;
    std::int64_t row = 0;       ///< floats from one row to the next
    std::int64_t capacity = 1;  ///< of all rows: the image's height
    std::int64_t origin = 0;    ///< the row that lies at `values`

    /// Of a row from `origin` on.
    [[nodiscard]] float* at(std::int64_t y) const { return values + (y - origin) % capacity * row; }
};

/// Packs a filter (KH, KW, 1, C) as [kernel][kernel][pixel], into memory of zeros. Taps of a dilated one are
/// as many pixels apart as the columns under them: see run_row().
[[nodiscard]] std::int64_t packed_depthwise_size(const Conv& conv, std::int64_t pixel);
void pack_depthwise(const Conv& conv, std::int64_t pixel, const std::vector<float>& filter, float* packed);

/// The bias is [pixel]. Throws Error for filters of very many rows.
[[nodiscard]] NativeDepthwise plan_depthwise(const ComputeKernels& kernels, const Layer& layer,
                                             const Conv& conv, const ConvWeights& weights);

/// Row `y` of an image's output, from channel `channels.begin` to `channels.end`, into `out`.
void run_row(const NativeDepthwise& depthwise, const ImageRows& in, std::int64_t y, const Range& channels,
             float* out);

[[nodiscard]] NativeStep depthwise_step(const StepOptions& options, const NativeDepthwise& depthwise,
                                        const StepViews& views);

/// For example "depthwise_3x3_1:AVX2", 1 being the stride, or "depthwise_3x3_1_dilated_2:AVX2".
[[nodiscard]] std::string depthwise_name(const ComputeKernels& kernels, const Conv& conv);

}  // namespace mobilenet_cost

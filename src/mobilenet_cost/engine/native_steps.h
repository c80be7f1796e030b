#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "mobilenet_cost/engine/native_conv.h"

namespace mobilenet_cost {

/// What one layer does in a pass: `tasks` pieces of work that may run in any order and at the same time.
struct NativeStep {
    std::size_t layer = 0;
    std::int64_t tasks = 1;
    std::function<void(std::int64_t task)> run;
};

/// What the steps of all layers share.
struct StepOptions {
    const ComputeKernels* kernels = nullptr;
    int threads = 1;
};

/// Where one layer reads and writes.
struct StepViews {
    View input;
    View second;  ///< of a sum or product
    View output;
};

/// Weights of a depthwise convolution as its kernel reads them.
struct DepthwiseWeights {
    const float* filter = nullptr;  ///< [kernel][kernel][pixel]
    const float* bias = nullptr;    ///< [pixel]
};

[[nodiscard]] NativeStep depthwise_step(const StepOptions& options, const Layer& layer, const Conv& conv,
                                        const StepViews& views, const DepthwiseWeights& weights);
[[nodiscard]] NativeStep pool_step(const StepOptions& options, const Layer& layer, const StepViews& views);
[[nodiscard]] NativeStep sum_step(const StepOptions& options, const Layer& layer, const StepViews& views);
[[nodiscard]] NativeStep product_step(const StepOptions& options, const Layer& layer, const StepViews& views);

/// A copy of the values in rows of `output.pixel`.
[[nodiscard]] NativeStep spread_step(const Shape& shape, const View& input, const View& output);

[[nodiscard]] Finish finish_of(Activation activation);

/// For example "depthwise_3x3_1:AVX2", 1 being the stride.
[[nodiscard]] std::string depthwise_name(const StepOptions& options, const Conv& conv);

}  // namespace mobilenet_cost

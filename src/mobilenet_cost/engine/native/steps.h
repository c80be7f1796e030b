#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "mobilenet_cost/engine/native/conv.h"

namespace mobilenet_cost {

/// Time that each layer takes in a step of several, summed over the threads, in a timed pass.
struct PartTimes {
    explicit PartTimes(std::vector<std::size_t> of) : layers(std::move(of)), nanoseconds(layers.size()) {}

    /// Shares what the step took among its layers' entries, and starts from 0 again.
    void share(std::int64_t spent, std::span<std::int64_t> entries);

    std::vector<std::size_t> layers;
    std::vector<std::atomic<std::int64_t>> nanoseconds;
    bool on = false;  ///< set between two steps only
};

/// The work of one layer, or of several together: `tasks` pieces that may run in any order and at the same
/// time.
struct NativeStep {
    std::int64_t tasks = 1;
    std::function<void(std::int64_t task)> run;
    std::shared_ptr<PartTimes> parts = nullptr;  ///< null: one layer
};

/// Common to the steps of all layers.
struct StepOptions {
    const ComputeKernels* kernels = nullptr;
    int threads = 1;
};

/// The tensors that one layer reads and writes.
struct StepViews {
    View input;
    View second;  ///< of a sum or product
    View output;
};

[[nodiscard]] NativeStep pool_step(const StepOptions& options, const Layer& layer, const StepViews& views);
/// A sum, or a product with one value per channel and image.
[[nodiscard]] NativeStep pair_step(const StepOptions& options, const Layer& layer, const StepViews& views);

/// A copy of the values in rows of `output.pixel`.
[[nodiscard]] NativeStep spread_step(const Shape& shape, const View& input, const View& output);

/// Each channel of a depthwise convolution's input as often as it has outputs.
[[nodiscard]] NativeStep repeat_step(const StepOptions& options, const Layer& layer, const View& input,
                                     const View& output);

[[nodiscard]] Finish finish_of(Activation activation);

}  // namespace mobilenet_cost

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "mobilenet_cost/engine/native/conv.h"

namespace mobilenet_cost {

/// How long the layers of a step take that runs several of them together: the thread's time spent in each,
/// summed over the threads.
struct PartTimes {
    explicit PartTimes(std::vector<std::size_t> of) : layers(std::move(of)), nanoseconds(layers.size()) {}

    std::vector<std::size_t> layers;
    std::vector<std::atomic<std::int64_t>> nanoseconds;
    bool on = false;  ///< set between two steps only
};

/// What one layer, or several together, do in a pass: `tasks` pieces of work that may run in any order and at
/// the same time.
struct NativeStep {
    std::size_t layer = 0;
    std::int64_t tasks = 1;
    std::function<void(std::int64_t task)> run;
    std::shared_ptr<PartTimes> parts = nullptr;  ///< null: one layer
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

[[nodiscard]] NativeStep pool_step(const StepOptions& options, const Layer& layer, const StepViews& views);
[[nodiscard]] NativeStep sum_step(const StepOptions& options, const Layer& layer, const StepViews& views);
[[nodiscard]] NativeStep product_step(const StepOptions& options, const Layer& layer, const StepViews& views);

/// A copy of the values in rows of `output.pixel`.
[[nodiscard]] NativeStep spread_step(const Shape& shape, const View& input, const View& output);

[[nodiscard]] Finish finish_of(Activation activation);

}  // namespace mobilenet_cost

#pragma once

#include <vector>

#include "mobilenet_cost/engine/native/steps.h"

namespace mobilenet_cost {

/// What a layer reads and writes, whatever its kind.
struct PlainViews {
    std::vector<View> inputs;  ///< in the order of for_each_input()
    std::vector<Shape> shapes;
    View output;
};

/// Layers that move values, or compute little for each: windows of pooling, concat, slice, resize, channel
/// shuffle, batch norm, activation, and a product value by value. Loops that the compiler vectorises, a row
/// of the output at a time. `weights` (of a batch norm) must outlive the step.
[[nodiscard]] NativeStep plain_step(const StepOptions& options, const Layer& layer, const PlainViews& views,
                                    const LayerWeights& weights);

}  // namespace mobilenet_cost

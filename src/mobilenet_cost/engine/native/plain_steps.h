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

/// Every kind of layer that MobileNetV1 to V4 have not: those that move values or compute little for each,
/// products of activations, transposed convolutions. Loops that the compiler vectorises, a row of the output
/// at a time. `weights` must outlive the step.
[[nodiscard]] NativeStep plain_step(const StepOptions& options, const Layer& layer, const PlainViews& views,
                                    const LayerWeights& weights);

}  // namespace mobilenet_cost

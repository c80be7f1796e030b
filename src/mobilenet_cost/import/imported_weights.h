#pragma once

#include <memory>
#include <vector>

#include "mobilenet_cost/import/view.h"
#include "mobilenet_cost/import/window.h"
#include "mobilenet_cost/model/imported_model.h"

namespace mobilenet_cost {

/// One of the operations by channel that a layer has taken in. Constants have one value, or one for each
/// channel.
struct ChannelStep {
    enum class What { batch_norm, multiply, divide, add, subtract, scale, shift };
    What what = What::multiply;
    std::vector<PlainTensorId> constants;  ///< batch norm: scale, bias, mean, variance
    double value = 0;                      ///< batch norm: epsilon; scale and shift: the number itself
};

/// Where the weights of a block come from.
struct WeightSource {
    enum class Filter {
        none,
        taps,    ///< of a convolution, by `axes`
        matrix,  ///< (inputs, Co)
        turned,  ///< (Co, inputs)
        unit,    ///< a factor of 1 for each channel
        slopes,  ///< one for each channel, or one for all
    };
    Filter filter = Filter::none;
    PlainTensorId tensor = kNoPlainTensor;
    FilterAxes axes = {};
    ViewGroup inputs = {};  ///< of a matrix: how its rows run through the map
    Shape map = {};         ///< of a matrix: the map that it reads; of a unit and slopes: the channels
    std::vector<ChannelStep> steps = {};
};

/// By block.
[[nodiscard]] std::shared_ptr<const ImportedWeights> imported_weights(std::shared_ptr<const PlainGraph> graph,
                                                                      std::vector<WeightSource> sources);

}  // namespace mobilenet_cost

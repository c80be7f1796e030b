#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "mobilenet_cost/model/layer.h"

namespace mobilenet_cost {

/// An activation in double precision, as every engine is checked against it. `slope`: of what is below 0.
inline double activate(Activation activation, double x, double slope = 0) {
    switch (activation) {
        case Activation::none:
            return x;
        case Activation::relu:
            return std::max(x, 0.0);
        case Activation::relu6:
            return std::clamp(x, 0.0, 6.0);
        case Activation::hard_swish:
            return x * std::clamp(x + 3, 0.0, 6.0) / 6;
        case Activation::hard_sigmoid:
            return std::clamp(x / 6 + 0.5, 0.0, 1.0);
        case Activation::swish:
            return x / (1 + std::exp(-x));
        case Activation::sigmoid:
            return 1 / (1 + std::exp(-x));
        case Activation::gelu:
            return x / 2 * (1 + std::erf(x / std::numbers::sqrt2));
        case Activation::leaky_relu:
        case Activation::prelu:
            return x < 0 ? slope * x : x;
    }
    return x;
}

}  // namespace mobilenet_cost

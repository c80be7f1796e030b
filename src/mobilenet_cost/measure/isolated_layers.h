#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/measure/layer_profile.h"

namespace mobilenet_cost {

/// A network made for one layer of another: same shapes, weights, activation and in-place behaviour. Its
/// other inputs are written by layers before it, whose time does not count.
struct IsolatedLayer {
    Network network;
    Weights weights;
    std::size_t first = 0;  ///< the layers whose time counts: [first, first + count)
    std::size_t count = 1;
};

/// `with_sum`: of a convolution and the residual sum right behind it, which an engine runs as one.
[[nodiscard]] IsolatedLayer isolate_layer(const Network& network, const Weights& weights, std::size_t layer,
                                          bool with_sum = false);

/// A target with its engine and number of threads.
struct IsolatedTarget {
    LayerTarget whole;
    std::shared_ptr<const Engine> engine;
    int threads = 1;
    /// Makes the function to call before each pass of a session made here; may be empty or return nothing.
    std::function<std::function<void()>(const Session&)> before_pass;
};

/// Times each layer by itself and whole passes, all in the same rounds. A layer that the whole network's
/// session fuses into the one before it is timed together with that one, as there.
void measure_isolated_layers(const Network& network, const Weights& weights,
                             const std::vector<IsolatedTarget>& targets, const MeasureSettings& settings,
                             const MeasureHooks& hooks, std::vector<LayerProfile>& profiles);

}  // namespace mobilenet_cost

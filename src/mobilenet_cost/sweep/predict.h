#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/measure/layer_profile.h"
#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {

/// A network of a family that was timed layer by layer on one engine with one number of threads.
struct TimedNetwork {
    Network network;
    LayerProfile profile;
    double seconds = 0;  ///< of a whole pass without clock readings inside
};

/// Predicts the time of networks of a family that were not timed. The time of a layer is a sum of work at
/// fixed rates (an additive roofline: MACs, activations, weights, and a constant for the call); each layer of
/// the family, told by its name, has rates of its own, fitted by non-negative least squares on relative
/// errors and scaled to add up to the pass. A layer that no timed network has (a residual sum that exists at
/// some widths only) takes the rates fitted to all layers of its kind. What that leaves over of each timed
/// network is a factor, interpolated in the logarithms of weights and of MACs per weight. Fitted to at least
/// one network; two or more that differ in width and in resolution make it useful.
class TimeModel {
  public:
    /// Throws Error when there is none.
    [[nodiscard]] static TimeModel fit(const std::vector<TimedNetwork>& timed);

    /// Seconds of a whole pass. Throws Error for a network with a layer of a kind that was not timed.
    [[nodiscard]] double seconds(const Network& network) const;

    /// Seconds of each layer; they add up to the pass.
    [[nodiscard]] std::vector<double> layer_seconds(const Network& network) const;

  private:
    struct Rates;
    std::shared_ptr<const Rates> rates_;
};

/// Relative error of predicting each timed network from the others; empty with fewer than three.
[[nodiscard]] std::vector<double> leave_one_out_errors(const std::vector<TimedNetwork>& timed);

}  // namespace mobilenet_cost

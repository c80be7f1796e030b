#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/layer_profile.h"
#include "mobilenet_cost/network.h"

namespace mobilenet_cost {

/// A network of a family that was timed layer by layer on one engine with one number of threads.
struct TimedNetwork {
    Network network;
    LayerProfile profile;
    double seconds = 0;  ///< of a whole pass without clock readings inside
};

/// How the time of a layer is explained. Each is a sum of work at a fixed rate (an additive roofline: MACs,
/// activation bytes, weight bytes, and a constant for the call), with rates fitted by non-negative least
/// squares on relative errors.
enum class TimeModelKind {
    per_layer,  ///< each layer of the family has rates of its own
    per_class,  ///< layers of a class share them
};

/// Predicts the time of networks of a family that were not timed. Fitted to at least one network; two or more
/// that differ in width and in resolution make it useful.
class TimeModel {
  public:
    /// Throws Error when there is none, or when their layers are not the same in number and kind.
    [[nodiscard]] static TimeModel fit(const std::vector<TimedNetwork>& timed, TimeModelKind kind);

    /// Seconds of a whole pass. Throws Error for a network of another family.
    [[nodiscard]] double seconds(const Network& network) const;

    /// Seconds of each layer; they and `between_layers` add up to the pass.
    [[nodiscard]] std::vector<double> layer_seconds(const Network& network) const;

  private:
    struct Rates;
    TimeModelKind kind_ = TimeModelKind::per_layer;
    std::vector<std::string> ops_;                     // of the layers of the family
    std::shared_ptr<const std::vector<Rates>> rates_;  // one per layer, or one per class
    double between_layers_ = 0;                        // whole pass - sum of the layers
};

/// Relative error of predicting each timed network from the others; empty with fewer than three.
[[nodiscard]] std::vector<double> leave_one_out_errors(const std::vector<TimedNetwork>& timed,
                                                       TimeModelKind kind);

[[nodiscard]] std::string_view time_model_name(TimeModelKind kind);

}  // namespace mobilenet_cost

#pragma once

#include <memory>

#include "mobilenet_cost/engine/engine.h"

namespace mobilenet_cost {

/// The naive loops in 8 bits, with exact integers: what every engine's 8-bit passes are checked against.
[[nodiscard]] std::unique_ptr<Session> make_int8_reference(const Network& network, const Weights& weights,
                                                           const SessionOptions& options);

}  // namespace mobilenet_cost

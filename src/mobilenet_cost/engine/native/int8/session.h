#pragma once

#include <cstdint>
#include <memory>

#include "mobilenet_cost/engine/engine.h"

namespace mobilenet_cost {

/// A session of the native engine in 8 bits; `l2_bytes` is the size of the L2 cache that it plans for.
[[nodiscard]] std::unique_ptr<Session> make_native_int8(const Network& network, const Weights& weights,
                                                        const SessionOptions& options, std::int64_t l2_bytes);

}  // namespace mobilenet_cost

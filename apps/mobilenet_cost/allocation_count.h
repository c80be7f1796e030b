#pragma once

#include <functional>

#include "mobilenet_cost/gate/worker_protocol.h"

namespace mobilenet_cost::app {

/// Counts every allocation of this process from now on, whichever library makes it. Empty where the C
/// library's functions cannot be stood in for: not glibc, or under a sanitizer, which does so itself.
[[nodiscard]] std::function<AllocationCount()> allocation_counter();

}  // namespace mobilenet_cost::app

#pragma once

#include "mobilenet_cost/engine/engine.h"

namespace mobilenet_cost {

/// The naive engine that every other engine is checked against.
[[nodiscard]] const Engine* reference_engine();

}  // namespace mobilenet_cost

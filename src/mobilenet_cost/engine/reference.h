#pragma once

#include <memory>

#include "mobilenet_cost/engine/engine.h"

namespace mobilenet_cost {

/// The naive engine that every other engine is checked against.
[[nodiscard]] std::shared_ptr<const Engine> reference_engine();

}  // namespace mobilenet_cost

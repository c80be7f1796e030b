#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/machine/world.h"

namespace mobilenet_cost {

/// A machine and the engines that run on it: by default the rows of the engine table.
class EngineWorld : public World {
  public:
    [[nodiscard]] virtual std::vector<EngineStatus> engine_statuses();
    [[nodiscard]] virtual std::shared_ptr<const Engine> find_engine(const std::string& name);
};

/// This machine and its engines.
[[nodiscard]] EngineWorld& real_world();

}  // namespace mobilenet_cost

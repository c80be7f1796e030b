#pragma once

#include <cstdint>
#include <optional>

#include "mobilenet_cost/base/clock.h"
#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/machine/preflight.h"

namespace mobilenet_cost {

/// What a measurement reads from its surroundings: by default from this machine. Tests derive from it.
class World {
  public:
    World() = default;
    virtual ~World() = default;
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    [[nodiscard]] virtual Clock& clock();  ///< the same one each time
    [[nodiscard]] virtual NoiseSnapshot noise();
    [[nodiscard]] virtual std::optional<std::int64_t> available_memory_bytes();
    [[nodiscard]] virtual Preflight preflight();

  private:
    SteadyClock clock_;
};

}  // namespace mobilenet_cost

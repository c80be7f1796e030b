#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/engine/engine.h"

namespace mobilenet_cost {

/// The one to check the others against: slower by orders of magnitude, so never chosen in their place.
inline constexpr std::string_view kNaiveEngine = "reference";

/// A row of the engine table.
struct EngineStatus {
    std::string name;
    bool available = false;
    std::string reason;  ///< why it is not available
    EngineInfo info;     ///< filled when available
};

/// Every engine this project knows, available here or not, in the order of the table.
[[nodiscard]] std::vector<EngineStatus> engine_statuses();

/// Throws Error: an unknown name (with the nearest), or an engine that is not built or does not load.
[[nodiscard]] std::shared_ptr<const Engine> find_engine(const std::string& name);

/// The fastest engine available here, by the order of the table.
[[nodiscard]] std::string default_engine();

}  // namespace mobilenet_cost

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/engine/engine.h"

namespace mobilenet_cost {

/// The engine that the others are checked against: slower by orders of magnitude, so never chosen instead.
inline constexpr std::string_view kNaiveEngine = "reference";

/// A row of the engine table.
struct EngineStatus {
    std::string name;
    bool available = false;
    std::string reason;  ///< why it is not available
    EngineInfo info;     ///< filled when available
};

/// Every engine of the table, available here or not, the fastest first.
[[nodiscard]] std::vector<EngineStatus> engine_statuses();

/// By its name or its typed name (typed_engine.h). Throws Error: an unknown name (with the nearest), an
/// engine that is not built or does not load, or one that does not compute in this data type.
[[nodiscard]] std::shared_ptr<const Engine> find_engine(const std::string& name);

}  // namespace mobilenet_cost

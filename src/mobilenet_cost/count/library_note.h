#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/count/convention.h"
#include "mobilenet_cost/model/expand.h"

namespace mobilenet_cost {

/// Where a convention has the name of a library that builds one of these variants otherwise: its own count of
/// the first one, and the name of its network. Empty: there is nothing to say.
[[nodiscard]] std::string library_note(const Convention& convention, const ModelConfig& config,
                                       const std::vector<Variant>& variants);

}  // namespace mobilenet_cost

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

/// Where a network has layers or activations that the tools were not run on (counted otherwise than as
/// multiply-adds, they may count them in ways of their own): which. Empty: there are none, or the convention
/// counts multiply-adds alone.
[[nodiscard]] std::string unchecked_note(const Convention& convention, const ModelConfig& config,
                                         const Variant& variant);
/// The same for all conventions.
[[nodiscard]] std::string unchecked_note(const ModelConfig& config, const Variant& variant);

}  // namespace mobilenet_cost

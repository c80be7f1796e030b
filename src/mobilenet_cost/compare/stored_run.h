#pragma once

#include "mobilenet_cost/compare/stored_document.h"
#include "mobilenet_cost/sweep/run.h"

namespace mobilenet_cost {

/// A measured sweep as `compare` sees it, with every sample that nothing disturbed. `file` is for messages.
[[nodiscard]] StoredDocument stored_run(const SweepRun& run, const std::string& file);

}  // namespace mobilenet_cost

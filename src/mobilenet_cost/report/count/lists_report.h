#pragma once

#include <vector>

#include "mobilenet_cost/count/model_summaries.h"
#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/report/parts/report.h"

namespace mobilenet_cost {

/// Schema mobilenet-cost.models.v1 (docs/schemas/models.schema.json).
[[nodiscard]] Report models_report(const std::vector<ModelSummary>& models);

/// Schema mobilenet-cost.engines.v1 (docs/schemas/engines.schema.json).
[[nodiscard]] Report engines_report(const std::vector<EngineStatus>& engines);

}  // namespace mobilenet_cost

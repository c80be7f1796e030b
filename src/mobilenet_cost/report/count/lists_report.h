#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

// What there is: the `models` and `engines` commands.

/// A family with the totals of its base network.
struct ModelSummary {
    ModelConfig config;
    std::int64_t macs = 0;    ///< alpha 1, native resolution, 1000 classes, as the papers count
    std::int64_t params = 0;  ///< batch norm not counted
};

[[nodiscard]] std::vector<ModelSummary> model_summaries();

[[nodiscard]] Table models_table(const std::vector<ModelSummary>& models);
/// Schema mobilenet-cost.models.v1 (docs/schemas/models.schema.json).
[[nodiscard]] std::string models_json(const std::vector<ModelSummary>& models);
[[nodiscard]] std::string models_jsonl(const std::vector<ModelSummary>& models);

[[nodiscard]] Table engines_table(const std::vector<EngineStatus>& engines);
/// Schema mobilenet-cost.engines.v1 (docs/schemas/engines.schema.json).
[[nodiscard]] std::string engines_json(const std::vector<EngineStatus>& engines);
[[nodiscard]] std::string engines_jsonl(const std::vector<EngineStatus>& engines);

}  // namespace mobilenet_cost

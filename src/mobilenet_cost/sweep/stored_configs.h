#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/sweep/sweep_predict.h"

namespace mobilenet_cost {

/// The configs of a stored run, which must still describe the same networks. Throws Error naming the flag.
[[nodiscard]] std::vector<ModelConfig> configs_of(const SweepRun& run, const std::string& flag);

/// Nothing for a run that timed every cell.
[[nodiscard]] std::optional<Prediction> prediction_of(const std::vector<ModelConfig>& configs,
                                                      const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

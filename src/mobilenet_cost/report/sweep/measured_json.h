#pragma once

#include <optional>
#include <string>

#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

namespace mobilenet_cost {

/// Schema mobilenet-cost.sweep.v1 (docs/schemas/sweep.schema.json); null: not known or not applicable. A line
/// of the jsonl is a cell with the settings and the machine.
[[nodiscard]] std::string sweep_measured_json(const SweepRun& run, const SweepResult& result,
                                              const std::optional<Prediction>& prediction = {});
[[nodiscard]] std::string sweep_measured_jsonl(const SweepRun& run, const SweepResult& result,
                                               const std::optional<Prediction>& prediction = {});

}  // namespace mobilenet_cost

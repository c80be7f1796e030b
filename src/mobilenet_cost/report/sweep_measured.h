#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/report/sweep_classes.h"
#include "mobilenet_cost/report/table.h"
#include "mobilenet_cost/sweep_predict.h"
#include "mobilenet_cost/sweep_result.h"

namespace mobilenet_cost {

/// For people: heat maps, slopes, what was predicted, why it is not faster, every point, and how far to trust
/// them.
[[nodiscard]] std::vector<Section> sweep_measured_sections(const SweepRun& run, const SweepResult& result,
                                                           const std::optional<Prediction>& prediction = {});

/// A row for each point, those that did not run with their reason; then those that were predicted.
[[nodiscard]] Table sweep_measured_table(const SweepRun& run, const SweepResult& result,
                                         const std::optional<Prediction>& prediction = {});

/// Schema mobilenet-cost.sweep.v1 (docs/schemas/sweep.schema.json); null: not known or not applicable. A line
/// of the jsonl is a cell with the settings and the machine.
[[nodiscard]] std::string sweep_measured_json(const SweepRun& run, const SweepResult& result,
                                              const std::optional<Prediction>& prediction = {});
[[nodiscard]] std::string sweep_measured_jsonl(const SweepRun& run, const SweepResult& result,
                                               const std::optional<Prediction>& prediction = {});

}  // namespace mobilenet_cost

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/report/parts/table.h"
#include "mobilenet_cost/report/sweep/classes.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

namespace mobilenet_cost {

/// For people: heat maps, slopes, what was predicted, why it is not faster, every point, and how far to trust
/// them.
[[nodiscard]] std::vector<Section> sweep_measured_sections(const SweepRun& run, const SweepResult& result,
                                                           const std::optional<Prediction>& prediction = {});

/// A row for each point, those that did not run with their reason; then those that were predicted.
[[nodiscard]] Table sweep_measured_table(const SweepRun& run, const SweepResult& result,
                                         const std::optional<Prediction>& prediction = {});

}  // namespace mobilenet_cost

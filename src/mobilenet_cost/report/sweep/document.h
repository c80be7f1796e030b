#pragma once

#include <optional>
#include <vector>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

namespace mobilenet_cost {

// Internal, as json_text.h: what measured_json.h writes.

[[nodiscard]] Json sweep_document(const SweepRun& run, const SweepResult& result,
                                  const std::optional<Prediction>& prediction);
[[nodiscard]] std::vector<Json> sweep_lines(const SweepRun& run, const SweepResult& result,
                                            const std::optional<Prediction>& prediction);

}  // namespace mobilenet_cost

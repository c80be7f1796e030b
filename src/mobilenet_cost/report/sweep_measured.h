#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/report/sweep_classes.h"
#include "mobilenet_cost/report/table.h"
#include "mobilenet_cost/sweep_result.h"

namespace mobilenet_cost {

/// For people: heat maps, slopes, why it is not faster, every point, and how far to trust them.
[[nodiscard]] std::vector<Section> sweep_measured_sections(const SweepRun& run, const SweepResult& result,
                                                           const RooflinePeaks& peaks = {});

/// A row for each point, those that did not run with their reason.
[[nodiscard]] Table sweep_measured_table(const SweepRun& run, const SweepResult& result);

/// Schema mobilenet-cost.sweep.v1 (docs/schemas/sweep.schema.json); null: not known or not applicable. A line
/// of the jsonl is a cell with the settings and the machine.
[[nodiscard]] std::string sweep_measured_json(const SweepRun& run, const SweepResult& result);
[[nodiscard]] std::string sweep_measured_jsonl(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

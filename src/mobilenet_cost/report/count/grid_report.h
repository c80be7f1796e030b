#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/count/grid.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

/// The grid of analytic speed-ups, an alpha a row and a resolution a column, then the cells.
[[nodiscard]] std::vector<Section> sweep_sections(const std::vector<SweepCell>& cells);
[[nodiscard]] Table sweep_table(const std::vector<SweepCell>& cells);

/// Schema mobilenet-cost.sweep.v1 (docs/schemas/sweep.schema.json).
[[nodiscard]] std::string sweep_json(const std::vector<SweepCell>& cells, const SweepSettings& settings);
[[nodiscard]] std::string sweep_jsonl(const std::vector<SweepCell>& cells, const SweepSettings& settings);

}  // namespace mobilenet_cost

#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/report/table.h"
#include "mobilenet_cost/sweep.h"

namespace mobilenet_cost {

/// What the cells have in common.
struct SweepSettings {
    DataType data_type = DataType::f32;
    std::string convention;
    std::string alpha_scope;
    std::int64_t classes = 1000;
    std::int64_t batch = 1;
};

/// The grid of analytic speed-ups, an alpha a row and a resolution a column, then the cells.
[[nodiscard]] std::vector<Section> sweep_sections(const std::vector<SweepCell>& cells,
                                                  const SweepSettings& settings);
[[nodiscard]] Table sweep_table(const std::vector<SweepCell>& cells, const SweepSettings& settings);

/// Schema mobilenet-cost.sweep.v1 (docs/schemas/sweep.schema.json).
[[nodiscard]] std::string sweep_json(const std::vector<SweepCell>& cells, const SweepSettings& settings);
[[nodiscard]] std::string sweep_jsonl(const std::vector<SweepCell>& cells, const SweepSettings& settings);

}  // namespace mobilenet_cost

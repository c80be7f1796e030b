#pragma once

#include <string>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/report/page/pictured_run.h"
#include "mobilenet_cost/report/sweep/groups.h"

namespace mobilenet_cost {

// Internal, as json_text.h: the figures behind the charts. A table is {"columns": [...], "rows": [[...],
// ...]}: names of columns once and not in each row, because a page may have thousands. Null: not known.
// Those of heat maps are in grid_tables.h, those of clouds of points in scatter_tables.h.

/// A row for each layer of each profile of the group.
[[nodiscard]] Json layers_table(const PicturedRun& pictured, const SweepGroup& group);

/// intensity, flops_per_second, bound: the corners of the roof over those layers; no rows when it is not
/// known.
[[nodiscard]] Json roof_table(const PicturedRun& pictured, const SweepGroup& group);

/// A row for each separable block of each cell of the model.
[[nodiscard]] Json blocks_table(const PicturedRun& pictured, const std::string& model);

/// A row for each block of each cell of the model: its shapes, and what it consists of.
[[nodiscard]] Json network_table(const PicturedRun& pictured, const std::string& model);

/// round, point, seconds, disturbed; and what the points are.
[[nodiscard]] Json samples_table(const PicturedRun& pictured, const SweepGroup& group);
[[nodiscard]] Json series_table(const PicturedRun& pictured, const SweepGroup& group);

/// The cells that a table has rows of, in their order, without repetition.
[[nodiscard]] Json cells_of(const Json& table);

/// Whether this is the cell that was chosen, or the base of its model where none was.
[[nodiscard]] bool is_shown_first(const PicturedRun& pictured, const SweepCell& cell);

}  // namespace mobilenet_cost

#pragma once

#include <string>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/report/page/pictured_run.h"
#include "mobilenet_cost/report/sweep/groups.h"

namespace mobilenet_cost {

// Internal, as json_text.h: the figures behind the charts. A table is {"columns": [...], "rows": [[...],
// ...]}: names of columns once and not in each row, because a page may have thousands. Null: not known.

/// panel, form, alpha, resolution, value, low, high, cell, note. `form` is how a value is written and
/// coloured: "factor", "share" or "change".
[[nodiscard]] Json speedup_table(const PicturedRun& pictured, const SweepGroup& group);

/// The same for the standard networks over the separable ones; no rows when there are none.
[[nodiscard]] Json standard_table(const PicturedRun& pictured, const SweepGroup& group);

/// The same for one run's time over another's, cell by cell.
[[nodiscard]] Json change_table(const PicturedRun& base, const SweepGroup& base_group,
                                const PicturedRun& contender, const SweepGroup& group);

/// A row for each network that has a time, measured or predicted.
[[nodiscard]] Json points_table(const PicturedRun& pictured, const SweepGroup& group);

/// A row for each layer of each profile of the group.
[[nodiscard]] Json layers_table(const PicturedRun& pictured, const SweepGroup& group);

/// intensity, flops_per_second, bound: the corners of the roof over those layers; no rows when it is not
/// known.
[[nodiscard]] Json roof_table(const PicturedRun& pictured, const SweepGroup& group);

/// A row for each separable block of each cell of the model.
[[nodiscard]] Json blocks_table(const PicturedRun& pictured, const std::string& model);

/// round, point, seconds, disturbed; and what the points are.
[[nodiscard]] Json samples_table(const PicturedRun& pictured, const SweepGroup& group);
[[nodiscard]] Json series_table(const PicturedRun& pictured, const SweepGroup& group);

/// The cells that a table has rows of, in their order, without repetition.
[[nodiscard]] Json cells_of(const Json& table);

}  // namespace mobilenet_cost

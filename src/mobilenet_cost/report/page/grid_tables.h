#pragma once

#include <string>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/report/page/pictured_run.h"
#include "mobilenet_cost/report/sweep/groups.h"

namespace mobilenet_cost {

// Internal, as json_text.h: the figures behind the heat maps, as tables.h describes them: panel, form, alpha,
// resolution, value, low, high, cell, text, within, note. `form` is how a value is coloured: "factor",
// "share", "change" or "count".

[[nodiscard]] std::string factor_figure(double factor);  ///< "7.28×", as pictures show it

/// "±1.2 %", or that there is no interval; one that is wider than asked for is rounded up.
[[nodiscard]] std::string within_text(const Estimate& estimate, bool wide);

[[nodiscard]] Json speedup_table(const PicturedRun& pictured, const SweepGroup& group);

/// The same for the standard networks over the separable ones; no rows when there are none.
[[nodiscard]] Json standard_table(const PicturedRun& pictured, const SweepGroup& group);

/// The same for one run's time over another's, cell by cell.
[[nodiscard]] Json change_table(const PicturedRun& base, const SweepGroup& base_group,
                                const PicturedRun& contender, const SweepGroup& group);

/// MACs, parameters, weights and peak memory of each cell of a model, by exact counting.
[[nodiscard]] Json counts_table(const PicturedRun& pictured, const std::string& model);

}  // namespace mobilenet_cost

#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/report/page/pictured_run.h"
#include "mobilenet_cost/report/sweep/groups.h"

namespace mobilenet_cost {

// Internal, as json_text.h: the figures behind the clouds of points, as tables.h describes them.

/// The networks of a group that were predicted and not timed.
[[nodiscard]] std::vector<PredictedPoint> predicted_of(const PicturedRun& pictured, const SweepGroup& group);

/// A row for each network that has a time, measured or predicted.
[[nodiscard]] Json points_table(const PicturedRun& pictured, const SweepGroup& group);

/// The slopes of log time on log MACs of a group, with their intervals.
[[nodiscard]] Json fits_table(const PicturedRun& pictured, const SweepGroup& group);

/// A row for each network with a published accuracy, with its time on one engine where this run has it.
[[nodiscard]] Json accuracy_table(const PicturedRun& pictured, const std::string& engine, int threads);

}  // namespace mobilenet_cost

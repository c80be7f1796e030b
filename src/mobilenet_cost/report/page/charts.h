#pragma once

#include <vector>

#include "mobilenet_cost/report/page/tables.h"

namespace mobilenet_cost {

// Internal, as json_text.h.

/// {"charts": [...], "tables": {...}}. A chart: what it is a picture of, in words, too; its definition
/// ("spec", a file of configs/charts); which tables it takes by which names; and what the reader may choose.
/// Charts of one kind that are of different runs have the same "group", so that they can stand side by side.
[[nodiscard]] Json sweep_charts(const std::vector<PicturedRun>& runs);

}  // namespace mobilenet_cost

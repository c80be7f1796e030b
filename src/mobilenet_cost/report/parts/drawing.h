#pragma once

#include <cstddef>
#include <vector>

#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

enum class BarStyle { ascii, unicode };

/// Behind the cells that have a bar (Cell::bar) a bar, as long as its part of the longest in the column,
/// where a terminal of so many columns has room for bars of at least a few characters; otherwise as it was.
[[nodiscard]] std::vector<Section> with_bars(std::vector<Section> sections, BarStyle style,
                                             std::size_t columns);

/// For logs and old terminals: no character beyond ASCII; what has no spelling in it becomes a question mark.
[[nodiscard]] std::vector<Section> ascii_only(std::vector<Section> sections);

}  // namespace mobilenet_cost

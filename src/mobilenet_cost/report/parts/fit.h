#pragma once

#include <cstddef>
#include <vector>

#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

/// The same sections for a terminal of `width` columns. A table that is wider loses columns, as few as
/// possible, and names them in its note: those that say the same in every row, then those that it can do
/// without (Table::droppable). Then its longest text column is wrapped. Lines of text are broken between
/// words.
[[nodiscard]] std::vector<Section> fitted(std::vector<Section> sections, std::size_t width);

}  // namespace mobilenet_cost

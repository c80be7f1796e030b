#pragma once

#include <cstddef>
#include <vector>

#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/run.h"

namespace mobilenet_cost {

/// The points that the next round visits, so that the wide intervals become narrower. The two sides of a
/// ratio stand next to each other, because a machine's speed changes within fractions of a second:
///
///     base, cell, cell's standard, base's standard, other cell's standard, other cell, base, ...
///
/// A base is visited again for every second cell. `random` is an order of all points; cells, and the groups
/// of cells with one base, come in that order. None: every interval is narrow enough.
[[nodiscard]] std::vector<std::size_t> visit_order(const SweepRun& run, const SweepResult& result,
                                                   const std::vector<std::size_t>& random);

}  // namespace mobilenet_cost

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/report/parts/table.h"
#include "mobilenet_cost/sweep/result.h"

namespace mobilenet_cost {

/// The points that share one base each for the separable and the standard networks.
struct SweepGroup {
    std::string model;
    std::string engine;
    int threads = 1;
    std::vector<std::size_t> points;  ///< in SweepRun::points
};

/// In the order of their first points.
[[nodiscard]] std::vector<SweepGroup> sweep_groups(const SweepRun& run);

[[nodiscard]] std::string group_title(const SweepGroup& group);  ///< "mobilenet_v1 on native, 1 thread"
[[nodiscard]] std::string cell_title(const SweepCell& cell);     ///< "alpha 0.5 at 160 px"

/// The point of a group for one network of a cell.
[[nodiscard]] std::optional<std::size_t> find_point(const SweepRun& run, const SweepGroup& group,
                                                    std::size_t cell, NetworkKind network);

/// "~" before a figure whose interval is wider than asked for.
[[nodiscard]] std::string imprecise_mark(bool wide);

/// Half the width of the interval as a part of the value: "+-1.2 %"; empty where there is none.
[[nodiscard]] std::string half_width_text(const std::optional<Estimate>& estimate);

}  // namespace mobilenet_cost

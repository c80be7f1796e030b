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

/// The points of a group whose layers were timed, all of one network: the separable one, unless only the
/// standard one was. A prediction times the layers of both, which no table of one network may add up.
[[nodiscard]] std::vector<std::size_t> profiled_points(const SweepRun& run, const SweepGroup& group);

/// The network that a group's maps show: the separable one, unless it is of standard ones only.
[[nodiscard]] NetworkKind mapped_network(const SweepRun& run, const SweepGroup& group);

/// What a table or chart of one network adds to its title: ", standard convolutions", or nothing.
[[nodiscard]] std::string network_suffix(NetworkKind network);

/// "~" before a figure whose interval is wider than asked for.
[[nodiscard]] std::string imprecise_mark(bool wide);

/// The time of a point that has one, with its mark where it is imprecise or has no interval at all.
[[nodiscard]] std::string marked_seconds(const PointResult& point);

/// Half the width of the interval as a part of the value: "+-1.2 %"; empty where there is none. One that is
/// wider than asked for is rounded up, so that it never reads as what was asked for.
[[nodiscard]] std::string half_width_text(const std::optional<Estimate>& estimate, bool wide);

}  // namespace mobilenet_cost

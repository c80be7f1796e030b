#include "mobilenet_cost/report/sweep/groups.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/bench/cells.h"

namespace mobilenet_cost {

std::vector<SweepGroup> sweep_groups(const SweepRun& run) {
    std::vector<SweepGroup> groups;
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        const SweepPoint& point = run.points[i];
        const std::string& model = run.cells[point.cell].model;
        auto group = std::find_if(groups.begin(), groups.end(), [&](const SweepGroup& candidate) {
            return candidate.model == model && candidate.engine == point.engine &&
                   candidate.threads == point.threads;
        });
        if (group == groups.end())
            group = groups.insert(groups.end(), {model, point.engine, point.threads, {}});
        group->points.push_back(i);
    }
    return groups;
}

std::string group_title(const SweepGroup& group) {
    return fmt::format("{} on {}", group.model, row_title(group.engine, group.threads));
}

std::string cell_title(const SweepCell& cell) {
    return fmt::format("alpha {} at {} px", cell.variant.alpha, cell.variant.resolution);
}

std::optional<std::size_t> find_point(const SweepRun& run, const SweepGroup& group, std::size_t cell,
                                      NetworkKind network) {
    const auto found = std::find_if(group.points.begin(), group.points.end(), [&](std::size_t i) {
        return run.points[i].cell == cell && run.points[i].network == network;
    });
    return found == group.points.end() ? std::nullopt : std::optional(*found);
}

std::vector<std::size_t> profiled_points(const SweepRun& run, const SweepGroup& group) {
    std::vector<std::size_t> points;
    std::copy_if(group.points.begin(), group.points.end(), std::back_inserter(points), [&](std::size_t i) {
        return i < run.profiles.size() && run.profiles[i] && run.profiles[i]->status == BenchStatus::ok &&
               !run.profiles[i]->layers.empty();
    });
    const auto is_separable = [&](std::size_t i) { return run.points[i].network == NetworkKind::separable; };
    if (std::any_of(points.begin(), points.end(), is_separable))
        std::erase_if(points, [&](std::size_t i) { return !is_separable(i); });
    return points;
}

NetworkKind mapped_network(const SweepRun& run, const SweepGroup& group) {
    const bool separable = std::any_of(group.points.begin(), group.points.end(), [&](std::size_t i) {
        return run.points[i].network == NetworkKind::separable;
    });
    return separable ? NetworkKind::separable : NetworkKind::standard;
}

std::string network_suffix(NetworkKind network) {
    return network == NetworkKind::standard ? ", standard convolutions" : "";
}

std::string imprecise_mark(bool wide) {
    return wide ? "~" : "";
}

std::string marked_seconds(const PointResult& point) {
    return imprecise_mark(point.wide.seconds || !point.seconds->interval) +
           seconds_text(point.seconds->value);
}

std::string half_width_text(const std::optional<Estimate>& estimate, bool wide) {
    if (!estimate || !estimate->interval || !(estimate->value > 0)) return {};
    const double half = (estimate->interval->high - estimate->interval->low) / 2 / estimate->value;
    return fmt::format("+-{:.1f} %", wide ? std::ceil(half * 1000) / 10 : half * 100);
}

}  // namespace mobilenet_cost

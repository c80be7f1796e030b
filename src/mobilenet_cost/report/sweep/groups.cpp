#include "mobilenet_cost/report/sweep/groups.h"

#include <algorithm>

#include <fmt/format.h>

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

std::string imprecise_mark(bool wide) {
    return wide ? "~" : "";
}

std::string half_width_text(const std::optional<Estimate>& estimate) {
    if (!estimate || !estimate->interval || !(estimate->value > 0)) return {};
    const double half = (estimate->interval->high - estimate->interval->low) / 2 / estimate->value;
    return fmt::format("+-{:.1f} %", half * 100);
}

}  // namespace mobilenet_cost

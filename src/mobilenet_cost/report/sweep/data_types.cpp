#include "mobilenet_cost/report/sweep/data_types.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/report/bench/cells.h"
#include "mobilenet_cost/report/sweep/groups.h"

namespace mobilenet_cost {
namespace {

/// The separable networks that were timed in both types, by engine and threads.
using Groups = std::map<std::pair<std::string, int>, std::vector<std::size_t>>;

Groups groups_of(const SweepRun& run, const SweepResult& result) {
    Groups groups;
    for (std::size_t i = 0; i < result.points.size(); ++i) {
        const SweepPoint& point = run.points[i];
        if (result.points[i].over_f32 && point.network == NetworkKind::separable)
            groups[{point.engine, point.threads}].push_back(i);
    }
    return groups;
}

std::string gain_text(const SweepRun& run, const SweepResult& result, std::size_t index) {
    const Estimate& gain = *result.points[index].over_f32;
    const SweepCell& cell = run.cells[run.points[index].cell];
    return fmt::format("{}{} {} at {} {:g}/{}", imprecise_mark(result.points[index].wide.over_f32),
                       factor_text(gain.value), interval_text(gain, factor_text), cell.model,
                       cell.variant.alpha, cell.variant.resolution);
}

/// By intervals: what is not established is said so.
std::string verdict(const SweepResult& result, const std::vector<std::size_t>& group) {
    const auto all = [&](auto holds) {
        return std::all_of(group.begin(), group.end(), [&](std::size_t i) {
            const std::optional<Interval>& interval = result.points[i].over_f32->interval;
            return interval && holds(*interval);
        });
    };
    if (all([](const Interval& interval) { return interval.low > 1; })) return "8 bits pay here";
    if (all([](const Interval& interval) { return interval.high < 1; })) return "8 bits do not pay here";
    return group.size() == 1 ? "Whether 8 bits pay here is not established"
                             : "8 bits do not pay for every network here, or it is not established";
}

std::string line_of(const SweepRun& run, const SweepResult& result, const std::vector<std::size_t>& group) {
    const auto [least, most] = std::minmax_element(group.begin(), group.end(), [&](auto one, auto other) {
        return result.points[one].over_f32->value < result.points[other].over_f32->value;
    });
    const SweepPoint& point = run.points[group.front()];
    std::string text = fmt::format("{} ({}): {}", verdict(result, group),
                                   row_title(read_typed_name(point.engine).engine, point.threads),
                                   gain_text(run, result, *most));
    if (least != most) text += ", " + gain_text(run, result, *least);
    return text + " over f32.\n";
}

}  // namespace

std::string data_type_lines(const SweepRun& run, const SweepResult& result) {
    std::string text;
    for (const auto& [key, group] : groups_of(run, result))
        text += line_of(run, result, group);
    return text;
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/sweep/order.h"

#include <algorithm>
#include <optional>

namespace mobilenet_cost {
namespace {

/// Neighbours in a round: a cell's networks and, at the ends, their bases.
using Path = std::vector<std::size_t>;

/// The point of the same cell, engine and number of threads that the path is named after: the separable one
/// where there are both.
std::size_t head_of(const SweepRun& run, std::size_t point) {
    const auto& counterpart = run.points[point].counterpart;
    const bool follows = run.points[point].network == NetworkKind::standard && counterpart;
    return follows ? *counterpart : point;
}

Path path_of(const SweepRun& run, const SweepResult& result, std::size_t head) {
    const WideIntervals& wide = result.points[head].wide;
    Path path;
    if (wide.speedup) path.push_back(run.points[head].base);
    if (wide.any()) path.push_back(head);
    const std::optional<std::size_t> counterpart = run.points[head].counterpart;
    if (!counterpart) return path;
    const WideIntervals& other = result.points[*counterpart].wide;
    if (other.any() || wide.standard) path.push_back(*counterpart);
    if (other.speedup) path.push_back(run.points[*counterpart].base);
    return path;
}

/// A path by itself: between its base and its standard network a point has no room for its f32 one.
Path f32_path_of(const SweepRun& run, const SweepResult& result, std::size_t head) {
    if (!result.points[head].wide.over_f32) return {};
    return {head, *f32_point(run, head)};
}

/// The standard network of a bench, which is no other point's base, is no base of a path either.
bool is_base(const SweepRun& run, std::size_t point) {
    const auto& counterpart = run.points[point].counterpart;
    return run.points[point].base == point && (!counterpart || run.points[*counterpart].base == *counterpart);
}

/// Behind `order`, turned so that a base at its end serves both paths or will serve the next one.
void append(const SweepRun& run, Path path, std::vector<std::size_t>& order) {
    if (path.empty()) return;
    const bool joins = !order.empty() && path.front() == order.back();
    const bool joins_turned = !order.empty() && path.back() == order.back();
    const bool ends_in_base = is_base(run, path.back());
    if (joins_turned || (!joins && !ends_in_base)) std::reverse(path.begin(), path.end());
    const bool shares = joins || joins_turned;
    order.insert(order.end(), path.begin() + (shares ? 1 : 0), path.end());
}

/// The heads of all paths in the order given, those with one base together.
std::vector<std::vector<std::size_t>> heads_by_base(const SweepRun& run,
                                                    const std::vector<std::size_t>& order) {
    std::vector<std::vector<std::size_t>> groups;
    std::vector<std::optional<std::size_t>> group_of(run.points.size());  // by base
    std::vector<bool> seen(run.points.size(), false);
    for (const std::size_t point : order) {
        const std::size_t head = head_of(run, point);
        if (seen[head]) continue;
        seen[head] = true;
        std::optional<std::size_t>& group = group_of[run.points[head].base];
        if (!group) {
            group = groups.size();
            groups.emplace_back();
        }
        groups[*group].push_back(head);
    }
    return groups;
}

}  // namespace

std::vector<std::size_t> visit_order(const SweepRun& run, const SweepResult& result,
                                     const std::vector<std::size_t>& random) {
    std::vector<std::size_t> order;
    for (const std::vector<std::size_t>& heads : heads_by_base(run, random)) {
        for (const std::size_t head : heads) {
            append(run, path_of(run, result, head), order);
            append(run, f32_path_of(run, result, head), order);
        }
    }
    return order;
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/pick/pick.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <tuple>

#include "mobilenet_cost/pick/pareto.h"

namespace mobilenet_cost {
namespace {

struct Words {
    std::string_view flag;
    std::string_view key;
};

/// By PickQuantity.
constexpr std::array<Words, kPickQuantities> kWords = {{{"--max-ms", "max_seconds"},
                                                        {"--max-macs", "max_macs"},
                                                        {"--max-params", "max_params"},
                                                        {"--max-weight-kib", "max_weight_bytes"},
                                                        {"--max-peak-kib", "max_peak_activation_bytes"},
                                                        {"--min-top1", "min_top1"},
                                                        {"--max-ram-kib", "max_ram_bytes"},
                                                        {"--max-flash-kib", "max_flash_bytes"}}};

/// The larger the better.
double quality(const PickCandidate& candidate) {
    return candidate.accuracy ? candidate.accuracy->top1 : static_cast<double>(candidate.cell.macs);
}

/// The smaller the better.
double effort(const PickCandidate& candidate) {
    return candidate.time ? candidate.time->seconds : static_cast<double>(candidate.cell.macs);
}

/// The least is the best.
auto rank_key(const PickCandidate& candidate) {
    constexpr double kUnknown = std::numeric_limits<double>::infinity();
    const SweepCell& cell = candidate.cell;
    return std::tuple(!candidate.accuracy.has_value(), -quality(candidate),
                      candidate.time ? candidate.time->seconds : kUnknown, cell.peak_activation_bytes,
                      cell.weight_bytes, cell.macs);
}

/// The least goes first.
double order_key(const PickCandidate& candidate, PickOrder by) {
    const SweepCell& cell = candidate.cell;
    switch (by) {
        case PickOrder::accuracy:
            return 0;
        case PickOrder::time:
            return candidate.time ? candidate.time->seconds : std::numeric_limits<double>::infinity();
        case PickOrder::macs:
            return static_cast<double>(cell.macs);
        case PickOrder::params:
            return static_cast<double>(cell.params);
        case PickOrder::weights:
            return static_cast<double>(cell.weight_bytes);
        case PickOrder::peak:
            return static_cast<double>(cell.peak_activation_bytes);
    }
    return 0;
}

double excess_of(double found, const PickLimit& limit) {
    const double over = found - limit.limit;
    return (limit.quantity == PickQuantity::top1 ? -over : over) / limit.limit;
}

std::vector<std::size_t> ranked(const std::vector<PickCandidate>& candidates,
                                const std::vector<std::vector<PickQuantity>>& misses, PickOrder by) {
    std::vector<std::size_t> ranking;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (misses[i].empty()) ranking.push_back(i);
    }
    std::stable_sort(ranking.begin(), ranking.end(), [&](std::size_t left, std::size_t right) {
        return is_better(candidates[left], candidates[right], by);
    });
    return ranking;
}

/// What dominates a candidate ranks before it by accuracy, so those that nothing dominates are known when its
/// turn comes; and what is dominated at all is dominated by one of these, because dominance is transitive.
std::vector<std::optional<std::size_t>> dominators(const std::vector<PickCandidate>& candidates,
                                                   const std::vector<std::size_t>& ranking) {
    std::vector<std::optional<std::size_t>> dominated_by(candidates.size());
    std::vector<std::size_t> front;
    for (const std::size_t i : ranking) {
        const auto found = std::find_if(front.begin(), front.end(), [&](std::size_t other) {
            return dominates(candidates[other], candidates[i]);
        });
        if (found == front.end()) {
            front.push_back(i);
        } else {
            dominated_by[i] = *found;
        }
    }
    return dominated_by;
}

/// Fewest limits missed, then nearest to this one, then best.
bool is_nearer(const PickMiss& left, const PickMiss& right, const std::vector<PickCandidate>& candidates) {
    const auto key = [](const PickMiss& miss) { return std::tuple(miss.also.size(), miss.excess); };
    if (key(left) != key(right)) return key(left) < key(right);
    return is_better(candidates[*left.candidate], candidates[*right.candidate]);
}

PickMiss nearest_miss(const std::vector<PickCandidate>& candidates,
                      const std::vector<std::vector<PickQuantity>>& misses, const PickLimit& limit) {
    PickMiss nearest{.limit = limit, .candidate = {}, .found = 0, .excess = 0, .also = {}};
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const std::optional<double> found = value_of(candidates[i], limit.quantity);
        if (!found || meets(candidates[i], limit)) continue;
        PickMiss miss{.limit = limit,
                      .candidate = i,
                      .found = *found,
                      .excess = excess_of(*found, limit),
                      .also = misses[i]};
        std::erase(miss.also, limit.quantity);
        if (!nearest.candidate || is_nearer(miss, nearest, candidates)) nearest = std::move(miss);
    }
    return nearest;
}

}  // namespace

PickTime pick_time(const Estimate& seconds, const std::string& engine, int threads) {
    PickTime time;
    time.seconds = seconds.value;
    if (seconds.interval) {
        time.low = seconds.interval->low;
        time.high = seconds.interval->high;
    }
    time.engine = engine;
    time.threads = threads;
    return time;
}

std::string_view pick_flag(PickQuantity quantity) {
    return kWords.at(static_cast<std::size_t>(quantity)).flag;
}

std::string_view pick_key(PickQuantity quantity) {
    return kWords.at(static_cast<std::size_t>(quantity)).key;
}

std::optional<double> value_of(const PickCandidate& candidate, PickQuantity quantity) {
    const SweepCell& cell = candidate.cell;
    const bool counted = quantity != PickQuantity::seconds && quantity != PickQuantity::top1;
    if (counted && cell.lower_bound) return std::nullopt;
    switch (quantity) {
        case PickQuantity::seconds:
            return candidate.time ? std::optional(candidate.time->seconds) : std::nullopt;
        case PickQuantity::macs:
            return static_cast<double>(cell.macs);
        case PickQuantity::params:
            return static_cast<double>(cell.params);
        case PickQuantity::weight_bytes:
            return static_cast<double>(cell.weight_bytes);
        case PickQuantity::peak_bytes:
            return static_cast<double>(
                candidate.time ? candidate.time->real_peak_bytes.value_or(cell.peak_activation_bytes)
                               : cell.peak_activation_bytes);
        case PickQuantity::top1:
            if (candidate.accuracy) return candidate.accuracy->top1;
            if (candidate.estimate && candidate.estimate_counts) return candidate.estimate->top1;
            return std::nullopt;
        case PickQuantity::ram_bytes:
            return candidate.need ? std::optional(static_cast<double>(candidate.need->ram_bytes))
                                  : std::nullopt;
        case PickQuantity::flash_bytes:
            return candidate.need ? std::optional(static_cast<double>(candidate.need->flash_bytes))
                                  : std::nullopt;
    }
    return std::nullopt;
}

bool meets(const PickCandidate& candidate, const PickLimit& limit) {
    const std::optional<double> found = value_of(candidate, limit.quantity);
    if (!found) return false;
    return limit.quantity == PickQuantity::top1 ? *found >= limit.limit : *found <= limit.limit;
}

std::vector<PickQuantity> misses_of(const PickCandidate& candidate, const std::vector<PickLimit>& limits) {
    std::vector<PickQuantity> misses;
    for (const PickLimit& limit : limits) {
        if (!meets(candidate, limit)) misses.push_back(limit.quantity);
    }
    return misses;
}

bool is_better(const PickCandidate& left, const PickCandidate& right, PickOrder by) {
    return std::tuple(order_key(left, by), rank_key(left)) <
           std::tuple(order_key(right, by), rank_key(right));
}

bool dominates(const PickCandidate& left, const PickCandidate& right) {
    const bool comparable = left.accuracy.has_value() == right.accuracy.has_value() &&
                            left.time.has_value() == right.time.has_value();
    if (!comparable) return false;
    // Everything as a cost.
    const auto costs = [](const PickCandidate& candidate) {
        return std::array{-quality(candidate), effort(candidate),
                          static_cast<double>(candidate.cell.peak_activation_bytes),
                          static_cast<double>(candidate.cell.weight_bytes)};
    };
    return costs_less(costs(left), costs(right));
}

PickResult pick(const std::vector<PickCandidate>& candidates, const std::vector<PickLimit>& limits,
                PickOrder by) {
    PickResult result;
    for (const PickCandidate& candidate : candidates)
        result.misses.push_back(misses_of(candidate, limits));
    result.dominated_by = dominators(candidates, ranked(candidates, result.misses, PickOrder::accuracy));
    result.ranking = ranked(candidates, result.misses, by);
    if (!result.ranking.empty()) return result;
    for (const PickLimit& limit : limits) {
        const bool all_meet = std::all_of(candidates.begin(), candidates.end(),
                                          [&](const PickCandidate& one) { return meets(one, limit); });
        if (!all_meet) result.nearest.push_back(nearest_miss(candidates, result.misses, limit));
    }
    return result;
}

}  // namespace mobilenet_cost

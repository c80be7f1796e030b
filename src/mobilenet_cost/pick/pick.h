#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/count/grid.h"
#include "mobilenet_cost/pick/accuracy_fit.h"
#include "mobilenet_cost/pick/published.h"

namespace mobilenet_cost {

/// The time of one pass, and where it is from.
struct PickTime {
    double seconds = 0;
    std::optional<double> low;  ///< of a measured one its interval, of a predicted one its error bars
    std::optional<double> high;
    bool predicted = false;
    std::string file;  ///< that it was stored in; empty: found in this run
    std::string engine;
    int threads = 1;

    bool operator==(const PickTime&) const = default;
};

/// A variant to choose from.
struct PickCandidate {
    SweepCell cell;                             ///< what is counted
    std::optional<PublishedAccuracy> accuracy;  ///< of the data type asked for; never an estimate
    std::optional<AccuracyEstimate> estimate;   ///< where there is none; shown, and never ranked by
    bool estimate_counts = false;               ///< it may meet a limit on top-1
    std::optional<PickTime> time;
};

/// What a budget limits.
enum class PickQuantity { seconds, macs, params, weight_bytes, peak_bytes, top1 };

/// A limit that a variant meets: at least so much top-1, at most so much of anything else.
struct PickLimit {
    PickQuantity quantity = PickQuantity::seconds;
    double limit = 0;

    bool operator==(const PickLimit&) const = default;
};

[[nodiscard]] std::string_view pick_flag(PickQuantity quantity);  ///< "--max-ms"
[[nodiscard]] std::string_view pick_key(PickQuantity quantity);   ///< "max_seconds", of a document

/// Nothing where it is not known.
[[nodiscard]] std::optional<double> value_of(const PickCandidate& candidate, PickQuantity quantity);

/// What is not known meets no limit.
[[nodiscard]] bool meets(const PickCandidate& candidate, const PickLimit& limit);

/// The limits that a candidate does not meet, in their order.
[[nodiscard]] std::vector<PickQuantity> misses_of(const PickCandidate& candidate,
                                                  const std::vector<PickLimit>& limits);

/// Best first: those with a published top-1 before those without; then the higher top-1, or without one the
/// more MACs, which within a family stand for accuracy. What is equal so far is ordered by time (unknown
/// last), peak memory, weights and MACs, the least first.
[[nodiscard]] bool is_better(const PickCandidate& left, const PickCandidate& right);

/// No worse in accuracy, time, peak memory and weights, and better in one. Only candidates that the same is
/// known of are compared: without a published top-1 MACs stand for accuracy, without a time they stand for
/// that.
[[nodiscard]] bool dominates(const PickCandidate& left, const PickCandidate& right);

/// How near the candidates come to a limit that not all of them meet.
struct PickMiss {
    PickLimit limit;
    std::optional<std::size_t> candidate;  ///< absent: the quantity is known of none that misses it
    double found = 0;
    double excess = 0;               ///< the part of the limit that is missing to it
    std::vector<PickQuantity> also;  ///< other limits that it misses
};

struct PickResult {
    std::vector<std::vector<PickQuantity>> misses;         ///< one for each candidate; empty: it fits
    std::vector<std::size_t> ranking;                      ///< the candidates that fit, best first
    std::vector<std::optional<std::size_t>> dominated_by;  ///< the best of the front that dominates it; only
                                                           ///< of those that fit, by one that fits
    std::vector<PickMiss> nearest;  ///< only when nothing fits: of each limit that is missed the candidate
                                    ///< that misses fewest limits and, of these, comes nearest to it
};

[[nodiscard]] PickResult pick(const std::vector<PickCandidate>& candidates,
                              const std::vector<PickLimit>& limits);

}  // namespace mobilenet_cost

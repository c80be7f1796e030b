#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/count/grid.h"
#include "mobilenet_cost/pick/accuracy_fit.h"
#include "mobilenet_cost/pick/published.h"
#include "mobilenet_cost/runtime/runtime.h"

namespace mobilenet_cost {

/// The time of one pass, and where it is from.
struct PickTime {
    double seconds = 0;
    std::optional<double>
        low;  ///< ends of the interval of a measured time, or of the error bars of a predicted one
    std::optional<double> high;
    bool predicted = false;
    std::string file;  ///< where it was stored; empty: taken in this run
    std::string engine;
    int threads = 1;
    std::optional<std::int64_t> real_peak_bytes = {};  ///< activations and scratch that the engine held

    bool operator==(const PickTime&) const = default;
};

/// Why a candidate has no time.
enum class Untimed {
    not_asked,
    ruled_out,       ///< it misses another limit
    too_many_macs,   ///< for the limit on time, on any machine
    narrower_fits,   ///< narrower than one that was fast enough in a bisection
    wider_too_slow,  ///< wider than one that was too slow
    failed,
    not_reached,  ///< the run ended before
    not_stored,
};
template <>
inline constexpr std::array<std::string_view, 8> kEnumNames<Untimed> = {
    "not_asked",      "ruled_out", "too_many_macs", "narrower_fits",
    "wider_too_slow", "failed",    "not_reached",   "not_stored"};

/// With the ends of the interval, where there is one.
[[nodiscard]] PickTime pick_time(const Estimate& seconds, const std::string& engine, int threads);

/// A variant to choose from.
struct PickCandidate {
    SweepCell cell;                             ///< what is counted
    std::optional<PublishedAccuracy> accuracy;  ///< of the data type asked for; never an estimate
    std::optional<AccuracyEstimate> estimate;   ///< where there is none; shown, and never ranked by
    bool estimate_counts = false;               ///< the estimate may meet a limit on top-1
    std::optional<PickTime> time;
    Untimed untimed = Untimed::not_asked;  ///< where there is no time
    std::optional<RuntimeNeed> need = {};  ///< none: not asked for, or not known
};

/// A quantity that a budget limits.
enum class PickQuantity { seconds, macs, params, weight_bytes, peak_bytes, top1, ram_bytes, flash_bytes };
inline constexpr std::size_t kPickQuantities = 8;

/// What a runtime takes: such limits name one.
[[nodiscard]] constexpr bool is_of_runtime(PickQuantity quantity) {
    return quantity == PickQuantity::ram_bytes || quantity == PickQuantity::flash_bytes;
}

/// The least top-1, or the most of any other quantity.
struct PickLimit {
    PickQuantity quantity = PickQuantity::seconds;
    double limit = 0;
    std::string typed = {};  ///< as the user wrote it; empty: nobody did

    bool operator==(const PickLimit&) const = default;
};

[[nodiscard]] std::string_view pick_flag(PickQuantity quantity);  ///< "--max-ms"
[[nodiscard]] std::string_view pick_key(PickQuantity quantity);   ///< "max_seconds", of a document

/// Nothing where it is unknown, as counts of a network with operators that are not known are. The peak is the
/// real one where the network ran, elsewhere that of the live tensors on paper.
[[nodiscard]] std::optional<double> value_of(const PickCandidate& candidate, PickQuantity quantity);

/// An unknown quantity meets no limit.
[[nodiscard]] bool meets(const PickCandidate& candidate, const PickLimit& limit);

/// The limits that a candidate does not meet, in their order.
[[nodiscard]] std::vector<PickQuantity> misses_of(const PickCandidate& candidate,
                                                  const std::vector<PickLimit>& limits);

/// What a list of candidates is ordered by: the most accuracy, or the least of another.
enum class PickOrder { accuracy, time, macs, params, weights, peak };
template <>
inline constexpr std::array<std::string_view, 6> kEnumNames<PickOrder> = {"accuracy", "time",    "macs",
                                                                          "params",   "weights", "peak"};

/// Best first by accuracy: those with a published top-1 before those without; then the higher top-1, or
/// without one the more MACs, which within a family stand for accuracy. What is equal so far is ordered by
/// time (unknown last), peak memory on paper, weights and MACs, the least first. In another order the least
/// goes first (an unknown time last), and what is equal is ordered by accuracy.
[[nodiscard]] bool is_better(const PickCandidate& left, const PickCandidate& right,
                             PickOrder by = PickOrder::accuracy);

/// No worse in accuracy, time, peak memory and weights, and better in one. Only candidates with the same
/// known quantities are compared. MACs stand in for an accuracy or a time that neither has.
[[nodiscard]] bool dominates(const PickCandidate& left, const PickCandidate& right);

/// The candidate that comes nearest to a limit that it misses.
struct PickMiss {
    PickLimit limit;
    std::optional<std::size_t> candidate;  ///< absent: the quantity is unknown for all that miss it
    double found = 0;
    double excess = 0;               ///< distance to the limit, as a part of the limit
    std::vector<PickQuantity> also;  ///< the other limits that it misses
};

struct PickResult {
    std::vector<std::vector<PickQuantity>> misses;  ///< one for each candidate; empty: it fits. What is
                                                    ///< not known is missed
    std::vector<std::size_t> ranking;               ///< the candidates that fit, best first
    std::vector<std::optional<std::size_t>> dominated_by;  ///< the most accurate of the front that dominates
                                                           ///< it; only of those that fit, by one that fits
    std::vector<PickMiss> nearest;  ///< only when nothing fits: of each limit that is missed the candidate
                                    ///< that misses fewest limits and, of these, comes nearest to it
};

[[nodiscard]] PickResult pick(const std::vector<PickCandidate>& candidates,
                              const std::vector<PickLimit>& limits, PickOrder by = PickOrder::accuracy);

}  // namespace mobilenet_cost

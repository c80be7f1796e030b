#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"

namespace mobilenet_cost {

// The statistics of the gate, without any measuring. A series is one cell's log ratios head / base, one value
// a round; above 0 the head is slower. Sources of the method: docs/gate.md.

enum class GateVerdict {
    same,          ///< a slowdown by the tolerance or more is excluded
    improved,      ///< a speed-up beyond the dead band is established
    inconclusive,  ///< neither: too noisy, or too few rounds
    regressed,     ///< a slowdown beyond the dead band is established
};

template <>
inline constexpr std::array<std::string_view, 4> kEnumNames<GateVerdict> = {"same", "improved",
                                                                            "inconclusive", "regressed"};

struct GateRule {
    double threshold = 0.025;  ///< dead band: what code placement alone may do
    double tolerance = 0.05;   ///< `same` excludes a slowdown of this much
    double significance =
        0.01;  ///< chance of any false `regressed` in a whole run; likewise `improved`, `same`

    bool operator==(const GateRule&) const = default;
};

/// Throws Error naming the flag.
void check_rule(const GateRule& rule);

/// Series that are judged: each cell's and, of several, the one of all together.
[[nodiscard]] constexpr std::size_t hypotheses_of(std::size_t cells) {
    return cells + (cells > 1 ? 1 : 0);
}

/// A moment fixed beforehand at which the rounds so far are judged.
struct GateLook {
    std::int64_t rounds = 0;
    double significance = 0;  ///< its part of the whole

    bool operator==(const GateLook&) const = default;
};

/// After 15, 31 and 63 rounds, in proportion for another number, with 1/4, 1/4 and 1/2 of the significance:
/// the chance of a false alarm in any look is at most their sum, however they depend on each other. A look
/// that could not decide anything gives its part to the next. Throws Error if no look could decide anything.
[[nodiscard]] std::vector<GateLook> plan_looks(std::int64_t rounds, std::size_t hypotheses,
                                               double significance);

/// The fewest rounds for which plan_looks() has one.
[[nodiscard]] std::int64_t fewest_rounds(std::size_t hypotheses, double significance);

/// Holm's step-down over one-sided p-values: what is rejected, and at which level each was tested last.
struct HolmStep {
    bool rejected = false;
    double level = 0;

    bool operator==(const HolmStep&) const = default;
};
[[nodiscard]] std::vector<HolmStep> holm(std::span<const double> p_values, double significance);

/// What the rounds say about one series.
struct GateRow {
    std::int64_t rounds = 0;           ///< that counted
    std::optional<double> ratio = {};  ///< head / base: exp of the median; absent without rounds
    /// Ends of the exact order-statistic interval at the level of Holm's step; absent: too few rounds.
    std::optional<double> low = {};
    std::optional<double> high = {};
    double coverage = 0;  ///< achieved, of both ends together
    double p_slower = 1;  ///< sign test against 1 + threshold
    double p_faster = 1;  ///< sign test against 1 / (1 + threshold)
    GateVerdict verdict = GateVerdict::inconclusive;
    std::int64_t decided_at = 0;  ///< rounds visited when the verdict was established; 0: it is not

    bool operator==(const GateRow&) const = default;
};

/// Every series in one family. `rounds_visited` is kept in rows that are decided.
[[nodiscard]] std::vector<GateRow> judge(const std::vector<std::vector<double>>& series, const GateRule& rule,
                                         double significance, std::int64_t rounds_visited);

/// Rows after another look: what was established stays as it was, except that `regressed` has the last word.
void merge_look(std::vector<GateRow>& rows, const std::vector<GateRow>& look);

[[nodiscard]] bool all_decided(const std::vector<GateRow>& rows);

/// Of a machine that is too noisy to say anything good: what is not regressed is inconclusive.
void withhold_praise(std::vector<GateRow>& rows);

/// regressed if any row is; else inconclusive if any row is; else improved if any row is.
[[nodiscard]] GateVerdict whole_verdict(const std::vector<GateRow>& rows);
[[nodiscard]] GateVerdict worst_verdict(std::span<const GateVerdict> verdicts);

/// Means over the series, round by round: the log of the geometric mean. Rounds that a series lacks are
/// absent (NaN in `series`); all must be equally long.
[[nodiscard]] std::vector<double> mean_series(const std::vector<std::vector<double>>& series);

}  // namespace mobilenet_cost

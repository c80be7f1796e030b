#include "mobilenet_cost/gate/verdict.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/stats.h"

namespace mobilenet_cost {
namespace {

/// Rounds and parts of the significance of the looks of a run of 63 rounds.
struct PlannedLook {
    double rounds = 0;
    double share = 0;
};
constexpr std::array<PlannedLook, 3> kLooks = {{{15.0 / 63, 0.25}, {31.0 / 63, 0.25}, {1, 0.5}}};

/// Below it the tails of a binomial law are no longer exact in double precision.
constexpr double kLeastSignificance = 1e-9;

/// 63 x 15 / 63 must stay 15.
constexpr double kRounding = 1e-9;

/// All rounds on one side of the limit is the strongest that a sign test can say.
bool can_decide(std::int64_t rounds, std::size_t hypotheses, double significance) {
    return std::ldexp(1.0, -static_cast<int>(std::min<std::int64_t>(rounds, 1000))) <=
           significance / static_cast<double>(hypotheses);
}

void check_share(std::string_view flag, double value, double most) {
    if (!(value > 0 && value < most))
        fail(flag, fmt::format("expected a number above 0 and below {}, found {}", most, value));
}

struct Bounds {
    std::optional<double> low;
    std::optional<double> high;
    double missed = 0;  ///< probability of both sides together
};

/// One-sided at each end, because Holm gives each end its own level.
Bounds bounds_of(std::vector<double> logs, double low_level, double high_level) {
    std::sort(logs.begin(), logs.end());
    Bounds bounds;
    if (const auto ranks = median_ranks(logs.size(), 1 - 2 * low_level)) {
        bounds.low = std::exp(logs[ranks->low - 1]);
        bounds.missed += (1 - ranks->coverage) / 2;
    }
    if (const auto ranks = median_ranks(logs.size(), 1 - 2 * high_level)) {
        bounds.high = std::exp(logs[ranks->high - 1]);
        bounds.missed += (1 - ranks->coverage) / 2;
    }
    return bounds;
}

GateVerdict verdict_of(bool slower, bool faster, const GateRow& row, const GateRule& rule) {
    if (slower) return GateVerdict::regressed;
    if (faster) return GateVerdict::improved;
    if (row.high && *row.high < 1 + rule.tolerance) return GateVerdict::same;
    return GateVerdict::inconclusive;
}

}  // namespace

void check_rule(const GateRule& rule) {
    check_share("--threshold", rule.threshold, 1);
    check_share("--tolerance", rule.tolerance, 1);
    check_share("--significance", rule.significance, 0.5);
    if (rule.significance < kLeastSignificance)
        fail("--significance",
             fmt::format("expected at least {}, found {}", kLeastSignificance, rule.significance));
    if (rule.tolerance < rule.threshold)
        fail("--tolerance",
             fmt::format("expected at least the --threshold, {}, found {}", rule.threshold, rule.tolerance));
}

std::int64_t fewest_rounds(std::size_t hypotheses, double significance) {
    std::int64_t rounds = 1;
    while (!can_decide(rounds, hypotheses, significance))
        ++rounds;
    return rounds;
}

std::vector<GateLook> plan_looks(std::int64_t rounds, std::size_t hypotheses, double significance) {
    std::vector<GateLook> looks;
    double unspent = 0;
    for (const PlannedLook& planned : kLooks) {
        const auto at = static_cast<std::int64_t>(static_cast<double>(rounds) * planned.rounds + kRounding);
        unspent += planned.share * significance;
        if (!can_decide(at, hypotheses, unspent)) continue;
        if (!looks.empty() && looks.back().rounds == at) continue;
        looks.push_back({at, unspent});
        unspent = 0;
    }
    if (looks.empty()) {
        fail("--rounds", fmt::format("expected at least {}, below which {} {} cannot be judged at a "
                                     "significance of {}, found {}",
                                     fewest_rounds(hypotheses, significance), hypotheses,
                                     hypotheses == 1 ? "row" : "rows", significance, rounds));
    }
    looks.back().significance += unspent;
    return looks;
}

std::vector<HolmStep> holm(std::span<const double> p_values, double significance) {
    std::vector<std::size_t> order(p_values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
    std::vector<HolmStep> steps(p_values.size());
    bool rejecting = true;
    double level = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (rejecting) level = significance / static_cast<double>(order.size() - i);
        rejecting = rejecting && p_values[order[i]] <= level;
        steps[order[i]] = {rejecting, level};
    }
    return steps;
}

std::vector<GateRow> judge(const std::vector<std::vector<double>>& series, const GateRule& rule,
                           double significance, std::int64_t rounds_visited) {
    const double band = std::log1p(rule.threshold);
    std::vector<double> slower;
    std::vector<double> faster;
    for (const std::vector<double>& logs : series) {
        slower.push_back(sign_test(logs, band));
        std::vector<double> mirrored(logs.size());
        std::transform(logs.begin(), logs.end(), mirrored.begin(), [](double log) { return -log; });
        faster.push_back(sign_test(mirrored, band));
    }
    const std::vector<HolmStep> slower_steps = holm(slower, significance);
    const std::vector<HolmStep> faster_steps = holm(faster, significance);
    std::vector<GateRow> rows(series.size());
    for (std::size_t i = 0; i < series.size(); ++i) {
        GateRow& row = rows[i];
        row.rounds = static_cast<std::int64_t>(series[i].size());
        row.p_slower = slower[i];
        row.p_faster = faster[i];
        if (series[i].empty()) continue;
        row.ratio = std::exp(median(series[i]));
        const Bounds bounds = bounds_of(series[i], slower_steps[i].level, faster_steps[i].level);
        row.low = bounds.low;
        row.high = bounds.high;
        if (row.low && row.high) row.coverage = 1 - bounds.missed;
        row.verdict = verdict_of(slower_steps[i].rejected, faster_steps[i].rejected, row, rule);
        if (row.verdict != GateVerdict::inconclusive) row.decided_at = rounds_visited;
    }
    return rows;
}

void merge_look(std::vector<GateRow>& rows, const std::vector<GateRow>& look) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool open = rows[i].verdict == GateVerdict::inconclusive;
        const bool worse =
            look[i].verdict == GateVerdict::regressed && rows[i].verdict != GateVerdict::regressed;
        if (open || worse) rows[i] = look[i];
    }
}

bool all_decided(const std::vector<GateRow>& rows) {
    return std::none_of(rows.begin(), rows.end(),
                        [](const GateRow& row) { return row.verdict == GateVerdict::inconclusive; });
}

void withhold_praise(std::vector<GateRow>& rows) {
    for (GateRow& row : rows) {
        if (row.verdict == GateVerdict::regressed) continue;
        row.verdict = GateVerdict::inconclusive;
        row.decided_at = 0;
    }
}

GateVerdict whole_verdict(const std::vector<GateRow>& rows) {
    std::vector<GateVerdict> verdicts;
    for (const GateRow& row : rows)
        verdicts.push_back(row.verdict);
    return worst_verdict(verdicts);
}

GateVerdict worst_verdict(std::span<const GateVerdict> verdicts) {
    if (verdicts.empty()) return GateVerdict::inconclusive;
    return *std::max_element(verdicts.begin(), verdicts.end());  // in the order of the enumeration
}

std::vector<double> mean_series(const std::vector<std::vector<double>>& series) {
    std::vector<double> means;
    if (series.empty()) return means;
    for (std::size_t round = 0; round < series.front().size(); ++round) {
        double sum = 0;
        for (const std::vector<double>& logs : series)
            sum += logs.at(round);
        if (std::isfinite(sum)) means.push_back(sum / static_cast<double>(series.size()));
    }
    return means;
}

}  // namespace mobilenet_cost

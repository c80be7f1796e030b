#include "mobilenet_cost/gate/self_test.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/stats.h"

namespace mobilenet_cost {
namespace {

constexpr std::array<std::int64_t, 4> kRounds = {15, 31, 63, 127};
constexpr double kPower = 0.9;
constexpr double kSmallestStep = 0.0025;
constexpr double kLargest = 0.5;
constexpr double kNormalDeviation =
    1.4826;  ///< standard deviation of a normal law over its median absolute one

/// Rounds in which every cell counts: [round][cell], log ratios.
using Rounds = std::vector<std::vector<double>>;

Rounds complete_rounds(const GateRun& run, const std::vector<std::size_t>& cells) {
    std::map<std::int64_t, std::vector<double>> rounds;
    for (const std::size_t cell : cells) {
        for (const GateRound& round : run.cells[cell].rounds) {
            if (!round.dropped) rounds[round.round].push_back(log_ratio(round));
        }
    }
    Rounds complete;
    for (const auto& [number, logs] : rounds) {
        if (logs.size() == cells.size()) complete.push_back(logs);
    }
    return complete;
}

/// One gate drawn from the rounds: what it says of each cell, and of all together behind them.
std::vector<GateRow> drawn_gate(const Rounds& rounds, const GateRule& rule,
                                const std::vector<GateLook>& looks, std::size_t slowed, double slowdown,
                                std::mt19937_64& random) {
    const std::size_t cells = rounds.front().size();
    std::vector<std::vector<double>> series(cells);
    std::vector<GateRow> rows(hypotheses_of(cells));
    for (const GateLook& look : looks) {
        while (static_cast<std::int64_t>(series.front().size()) < look.rounds) {
            const std::vector<double>& drawn = rounds[random() % rounds.size()];
            for (std::size_t cell = 0; cell < cells; ++cell)
                series[cell].push_back(drawn[cell] + (cell == slowed ? slowdown : 0));
        }
        std::vector<std::vector<double>> family = series;
        if (cells > 1) family.push_back(mean_series(series));
        merge_look(rows, judge(family, rule, look.significance, look.rounds));
        if (all_decided(rows)) break;
    }
    return rows;
}

std::vector<GateLook> looks_of(const Rounds& rounds, std::int64_t count, const GateRule& rule) {
    const std::size_t hypotheses = hypotheses_of(rounds.front().size());
    if (count < fewest_rounds(hypotheses, rule.significance)) return {};
    return plan_looks(count, hypotheses, rule.significance);
}

bool is_found(const Rounds& rounds, const GateRule& rule, const std::vector<GateLook>& looks,
              std::size_t cell, double slowdown, const SelfTestSettings& settings) {
    std::mt19937_64 random(settings.seed);
    std::int64_t found = 0;
    for (std::int64_t trial = 0; trial < settings.power_trials; ++trial) {
        const auto rows = drawn_gate(rounds, rule, looks, cell, std::log1p(slowdown), random);
        found += rows[cell].verdict == GateVerdict::regressed ? 1 : 0;
    }
    return static_cast<double>(found) >= kPower * static_cast<double>(settings.power_trials);
}

/// By bisection: more is easier to find.
std::optional<double> detectable(const Rounds& rounds, const GateRule& rule,
                                 const std::vector<GateLook>& looks, std::size_t cell,
                                 const SelfTestSettings& settings) {
    double missed = rule.threshold;
    double found = kLargest;
    if (looks.empty() || !is_found(rounds, rule, looks, cell, found, settings)) return std::nullopt;
    while (found - missed > kSmallestStep) {
        const double middle = (found + missed) / 2;
        (is_found(rounds, rule, looks, cell, middle, settings) ? found : missed) = middle;
    }
    return found;
}

void count_false_alarms(const Rounds& rounds, const GateRule& rule, const std::vector<GateLook>& looks,
                        const SelfTestSettings& settings, SelfTest& result) {
    std::mt19937_64 random(settings.seed);
    result.trials = settings.trials;
    for (std::int64_t trial = 0; trial < settings.trials; ++trial) {
        const GateVerdict verdict =
            whole_verdict(drawn_gate(rounds, rule, looks, rounds.front().size(), 0, random));
        result.false_alarms += verdict == GateVerdict::regressed ? 1 : 0;
        result.false_praise += verdict == GateVerdict::improved ? 1 : 0;
        result.undecided += verdict == GateVerdict::inconclusive ? 1 : 0;
    }
}

SelfTestCell describe_cell(const GateCellRun& cell) {
    SelfTestCell result{.cell = cell.cell};
    const std::vector<double> logs = log_ratios(cell);
    const double centre = median(logs);
    std::vector<double> deviations;
    std::vector<double> sizes;
    for (const double log : logs) {
        deviations.push_back(std::abs(log - centre));
        sizes.push_back(std::abs(log));
    }
    result.rounds = static_cast<std::int64_t>(logs.size());
    result.ratio = std::exp(centre);
    result.spread = kNormalDeviation * median(deviations);
    result.p95 = quantile(sizes, 0.95);
    return result;
}

std::string recommend(const SelfTest& test, const GateRule& rule) {
    if (static_cast<double>(test.false_alarms) > rule.significance * static_cast<double>(test.trials))
        return fmt::format(
            "Do not gate here with a dead band of {:g} %: raise --threshold, or look for a quieter "
            "machine.",
            100 * rule.threshold);
    std::size_t enough = 0;
    for (const SelfTestCell& cell : test.cells) {
        std::size_t i = 0;
        while (i < test.rounds.size() && !(cell.detectable[i] && *cell.detectable[i] <= rule.tolerance))
            ++i;
        enough = std::max(enough, i);
    }
    if (enough < test.rounds.size())
        return fmt::format(
            "Use --rounds {}: it finds a slowdown of {:g} % in any of these cells in 9 of 10 gates.",
            test.rounds[enough], 100 * rule.tolerance);
    return fmt::format(
        "No number of rounds up to {} finds {:g} % in every cell: use larger cells, a longer "
        "--block-seconds, or a quieter machine.",
        test.rounds.back(), 100 * rule.tolerance);
}

/// Says which it was: the machine, or the limits that were set.
[[noreturn]] void fail_too_few(const GateRun& run, std::int64_t undisturbed) {
    const std::string noise = noise_text(run.preflight);
    std::string why;
    if (undisturbed < run.rounds)
        why = "other processes disturbed the rest" + (noise.empty() ? "" : " (" + noise + ")");
    if (run.rounds < kRounds.front())
        why += fmt::format("{}--max-seconds {:g} and --rounds {} leave no time for more",
                           why.empty() ? "" : ", and ", run.settings.max_seconds, run.settings.rounds);
    else
        why += "; use a quieter machine";
    fail("", fmt::format("expected at least {} undisturbed rounds, found {} of {}: {}", kRounds.front(),
                         undisturbed, run.rounds, why));
}

}  // namespace

SelfTest evaluate_self_test(const GateRun& run, const SelfTestSettings& settings) {
    SelfTest result;
    std::vector<std::size_t> cells;
    for (std::size_t i = 0; i < run.cells.size(); ++i) {
        if (is_measured(run.cells[i])) cells.push_back(i);
    }
    const Rounds rounds = complete_rounds(run, cells);
    if (rounds.size() < static_cast<std::size_t>(kRounds.front()))
        fail_too_few(run, static_cast<std::int64_t>(rounds.size()));
    result.rounds.assign(kRounds.begin(), kRounds.end());
    for (const std::size_t cell : cells)
        result.cells.push_back(describe_cell(run.cells[cell]));
    const GateRule& rule = run.settings.rule;
    for (const std::int64_t count : kRounds) {
        const std::vector<GateLook> looks = looks_of(rounds, count, rule);
        for (std::size_t cell = 0; cell < cells.size(); ++cell)
            result.cells[cell].detectable.push_back(detectable(rounds, rule, looks, cell, settings));
    }
    count_false_alarms(rounds, rule, looks_of(rounds, GateSettings{}.rounds, rule), settings, result);
    result.recommendation = recommend(result, rule);
    return result;
}

}  // namespace mobilenet_cost

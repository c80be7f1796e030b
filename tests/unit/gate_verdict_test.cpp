#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/gate/verdict.h"

namespace mobilenet_cost {
namespace {

const GateRule kRule;

/// `count` log ratios of which `above` are at `high`, the others at `low`.
std::vector<double> series_of(std::size_t count, std::size_t above, double low, double high) {
    std::vector<double> logs(count, std::log(low));
    std::fill(logs.begin(), logs.begin() + static_cast<std::ptrdiff_t>(above), std::log(high));
    return logs;
}

TEST(GateVerdict, SignTestByHand) {
    // 2^-15 for all of 15; 16 / 2^15 for at least 14 of them.
    EXPECT_DOUBLE_EQ(sign_test(series_of(15, 15, 1, 1.1), 0), std::ldexp(1, -15));
    EXPECT_NEAR(sign_test(series_of(15, 14, 0.9, 1.1), 0), std::ldexp(16, -15), 1e-15);
    EXPECT_NEAR(sign_test(series_of(15, 0, 0.9, 1.1), 0), 1, 1e-12);
    EXPECT_NEAR(binomial_upper_tail(10, 5), 638.0 / 1024, 1e-12);
}

TEST(GateVerdict, HolmByHand) {
    // 0.01/4 < 0.01/3 < 0.01/2 < 0.01: the third smallest fails at 0.005, and the fourth is not looked at.
    const std::vector<double> p = {0.009, 0.002, 0.006, 0.003};
    const std::vector<HolmStep> steps = holm(p, 0.01);
    EXPECT_EQ(steps[1], (HolmStep{true, 0.01 / 4}));
    EXPECT_EQ(steps[3], (HolmStep{true, 0.01 / 3}));
    EXPECT_EQ(steps[2], (HolmStep{false, 0.01 / 2}));
    EXPECT_EQ(steps[0], (HolmStep{false, 0.01 / 2}));
    EXPECT_TRUE(holm({}, 0.01).empty());
}

TEST(GateVerdict, LooksShareTheSignificance) {
    EXPECT_EQ(plan_looks(63, 3, 0.01), (std::vector<GateLook>{{15, 0.0025}, {31, 0.0025}, {63, 0.005}}));
    EXPECT_EQ(plan_looks(127, 1, 0.01), (std::vector<GateLook>{{30, 0.0025}, {62, 0.0025}, {127, 0.005}}));
    // 2^-3 and 2^-7 are above 0.0025 and 0.005: the one look that is left has everything.
    EXPECT_EQ(plan_looks(15, 1, 0.01), (std::vector<GateLook>{{15, 0.01}}));
    for (std::int64_t rounds = 9; rounds < 300; rounds += 7) {
        double sum = 0;
        for (const GateLook& look : plan_looks(rounds, 1, 0.01))
            sum += look.significance;
        EXPECT_NEAR(sum, 0.01, 1e-15) << rounds;
        EXPECT_EQ(plan_looks(rounds, 1, 0.01).back().rounds, rounds);
    }
}

TEST(GateVerdict, RefusesTooFewRounds) {
    EXPECT_EQ(fewest_rounds(1, 0.01), 7);    // 2^-7 = 0.0078
    EXPECT_EQ(fewest_rounds(17, 0.01), 11);  // 2^-11 = 0.00049 < 0.00059
    EXPECT_EQ(plan_looks(7, 1, 0.01).size(), 1U);
    try {
        (void)plan_looks(6, 1, 0.01);
        FAIL() << "six rounds were accepted";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(),
                     "--rounds: expected at least 7, below which 1 row cannot be judged at a "
                     "significance of 0.01, found 6");
    }
}

TEST(GateVerdict, RefusesRulesOutOfRange) {
    EXPECT_NO_THROW(check_rule(kRule));
    EXPECT_THROW(check_rule({.threshold = 0}), Error);
    EXPECT_THROW(check_rule({.threshold = 0.1, .tolerance = 0.05}), Error);
    EXPECT_THROW(check_rule({.significance = 0.5}), Error);
    EXPECT_THROW(check_rule({.significance = std::nan("")}), Error);
}

TEST(GateVerdict, FourVerdicts) {
    const std::vector<std::vector<double>> series = {series_of(31, 31, 1, 1.06), series_of(31, 0, 0.94, 1),
                                                     series_of(31, 15, 0.99, 1.01),
                                                     series_of(31, 15, 0.9, 1.12)};
    const std::vector<GateRow> rows = judge(series, kRule, 0.01, 31);
    EXPECT_EQ(rows[0].verdict, GateVerdict::regressed);
    EXPECT_EQ(rows[1].verdict, GateVerdict::improved);
    EXPECT_EQ(rows[2].verdict, GateVerdict::same);
    EXPECT_EQ(rows[3].verdict, GateVerdict::inconclusive);
    EXPECT_NEAR(*rows[0].ratio, 1.06, 1e-12);
    EXPECT_EQ(rows[0].decided_at, 31);
    EXPECT_EQ(rows[3].decided_at, 0);
    EXPECT_GE(rows[3].coverage, 1 - 2 * 0.01);
}

/// The two ways to say it must agree, or a table would show an interval that contradicts its verdict.
TEST(GateVerdict, BoundsAndTestsAgree) {
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal(0.03, 0.03);
    for (int trial = 0; trial < 500; ++trial) {
        std::vector<std::vector<double>> series(1 + random() % 6);
        for (std::vector<double>& logs : series) {
            logs.resize(random() % 40);
            for (double& log : logs)
                log = normal(random);
        }
        for (const GateRow& row : judge(series, kRule, 0.05, 40)) {
            EXPECT_EQ(row.verdict == GateVerdict::regressed, row.low && *row.low > 1.025);
            EXPECT_TRUE(row.verdict != GateVerdict::improved || *row.high < 1 / 1.025);
            EXPECT_TRUE(row.verdict != GateVerdict::same || *row.high < 1.05);
            if (row.low && row.high) {
                EXPECT_LE(*row.low, *row.ratio);
                EXPECT_LE(*row.ratio, *row.high);
            }
        }
    }
}

/// Exchanging base and head turns every ratio over, and what regressed has improved.
TEST(GateVerdict, TheSidesAreTreatedAlike) {
    std::mt19937_64 random(11);
    std::normal_distribution<double> normal(0.04, 0.02);
    for (int trial = 0; trial < 200; ++trial) {
        std::vector<double> logs(31);
        std::vector<double> swapped;
        for (double& log : logs) {
            log = normal(random);
            swapped.push_back(-log);
        }
        const GateRow row = judge({logs}, kRule, 0.01, 31).front();
        const GateRow other = judge({swapped}, kRule, 0.01, 31).front();
        EXPECT_NEAR(*row.ratio * *other.ratio, 1, 1e-12);
        EXPECT_NEAR(*row.low * *other.high, 1, 1e-12);
        EXPECT_DOUBLE_EQ(row.p_slower, other.p_faster);
        EXPECT_EQ(row.verdict == GateVerdict::regressed, other.verdict == GateVerdict::improved);
    }
}

TEST(GateVerdict, TooFewRoundsHaveNoInterval) {
    const GateRow row = judge({series_of(4, 4, 1, 2)}, kRule, 0.01, 4).front();
    EXPECT_EQ(row.verdict, GateVerdict::inconclusive);
    EXPECT_FALSE(row.low || row.high);
    EXPECT_NEAR(*row.ratio, 2, 1e-12);
    EXPECT_FALSE(judge({{}}, kRule, 0.01, 0).front().ratio);
}

TEST(GateVerdict, WhatIsEstablishedStays) {
    GateRow same;
    same.verdict = GateVerdict::same;
    same.decided_at = 15;
    GateRow open;
    GateRow slower;
    slower.verdict = GateVerdict::regressed;
    slower.decided_at = 31;
    std::vector<GateRow> rows = {same, open, same, slower};
    merge_look(rows, {open, slower, slower, same});
    EXPECT_EQ(rows, (std::vector<GateRow>{same, slower, slower, slower}));
    EXPECT_TRUE(all_decided(rows));
    EXPECT_FALSE(all_decided({same, open}));
}

TEST(GateVerdict, TheWholeIsTheWorst) {
    const auto row = [](GateVerdict verdict) {
        GateRow made;
        made.verdict = verdict;
        return made;
    };
    using enum GateVerdict;
    EXPECT_EQ(whole_verdict({row(same), row(same)}), same);
    EXPECT_EQ(whole_verdict({row(same), row(improved)}), improved);
    EXPECT_EQ(whole_verdict({row(inconclusive), row(improved)}), inconclusive);
    EXPECT_EQ(whole_verdict({row(inconclusive), row(regressed)}), regressed);
    EXPECT_EQ(whole_verdict({}), inconclusive);
    std::vector<GateRow> rows = {row(same), row(improved), row(regressed)};
    withhold_praise(rows);
    EXPECT_EQ(whole_verdict(rows), regressed);
    rows.pop_back();
    EXPECT_EQ(whole_verdict(rows), inconclusive) << "noise must not pass for equality";
}

TEST(GateVerdict, MeansLeaveOutRoundsThatACellLacks) {
    const double absent = std::nan("");
    EXPECT_EQ(mean_series({{1, absent, 3}, {3, 2, 5}}), (std::vector<double>{2, 4}));
    EXPECT_TRUE(mean_series({}).empty());
}

// ---- simulated machines: slow drift, jitter, and bursts that last for some blocks

/// One machine over time; a block's time is exp of the next value.
class NoisyMachine {
  public:
    explicit NoisyMachine(std::uint64_t seed) : random_(seed) {}

    double block() {
        constexpr double kDrift = 0.03;  // standard deviation of the AR(1) part
        constexpr double kMemory = 0.98;
        drift_ = kMemory * drift_ + kDrift * std::sqrt(1 - kMemory * kMemory) * normal_(random_);
        if (burst_ == 0 && uniform_(random_) < 0.04) burst_ = 1 + static_cast<int>(4 * uniform_(random_));
        double value = drift_ + 0.01 * normal_(random_);
        if (burst_ > 0) {
            --burst_;
            value += std::log1p(-0.15 * std::log(uniform_(random_)));  // mean +15 %
        }
        return value;
    }

    /// ABBA or BAAB; the head takes exp(change) times as long.
    double round(double change) {
        const bool base_first = uniform_(random_) < 0.5;
        const double outer = block();
        const double inner = block() + block();
        const double log = (inner - outer - block()) / 2;
        return (base_first ? log : -log) + change;
    }

  private:
    std::mt19937_64 random_;
    std::normal_distribution<double> normal_;
    std::uniform_real_distribution<double> uniform_{1e-12, 1};
    double drift_ = 0;
    int burst_ = 0;
};

/// Rows of one simulated gate of three cells and their mean; the first cell is slowed down.
std::vector<GateRow> simulated_gate(std::uint64_t seed, double slowdown) {
    NoisyMachine machine(seed);
    std::vector<std::vector<double>> series(3);
    std::vector<GateRow> rows(4);
    for (const GateLook& look : plan_looks(63, rows.size(), kRule.significance)) {
        while (static_cast<std::int64_t>(series.front().size()) < look.rounds) {
            for (std::size_t cell = 0; cell < series.size(); ++cell)
                series[cell].push_back(machine.round(cell == 0 ? std::log1p(slowdown) : 0));
        }
        std::vector<std::vector<double>> family = series;
        family.push_back(mean_series(series));
        merge_look(rows, judge(family, kRule, look.significance, look.rounds));
        if (all_decided(rows)) break;
    }
    return rows;
}

TEST(GateVerdict, FalseAlarmsOnASimulatedMachine) {
    constexpr int kTrials = 1000;
    int alarms = 0;
    int same = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
        const GateVerdict whole = whole_verdict(simulated_gate(static_cast<std::uint64_t>(trial), 0));
        alarms += whole == GateVerdict::regressed ? 1 : 0;
        same += whole == GateVerdict::same ? 1 : 0;
    }
    EXPECT_LE(alarms, kTrials / 100);
    EXPECT_GE(same, kTrials * 9 / 10) << "a gate that cannot decide is of no use";
}

TEST(GateVerdict, FindsFivePerCentOnASimulatedMachine) {
    constexpr int kTrials = 400;
    int found = 0;
    int innocent = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
        const std::vector<GateRow> rows = simulated_gate(static_cast<std::uint64_t>(trial), 0.05);
        found += rows[0].verdict == GateVerdict::regressed ? 1 : 0;
        innocent += rows[1].verdict == GateVerdict::regressed || rows[2].verdict == GateVerdict::regressed;
    }
    EXPECT_GE(found, kTrials * 95 / 100);
    EXPECT_LE(innocent, kTrials / 100);
}

}  // namespace
}  // namespace mobilenet_cost

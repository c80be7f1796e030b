#include "mobilenet_cost/pick/pick.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using Quantity = PickQuantity;

/// MACs, peak and weight bytes, and milliseconds and top-1 in percent, where 0 is not known.
PickCandidate candidate(std::int64_t macs, std::int64_t peak, std::int64_t weights, double ms,
                        double percent) {
    PickCandidate made;
    made.cell.model = "tiny";
    made.cell.macs = macs;
    made.cell.params = weights / 4;
    made.cell.peak_activation_bytes = peak;
    made.cell.weight_bytes = weights;
    if (ms > 0)
        made.time = PickTime{
            .seconds = ms / 1000, .low = {}, .high = {}, .predicted = false, .file = {}, .engine = "native"};
    if (percent > 0) {
        made.accuracy.emplace();
        made.accuracy->top1 = percent / 100;
    }
    return made;
}

using Indices = std::vector<std::size_t>;

TEST(Pick, PublishedFirstThenMacs) {
    const PickResult result = pick({candidate(500, 1, 1, 0, 0), candidate(100, 1, 1, 0, 60),
                                    candidate(900, 1, 1, 0, 0), candidate(200, 1, 1, 0, 65)},
                                   {});
    EXPECT_EQ(result.ranking, (Indices{3, 1, 2, 0}));
}

TEST(Pick, EqualTop1IsOrderedByTimeThenMemory) {
    const PickResult result = pick({candidate(1, 8, 8, 3, 60), candidate(1, 8, 8, 0, 60),
                                    candidate(1, 8, 8, 2, 60), candidate(1, 4, 9, 3, 60)},
                                   {});
    EXPECT_EQ(result.ranking, (Indices{2, 3, 0, 1})) << "the unknown time is last";
}

TEST(Pick, EveryOrderThenAccuracy) {
    const std::vector<PickCandidate> all = {candidate(300, 1, 8, 3, 70), candidate(100, 3, 4, 0, 60),
                                            candidate(200, 2, 8, 2, 65), candidate(200, 2, 8, 2, 66)};
    const auto ranking = [&](PickOrder by) { return pick(all, {}, by).ranking; };
    EXPECT_EQ(ranking(PickOrder::accuracy), (Indices{0, 3, 2, 1}));
    EXPECT_EQ(ranking(PickOrder::time), (Indices{3, 2, 0, 1})) << "the unknown time is last";
    EXPECT_EQ(ranking(PickOrder::macs), (Indices{1, 3, 2, 0}));
    EXPECT_EQ(ranking(PickOrder::weights), (Indices{1, 0, 3, 2}));
    EXPECT_EQ(ranking(PickOrder::params), (Indices{1, 0, 3, 2}));
    EXPECT_EQ(ranking(PickOrder::peak), (Indices{0, 3, 2, 1}));
    for (const PickOrder by : {PickOrder::time, PickOrder::macs, PickOrder::peak})
        EXPECT_EQ(pick(all, {}, by).dominated_by, pick(all, {}).dominated_by) << "whatever the order";
}

TEST(Pick, TheMemoryOfARunIsTestedWhereItIsKnown) {
    PickCandidate one = candidate(1, 1000, 1, 3, 60);
    EXPECT_TRUE(meets(one, {Quantity::peak_bytes, 1000}));
    one.time->real_peak_bytes = 1500;
    EXPECT_FALSE(meets(one, {Quantity::peak_bytes, 1499}));
    EXPECT_TRUE(meets(one, {Quantity::peak_bytes, 1500}));
}

TEST(Pick, LimitsAreInclusive) {
    const PickCandidate one = candidate(100, 2048, 4096, 3, 60);
    const std::vector<PickLimit> met = {{Quantity::seconds, 0.003},   {Quantity::macs, 100},
                                        {Quantity::params, 1024},     {Quantity::weight_bytes, 4096},
                                        {Quantity::peak_bytes, 2048}, {Quantity::top1, 0.6}};
    EXPECT_TRUE(misses_of(one, met).empty());
    const std::vector<PickLimit> missed = {{Quantity::seconds, 0.00299}, {Quantity::macs, 99},
                                           {Quantity::params, 1023},     {Quantity::weight_bytes, 4095},
                                           {Quantity::peak_bytes, 2047}, {Quantity::top1, 0.601}};
    EXPECT_EQ(misses_of(one, missed),
              (std::vector<Quantity>{Quantity::seconds, Quantity::macs, Quantity::params,
                                     Quantity::weight_bytes, Quantity::peak_bytes, Quantity::top1}));
}

TEST(Pick, WhatIsNotKnownMeetsNoLimit) {
    const PickCandidate one = candidate(100, 1, 1, 0, 0);
    EXPECT_FALSE(meets(one, {Quantity::seconds, 1e9}));
    EXPECT_FALSE(meets(one, {Quantity::top1, 1e-9}));
}

TEST(Pick, AnEstimateMeetsALimitOnlyWhereItCounts) {
    PickCandidate guessed = candidate(500, 1, 1, 0, 0);
    guessed.estimate =
        AccuracyEstimate{.top1 = 0.65, .median_error = 0.01, .largest_error = 0.02, .points = 16};
    const std::vector<PickLimit> limits = {{Quantity::top1, 0.6}};
    EXPECT_TRUE(pick({guessed}, limits).ranking.empty());
    guessed.estimate_counts = true;
    const PickCandidate published = candidate(100, 1, 1, 0, 61);
    EXPECT_EQ(pick({guessed, published}, limits).ranking, (Indices{1, 0})) << "it never ranks";
    EXPECT_FALSE(dominates(guessed, published));
}

TEST(Pick, DominatedByTheBestOfTheFront) {
    // 0 and 1 are the front; 2 is worse than both everywhere; 3 is slow, but takes the least memory.
    const PickResult result = pick({candidate(1, 40, 10, 5, 70), candidate(1, 30, 10, 3, 65),
                                    candidate(1, 50, 10, 6, 60), candidate(1, 20, 10, 7, 55)},
                                   {});
    EXPECT_EQ(result.ranking, (Indices{0, 1, 2, 3}));
    EXPECT_EQ(result.dominated_by,
              (std::vector<std::optional<std::size_t>>{std::nullopt, std::nullopt, 0, std::nullopt}));
}

TEST(Pick, EqualsDoNotDominateEachOther) {
    const PickCandidate one = candidate(1, 1, 1, 1, 60);
    EXPECT_FALSE(dominates(one, one));
}

TEST(Pick, OnlyWhatIsAlikeIsCompared) {
    const PickCandidate best = candidate(9, 1, 1, 1, 70);
    EXPECT_FALSE(dominates(best, candidate(1, 9, 9, 9, 0))) << "its top-1 may be anything";
    EXPECT_FALSE(dominates(best, candidate(1, 9, 9, 0, 60))) << "its time may be anything";
    EXPECT_TRUE(dominates(best, candidate(1, 9, 9, 9, 60)));
    EXPECT_TRUE(dominates(candidate(9, 1, 1, 1, 0), candidate(8, 1, 1, 1, 0))) << "MACs stand for accuracy";
    EXPECT_TRUE(dominates(candidate(8, 1, 1, 0, 60), candidate(9, 1, 1, 0, 60))) << "MACs stand for time";
}

TEST(Pick, OnlyWhatFitsDominates) {
    const PickResult result =
        pick({candidate(200, 1, 1, 1, 70), candidate(100, 9, 9, 9, 60)}, {{Quantity::macs, 150}});
    EXPECT_EQ(result.ranking, (Indices{1}));
    EXPECT_EQ(result.dominated_by[1], std::nullopt) << "what would dominate it has too many MACs";
}

TEST(Pick, NearestMisses) {
    // Limits: 2 ms and 65 %. 0 misses the time by half, 1 by a quarter and the top-1, 2 the top-1 by a tenth.
    const PickResult result =
        pick({candidate(1, 1, 1, 3, 70), candidate(1, 1, 1, 2.5, 60), candidate(1, 1, 1, 1, 58.5)},
             {{Quantity::seconds, 0.002}, {Quantity::macs, 5}, {Quantity::top1, 0.65}});
    EXPECT_TRUE(result.ranking.empty());
    ASSERT_EQ(result.nearest.size(), 2U) << "every one meets the MACs";
    EXPECT_EQ(result.nearest[0].limit.quantity, Quantity::seconds);
    EXPECT_EQ(result.nearest[0].candidate, 0U) << "1 is nearer, but misses the top-1, too";
    EXPECT_DOUBLE_EQ(result.nearest[0].excess, 0.5);
    EXPECT_DOUBLE_EQ(result.nearest[0].found, 0.003);
    EXPECT_TRUE(result.nearest[0].also.empty());
    EXPECT_EQ(result.nearest[1].candidate, 2U);
    EXPECT_NEAR(result.nearest[1].excess, 0.1, 1e-12);
}

TEST(Pick, ANearestMissNamesWhatElseIsMissed) {
    const PickResult result = pick({candidate(8, 1, 1, 3, 0)},
                                   {{Quantity::seconds, 0.002}, {Quantity::macs, 4}, {Quantity::top1, 0.5}});
    ASSERT_EQ(result.nearest.size(), 3U);
    EXPECT_EQ(result.nearest[0].also, (std::vector<Quantity>{Quantity::macs, Quantity::top1}));
    EXPECT_DOUBLE_EQ(result.nearest[1].excess, 1);
    EXPECT_EQ(result.nearest[2].candidate, std::nullopt) << "nobody published an accuracy";
}

TEST(Pick, NothingToPickFrom) {
    const PickResult result = pick({}, {{Quantity::macs, 1}});
    EXPECT_TRUE(result.ranking.empty());
    EXPECT_TRUE(result.nearest.empty());
}

// ---- against brute force, written without a look at the functions above

namespace brute {

bool known(const PickCandidate& c, Quantity q) {
    if (q == Quantity::seconds) return c.time.has_value();
    if (q == Quantity::top1) return c.accuracy.has_value();
    return true;
}

double value(const PickCandidate& c, Quantity q) {
    if (q == Quantity::seconds) return c.time->seconds;
    if (q == Quantity::top1) return c.accuracy->top1;
    if (q == Quantity::macs) return static_cast<double>(c.cell.macs);
    if (q == Quantity::params) return static_cast<double>(c.cell.params);
    if (q == Quantity::weight_bytes) return static_cast<double>(c.cell.weight_bytes);
    return static_cast<double>(c.cell.peak_activation_bytes);
}

bool ok(const PickCandidate& c, const PickLimit& l) {
    if (!known(c, l.quantity)) return false;
    return l.quantity == Quantity::top1 ? !(value(c, l.quantity) < l.limit)
                                        : !(value(c, l.quantity) > l.limit);
}

std::vector<Quantity> broken(const PickCandidate& c, const std::vector<PickLimit>& limits) {
    std::vector<Quantity> result;
    for (const PickLimit& l : limits) {
        if (!ok(c, l)) result.push_back(l.quantity);
    }
    return result;
}

/// -1: a goes first, 1: b does, 0: they are equal in all that counts.
int order(const PickCandidate& a, const PickCandidate& b) {
    const auto less = [](double x, double y) { return x < y ? -1 : x > y ? 1 : 0; };
    if (a.accuracy && !b.accuracy) return -1;
    if (!a.accuracy && b.accuracy) return 1;
    if (a.accuracy && a.accuracy->top1 != b.accuracy->top1)
        return a.accuracy->top1 > b.accuracy->top1 ? -1 : 1;
    if (!a.accuracy && a.cell.macs != b.cell.macs) return a.cell.macs > b.cell.macs ? -1 : 1;
    if (a.time && !b.time) return -1;
    if (!a.time && b.time) return 1;
    if (a.time && a.time->seconds != b.time->seconds) return less(a.time->seconds, b.time->seconds);
    for (const Quantity q : {Quantity::peak_bytes, Quantity::weight_bytes, Quantity::macs}) {
        if (value(a, q) != value(b, q)) return less(value(a, q), value(b, q));
    }
    return 0;
}

/// Whether nothing of b is better and something of a is.
bool beats(const PickCandidate& a, const PickCandidate& b) {
    if (known(a, Quantity::top1) != known(b, Quantity::top1)) return false;
    if (known(a, Quantity::seconds) != known(b, Quantity::seconds)) return false;
    const Quantity gain = known(a, Quantity::top1) ? Quantity::top1 : Quantity::macs;
    const Quantity pace = known(a, Quantity::seconds) ? Quantity::seconds : Quantity::macs;
    int better = 0;
    int worse = 0;
    better += value(a, gain) > value(b, gain);
    worse += value(a, gain) < value(b, gain);
    for (const Quantity q : {pace, Quantity::peak_bytes, Quantity::weight_bytes}) {
        better += value(a, q) < value(b, q);
        worse += value(a, q) > value(b, q);
    }
    return better > 0 && worse == 0;
}

/// How many of those that fit go before this one; of equals the earlier.
std::size_t place(const std::vector<PickCandidate>& all, const std::vector<PickLimit>& limits,
                  std::size_t i) {
    std::size_t before = 0;
    for (std::size_t j = 0; j < all.size(); ++j) {
        if (j == i || !broken(all[j], limits).empty()) continue;
        const int way = order(all[j], all[i]);
        before += way < 0 || (way == 0 && j < i) ? 1 : 0;
    }
    return before;
}

}  // namespace brute

void expect_as_brute_force(const std::vector<PickCandidate>& all, const std::vector<PickLimit>& limits) {
    const PickResult result = pick(all, limits);
    std::size_t fitting = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        ASSERT_EQ(result.misses[i], brute::broken(all[i], limits));
        if (!result.misses[i].empty()) {
            EXPECT_EQ(result.dominated_by[i], std::nullopt);
            continue;
        }
        ++fitting;
        ASSERT_EQ(result.ranking.at(brute::place(all, limits, i)), i);
        // The best of those that beat it and are not beaten themselves.
        std::optional<std::size_t> best;
        for (std::size_t j = 0; j < all.size(); ++j) {
            if (!brute::broken(all[j], limits).empty() || !brute::beats(all[j], all[i])) continue;
            bool beaten = false;
            for (std::size_t k = 0; k < all.size(); ++k)
                beaten = beaten || (brute::broken(all[k], limits).empty() && brute::beats(all[k], all[j]));
            if (!beaten && (!best || brute::place(all, limits, j) < brute::place(all, limits, *best)))
                best = j;
        }
        ASSERT_EQ(result.dominated_by[i], best);
    }
    ASSERT_EQ(result.ranking.size(), fitting);
    ASSERT_EQ(result.nearest.empty(), fitting > 0 || all.empty());
    for (const PickMiss& miss : result.nearest) {
        // None misses fewer limits, or as few by less.
        for (const PickCandidate& one : all) {
            if (!brute::known(one, miss.limit.quantity) || brute::ok(one, miss.limit)) continue;
            ASSERT_TRUE(miss.candidate);
            const std::size_t others = brute::broken(one, limits).size() - 1;
            ASSERT_LE(miss.also.size(), others);
            const double distance =
                std::abs(brute::value(one, miss.limit.quantity) - miss.limit.limit) / miss.limit.limit;
            if (miss.also.size() == others) {
                ASSERT_LE(miss.excess, distance);
            }
        }
    }
}

std::vector<PickLimit> random_limits(std::mt19937& random, const std::vector<PickCandidate>& all) {
    std::vector<PickLimit> limits;
    for (const Quantity quantity : {Quantity::seconds, Quantity::macs, Quantity::params,
                                    Quantity::weight_bytes, Quantity::peak_bytes, Quantity::top1}) {
        if (random() % 2 == 0) continue;
        const PickCandidate& one = all[random() % all.size()];
        const double scale = std::array{0.3, 0.9, 1.0, 1.0, 1.1, 2.0}.at(random() % 6);
        limits.push_back({quantity, scale * value_of(one, quantity).value_or(0.5)});
    }
    return limits;
}

/// Few values of each quantity, so that ties are common.
TEST(PickProperty, AsBruteForceOnRandomCandidates) {
    std::mt19937 random(7);
    for (int repetition = 0; repetition < 3000; ++repetition) {
        std::vector<PickCandidate> all;
        const auto some = [&](unsigned count) { return static_cast<std::int64_t>(1 + random() % count); };
        for (std::int64_t left = some(14); left > 0; --left) {
            const double ms = random() % 4 == 0 ? 0 : static_cast<double>(some(4));
            const double percent = random() % 3 == 0 ? 0 : 50 + static_cast<double>(some(4));
            all.push_back(candidate(some(4), some(4), 4 * some(3), ms, percent));
        }
        expect_as_brute_force(all, random_limits(random, all));
        if (HasFatalFailure()) return;
    }
}

/// The published grids of three families with their accuracies; times follow MACs with a scatter, some are
/// missing.
TEST(PickProperty, AsBruteForceOverTheGrid) {
    const auto rows = load_published(std::string(MOBILENET_COST_SOURCE_DIR) + "/configs/published");
    std::vector<PickCandidate> grid;
    for (const std::string name : {"mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large"}) {
        const ModelConfig& config = test::model(name);
        std::vector<Variant> variants;
        for (const double alpha : config.alphas) {
            for (const std::int64_t resolution : config.resolutions)
                variants.push_back({.alpha = alpha, .resolution = resolution});
        }
        for (SweepCell& cell : sweep(config, variants, find_convention("paper"))) {
            PickCandidate& one = grid.emplace_back();
            const auto* found = find_published(rows, name, cell.variant, DataType::f32);
            if (found != nullptr) one.accuracy = *found;
            one.cell = std::move(cell);
        }
    }
    std::mt19937 random(11);
    for (int repetition = 0; repetition < 300; ++repetition) {
        for (PickCandidate& one : grid) {
            const double seconds =
                static_cast<double>(one.cell.macs) * 3e-11 * (1 + static_cast<double>(random() % 100) / 100);
            one.time.reset();
            if (random() % 10 != 0)
                one.time = PickTime{
                    .seconds = seconds, .low = {}, .high = {}, .predicted = true, .file = {}, .engine = {}};
        }
        expect_as_brute_force(grid, random_limits(random, grid));
        if (HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace mobilenet_cost

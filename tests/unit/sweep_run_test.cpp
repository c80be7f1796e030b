#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/sweep/run.h"

namespace mobilenet_cost {
namespace {

SweepCell cell(const std::string& model, double alpha, std::int64_t resolution) {
    SweepCell made;
    made.model = model;
    made.variant.alpha = alpha;
    made.variant.resolution = resolution;
    return made;
}

/// Two models whose cells alternate; the largest of each is neither its first nor its last.
const std::vector<SweepCell> kCells = {cell("a", 0.5, 96), cell("b", 0.5, 96), cell("a", 1, 96),
                                       cell("b", 1, 64),   cell("a", 1, 64),   cell("b", 0.5, 128)};

SweepTiming timing_of(std::vector<std::string> engines, std::vector<int> threads) {
    SweepTiming timing;
    timing.engines = std::move(engines);
    timing.threads = std::move(threads);
    return timing;
}

/// What a point is, wherever it stands.
using Key = std::tuple<std::size_t, std::string, int, NetworkKind>;

Key key_of(const SweepPoint& point) {
    return {point.cell, point.engine, point.threads, point.network};
}

std::vector<Key> keys_of(const std::vector<SweepPoint>& points) {
    std::vector<Key> keys;
    std::transform(points.begin(), points.end(), std::back_inserter(keys), key_of);
    return keys;
}

TEST(PlanPoints, GroupByGroupAndCellByCell) {
    const std::vector<SweepCell> cells = {cell("a", 0.5, 96), cell("a", 1, 96)};
    const std::vector<SweepPoint> points = plan_points(cells, timing_of({"x", "y"}, {2, 1}));
    constexpr auto kSeparable = NetworkKind::separable;
    constexpr auto kStandard = NetworkKind::standard;
    EXPECT_EQ(keys_of(points), (std::vector<Key>{
                                   {0, "x", 2, kSeparable},
                                   {0, "x", 2, kStandard},
                                   {1, "x", 2, kSeparable},
                                   {1, "x", 2, kStandard},
                                   {0, "x", 1, kSeparable},
                                   {0, "x", 1, kStandard},
                                   {1, "x", 1, kSeparable},
                                   {1, "x", 1, kStandard},
                                   {0, "y", 2, kSeparable},
                                   {0, "y", 2, kStandard},
                                   {1, "y", 2, kSeparable},
                                   {1, "y", 2, kStandard},
                                   {0, "y", 1, kSeparable},
                                   {0, "y", 1, kStandard},
                                   {1, "y", 1, kSeparable},
                                   {1, "y", 1, kStandard},
                               }));
    // The second group: cell 1 is the base; each network has its own.
    EXPECT_EQ(points[4].base, 6U);
    EXPECT_EQ(points[5].base, 7U);
    EXPECT_EQ(points[6].base, 6U);
    EXPECT_EQ(points[7].base, 7U);
    EXPECT_EQ(points[4].counterpart, 5U);
    EXPECT_EQ(points[5].counterpart, 4U);
    EXPECT_EQ(points[7].counterpart, 6U);
}

TEST(PlanPoints, EachModelHasItsBase) {
    const std::vector<SweepPoint> points = plan_points(kCells, timing_of({"x"}, {1}));
    ASSERT_EQ(points.size(), 12U);
    for (const SweepPoint& point : points) {
        const SweepPoint& base = points[point.base];
        EXPECT_EQ(base.cell, kCells[point.cell].model == "a" ? 2U : 3U);
        EXPECT_EQ(base.network, point.network);
        EXPECT_EQ(base.base, point.base);
    }
}

TEST(PlanPoints, OneKindOfNetworkHasNoCounterparts) {
    SweepTiming timing = timing_of({"x"}, {1});
    timing.networks = {NetworkKind::standard};
    const std::vector<SweepPoint> points = plan_points(kCells, timing);
    ASSERT_EQ(points.size(), 6U);
    for (const SweepPoint& point : points) {
        EXPECT_EQ(point.network, NetworkKind::standard);
        EXPECT_FALSE(point.counterpart);
    }
}

TEST(PlanPoints, TheSameCellTwiceIsTwoPointsAgainstOneBase) {
    SweepTiming timing = timing_of({"x"}, {1});
    timing.networks = {NetworkKind::separable};
    const std::vector<SweepPoint> points = plan_points({cell("a", 1, 96), cell("a", 1, 96)}, timing);
    ASSERT_EQ(points.size(), 2U);
    EXPECT_EQ(points[0].base, 0U);
    EXPECT_EQ(points[1].base, 0U);
    EXPECT_EQ(points[1].cell, 1U);
}

TEST(PlanPoints, ShardsAreTheWholeAndNoCellLeavesItsBase) {
    SweepTiming timing = timing_of({"x", "y", "z"}, {1, 2});
    const std::vector<Key> all = keys_of(plan_points(kCells, timing));
    for (timing.shard.count = 1; timing.shard.count <= 13; ++timing.shard.count) {
        std::multiset<Key> joined;
        for (timing.shard.index = 1; timing.shard.index <= timing.shard.count; ++timing.shard.index) {
            const std::vector<SweepPoint> points = plan_points(kCells, timing);
            for (std::size_t i = 0; i < points.size(); ++i) {
                joined.insert(key_of(points[i]));
                const SweepPoint& base = points.at(points[i].base);
                EXPECT_EQ(std::tie(base.engine, base.threads, base.network),
                          std::tie(points[i].engine, points[i].threads, points[i].network));
                EXPECT_EQ(kCells[base.cell].model, kCells[points[i].cell].model);
                EXPECT_EQ(points.at(points[i].counterpart.value()).counterpart, i);
                EXPECT_EQ(points.at(points[i].counterpart.value()).cell, points[i].cell);
            }
        }
        EXPECT_EQ(joined, std::multiset<Key>(all.begin(), all.end())) << timing.shard.count;
    }
}

TEST(PlanPoints, MoreShardsThanGroupsLeaveSomeEmpty) {
    SweepTiming timing = timing_of({"x"}, {1});
    timing.shard = {.index = 3, .count = 3};
    EXPECT_TRUE(plan_points(kCells, timing).empty());
    timing.shard.index = 2;
    EXPECT_FALSE(plan_points(kCells, timing).empty());
}

}  // namespace
}  // namespace mobilenet_cost

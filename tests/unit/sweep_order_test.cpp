#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/random.h"
#include "mobilenet_cost/measure/measure.h"
#include "mobilenet_cost/sweep/order.h"

namespace mobilenet_cost {
namespace {

using Order = std::vector<std::size_t>;

/// Groups of so many cells, of which the first is the base, with both networks or with one.
struct SweepOrderTest : testing::Test {
    void add_group(std::size_t cells, const std::vector<NetworkKind>& networks) {
        const std::size_t base = run.points.size();
        for (std::size_t cell = 0; cell < cells; ++cell) {
            for (std::size_t i = 0; i < networks.size(); ++i) {
                SweepPoint point;
                point.cell = cell;
                point.network = networks[i];
                point.base = base + i;
                if (networks.size() == 2) point.counterpart = run.points.size() + 1 - 2 * i;
                run.points.push_back(point);
            }
        }
        result.points.resize(run.points.size());
        for (std::size_t i = base; i < run.points.size(); ++i) {
            result.points[i].wide.speedup = run.points[i].base != i;
            result.points[i].wide.standard =
                run.points[i].network == NetworkKind::separable && run.points[i].counterpart.has_value();
        }
    }
    void add_group(std::size_t cells) { add_group(cells, {NetworkKind::separable, NetworkKind::standard}); }

    [[nodiscard]] Order order(const Order& random) const { return visit_order(run, result, random); }
    [[nodiscard]] Order order() const {
        Order random(run.points.size());
        std::iota(random.begin(), random.end(), std::size_t{0});
        return order(random);
    }

    /// How often each point is visited.
    static std::map<std::size_t, std::size_t> counts(const Order& order) {
        std::map<std::size_t, std::size_t> counted;
        for (const std::size_t point : order)
            ++counted[point];
        return counted;
    }

    static bool adjacent(const Order& order, std::size_t a, std::size_t b) {
        for (std::size_t i = 0; i + 1 < order.size(); ++i) {
            if ((order[i] == a && order[i + 1] == b) || (order[i] == b && order[i + 1] == a)) return true;
        }
        return false;
    }

    SweepRun run;
    SweepResult result;
};

TEST_F(SweepOrderTest, APointOfEightBitsStandsBesideItsF32One) {
    add_group(3);
    add_group(3);
    for (std::size_t i = 0; i < 12; ++i)
        run.points[i].engine = i < 6 ? "fake" : "fake:i8";
    for (std::size_t i = 6; i < 12; i += 2)
        result.points[i].wide.over_f32 = true;
    const Order visits = order();
    for (std::size_t i = 6; i < 12; i += 2)
        EXPECT_TRUE(adjacent(visits, i, i - 6)) << i;
    for (std::size_t i = 0; i < 12; i += 2)
        EXPECT_TRUE(adjacent(visits, i, i + 1)) << i;
}

TEST_F(SweepOrderTest, ABaseServesTheCellsOnBothSides) {
    add_group(4);
    // Point 0 and 1 are the base's networks, 2 and 3 the next cell's.
    EXPECT_EQ(order(), (Order{0, 1, 3, 2, 0, 4, 5, 1, 7, 6, 0}));
}

TEST_F(SweepOrderTest, OneNetworkAloneSharesItsBaseToo) {
    add_group(6, {NetworkKind::separable});
    EXPECT_EQ(order(), (Order{1, 0, 2, 3, 0, 4, 5, 0}));
}

TEST_F(SweepOrderTest, EveryWideRatioHasNeighboursWhateverTheOrder) {
    add_group(5);
    add_group(4, {NetworkKind::standard});
    add_group(3);
    const SweepResult all_wide = result;
    std::uint64_t state = 1;
    for (int trial = 0; trial < 50; ++trial) {
        // Some ratios are narrow by now.
        result = all_wide;
        for (std::size_t i = 0; i < run.points.size(); ++i) {
            if (trial % 3 == 2 && permutation(7, state).front() == 0) result.points[i].wide = {};
        }
        const Order visits = order(permutation(run.points.size(), state));
        for (std::size_t i = 0; i < run.points.size(); ++i) {
            const SweepPoint& point = run.points[i];
            if (result.points[i].wide.speedup) {
                EXPECT_TRUE(adjacent(visits, point.base, i)) << i;
            }
            if (result.points[i].wide.standard) {
                EXPECT_TRUE(adjacent(visits, *point.counterpart, i)) << i;
            }
        }
        for (const auto& [point, count] : counts(visits)) {
            if (run.points[point].base != point) {
                EXPECT_EQ(count, 1U) << point;
            }
        }
        EXPECT_EQ(std::adjacent_find(visits.begin(), visits.end()), visits.end()) << trial;
    }
}

TEST_F(SweepOrderTest, WhatIsNarrowIsLeftOut) {
    add_group(3);
    for (const std::size_t narrow : Order{0, 2, 3, 5})
        result.points[narrow].wide = {};
    EXPECT_EQ(order(), (Order{5, 4, 0}));
    result.points[4].wide.speedup = false;  // over its standard network it is wide still
    EXPECT_EQ(counts(order()), (std::map<std::size_t, std::size_t>{{4, 1}, {5, 1}}));
    result.points[4].wide.standard = false;
    result.points[5].wide.speedup = true;
    EXPECT_EQ(counts(order()), (std::map<std::size_t, std::size_t>{{1, 1}, {5, 1}}));
    result.points[5].wide.speedup = false;
    EXPECT_TRUE(order().empty());
}

TEST_F(SweepOrderTest, ATimeAloneIsVisitedAlone) {
    add_group(1, {NetworkKind::separable});
    EXPECT_TRUE(order().empty());
    result.points[0].wide.seconds = true;
    EXPECT_EQ(order(), Order{0});
}

TEST_F(SweepOrderTest, CellsAndGroupsComeInTheRandomOrder) {
    add_group(3, {NetworkKind::separable});
    add_group(3, {NetworkKind::separable});
    EXPECT_EQ(order({5, 0, 2, 1, 3, 4}), (Order{5, 3, 4, 2, 0, 1}));
}

}  // namespace
}  // namespace mobilenet_cost

#include "mobilenet_cost/runtime/memory_plan.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace mobilenet_cost {
namespace {

using Buffers = std::vector<PlannedBuffer>;

/// No two buffers that are needed in one step share a byte.
bool is_sound(const Buffers& buffers) {
    for (std::size_t i = 0; i < buffers.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const PlannedBuffer& a = buffers[i];
            const PlannedBuffer& b = buffers[j];
            const bool apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
            if (overlap_in_time(a, b) && !apart) return false;
        }
    }
    return true;
}

std::int64_t end_of(const Buffers& buffers) {
    std::int64_t end = 0;
    for (const PlannedBuffer& buffer : buffers)
        end = std::max(end, buffer.offset + buffer.bytes);
    return end;
}

/// The same rule byte by byte: the lowest place where no byte is taken in any step of the life time.
Buffers planned_by_bytes(Buffers buffers, std::size_t steps, std::size_t most) {
    std::vector<std::size_t> order(buffers.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
        return buffers[i].bytes != buffers[j].bytes ? buffers[i].bytes > buffers[j].bytes : i > j;
    });
    std::vector<std::vector<bool>> taken(steps, std::vector<bool>(most, false));
    const auto is_free = [&](const PlannedBuffer& one, std::int64_t offset) {
        for (std::size_t step = one.first; step <= one.last; ++step) {
            for (std::int64_t i = offset; i < offset + one.bytes; ++i)
                if (taken[step][static_cast<std::size_t>(i)]) return false;
        }
        return true;
    };
    for (const std::size_t index : order) {
        PlannedBuffer& one = buffers[index];
        while (!is_free(one, one.offset))
            ++one.offset;
        for (std::size_t step = one.first; step <= one.last; ++step) {
            for (std::int64_t i = one.offset; i < one.offset + one.bytes; ++i)
                taken[step][static_cast<std::size_t>(i)] = true;
        }
    }
    return buffers;
}

/// The smallest plan that there is: some order of putting buffers as low as they go is one.
std::int64_t least_bytes(const Buffers& buffers) {
    std::vector<std::size_t> order(buffers.size());
    std::iota(order.begin(), order.end(), 0);
    std::int64_t least = -1;
    do {
        Buffers placed;
        for (const std::size_t index : order) {
            PlannedBuffer one = buffers[index];
            one.offset = 0;
            for (bool moved = true; moved;) {
                moved = false;
                for (const PlannedBuffer& other : placed) {
                    const bool apart =
                        one.offset + one.bytes <= other.offset || other.offset + other.bytes <= one.offset;
                    if (!overlap_in_time(one, other) || apart) continue;
                    one.offset = other.offset + other.bytes;
                    moved = true;
                }
            }
            placed.push_back(one);
        }
        const std::int64_t end = end_of(placed);
        if (least < 0 || end < least) least = end;
    } while (std::next_permutation(order.begin(), order.end()));
    return least;
}

Buffers random_buffers(std::mt19937& random, std::size_t count, std::size_t steps, int largest) {
    Buffers buffers;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t first = random() % steps;
        const std::size_t last = first + random() % (steps - first);
        buffers.push_back(
            {1 + static_cast<std::int64_t>(random() % static_cast<unsigned>(largest)), first, last});
    }
    return buffers;
}

TEST(PlanGreedily, NothingNeedsNothing) {
    Buffers none;
    EXPECT_EQ(plan_greedily(none), 0);
    EXPECT_EQ(live_bytes(none), 0);
}

TEST(PlanGreedily, AChainTakesTurnsAtBothEnds) {
    // Each map lives with the one before and the one behind.
    Buffers chain = {{48, 0, 1}, {32, 1, 2}, {64, 2, 3}, {16, 3, 4}};
    EXPECT_EQ(plan_greedily(chain), 96);
    EXPECT_EQ(chain, (Buffers{{48, 0, 1, 0}, {32, 1, 2, 64}, {64, 2, 3, 0}, {16, 3, 4, 64}}));
    EXPECT_EQ(live_bytes(chain), 96);
}

TEST(PlanGreedily, OfEqualBuffersTheLaterOneGoesFirst) {
    Buffers equal = {{16, 0, 1}, {16, 1, 2}};
    EXPECT_EQ(plan_greedily(equal), 32);
    EXPECT_EQ(equal[0].offset, 16);
    EXPECT_EQ(equal[1].offset, 0);
}

TEST(PlanGreedily, MayNeedMoreThanWhatLives) {
    // 24 and 16 share no step, so both lie at 0, and the 8 that lives with each cannot lie below either.
    Buffers buffers = {{24, 0, 1}, {16, 2, 3}, {8, 1, 2}, {20, 3, 4}};
    const std::int64_t planned = plan_greedily(buffers);
    EXPECT_TRUE(is_sound(buffers));
    EXPECT_EQ(planned, end_of(buffers));
    EXPECT_EQ(live_bytes(buffers), 36);
    EXPECT_GE(planned, 36);
}

TEST(PlanGreedily, IsTheRuleByteByByte) {
    std::mt19937 random(7);
    for (int trial = 0; trial < 300; ++trial) {
        const std::size_t steps = 1 + random() % 6;
        Buffers buffers = random_buffers(random, 1 + random() % 9, steps, 12);
        const Buffers expected = planned_by_bytes(buffers, steps, 200);
        EXPECT_EQ(plan_greedily(buffers), end_of(expected));
        EXPECT_EQ(buffers, expected) << "trial " << trial;
    }
}

TEST(PlanGreedily, KeepsLiveBuffersApartBetweenTheBestPlanAndTheirSum) {
    std::mt19937 random(11);
    for (int trial = 0; trial < 120; ++trial) {
        Buffers buffers = random_buffers(random, 1 + random() % 6, 1 + random() % 6, 40);
        const std::int64_t planned = plan_greedily(buffers);
        EXPECT_TRUE(is_sound(buffers));
        EXPECT_EQ(planned, end_of(buffers));
        EXPECT_GE(planned, least_bytes(buffers));
        EXPECT_GE(least_bytes(buffers), live_bytes(buffers));
        EXPECT_LE(planned, std::accumulate(
                               buffers.begin(), buffers.end(), std::int64_t{0},
                               [](std::int64_t sum, const PlannedBuffer& one) { return sum + one.bytes; }));
    }
}

}  // namespace
}  // namespace mobilenet_cost

#include "mobilenet_cost/measure/disturbance.h"

#include <gtest/gtest.h>

namespace mobilenet_cost {
namespace {

constexpr double kTick = 0.01;  ///< of the kernel's accounting, seconds

bool stolen(double seconds, double of) {
    return is_disturbed({.steal_seconds = seconds, .involuntary_switches = 0}, of, {});
}

bool switched(std::int64_t times, double seconds) {
    return is_disturbed({.steal_seconds = 0, .involuntary_switches = times}, seconds, {});
}

TEST(Disturbance, OneTickOfAShortBlockIsForgivenTwoAreNot) {
    for (const double seconds : {1e-6, 0.002, 0.02, 0.1}) {
        EXPECT_FALSE(stolen(kTick, seconds)) << seconds;
        EXPECT_TRUE(stolen(2 * kTick, seconds)) << seconds;
    }
}

TEST(Disturbance, ALongBlockIsJudgedByTheShareThatWasStolen) {
    EXPECT_FALSE(stolen(0.5, 10));
    EXPECT_TRUE(stolen(0.51, 10));
    EXPECT_FALSE(stolen(2 * kTick, 0.4));
}

TEST(Disturbance, TwoSwitchesAreForgivenThenTheRateCounts) {
    EXPECT_FALSE(switched(2, 0.001));
    EXPECT_TRUE(switched(3, 0.001));
    EXPECT_TRUE(switched(3, 0.02));
    EXPECT_FALSE(switched(1000, 10));
    EXPECT_TRUE(switched(1001, 10));
}

TEST(Disturbance, WhatIsNotKnownDoesNotDisturb) {
    EXPECT_EQ(disturbance({}, 1, {}), 0);
    EXPECT_TRUE(is_disturbed({.steal_seconds = {}, .involuntary_switches = 101}, 1, {}));
}

TEST(Disturbance, TheWorseOfTheTwoCounts) {
    const DisturbanceLimits limits{.most_steal = 0.1, .most_switches_per_second = 10};
    EXPECT_DOUBLE_EQ(disturbance({.steal_seconds = 0.3, .involuntary_switches = 5}, 1, limits), 3);
    EXPECT_DOUBLE_EQ(disturbance({.steal_seconds = 0.3, .involuntary_switches = 50}, 1, limits), 5);
}

TEST(Disturbance, ABlockOfGroupsIsAsLongAsItsPasses) {
    TimedBlock block;
    block.pass_seconds = {0.05, 0.05};
    block.disturbance.steal_seconds = 2 * kTick;
    EXPECT_TRUE(is_disturbed(block, 1, {}));    // of 0.1 s
    EXPECT_FALSE(is_disturbed(block, 10, {}));  // of 1 s
}

}  // namespace
}  // namespace mobilenet_cost

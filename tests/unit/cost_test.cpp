#include "mobilenet_cost/model/cost.h"

#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/checked.h"

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::error_of;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr const char* kTooLarge = "a count exceeds the 64-bit range (2^63 - 1)";

const Cost kCost{.macs = 1000,
                 .weights = 100,
                 .biases = 10,
                 .bn_channels = 3,
                 .input_elements = 50,
                 .output_elements = 70};

TEST(Cost, Sums) {
    Cost sum = kCost;
    sum += Cost{1, 2, 3, 4, 5, 6};
    EXPECT_EQ(sum, (Cost{1001, 102, 13, 7, 55, 76}));
}

TEST(Cost, SumThatOverflowsInAnyFieldIsAnError) {
    for (std::int64_t Cost::*field : {&Cost::macs, &Cost::weights, &Cost::biases, &Cost::bn_channels,
                                      &Cost::input_elements, &Cost::output_elements}) {
        Cost most;
        most.*field = kMost - 1;
        Cost one;
        one.*field = 1;
        most += one;
        EXPECT_EQ(most.*field, kMost);
        EXPECT_EQ(error_of([&] { most += one; }), kTooLarge);
    }
}

TEST(ParameterCount, FiveWaysOfBatchNorm) {
    EXPECT_EQ(parameter_count(kCost, BatchNormCount::bn0), 110);
    EXPECT_EQ(parameter_count(kCost, BatchNormCount::bn1), 113);
    EXPECT_EQ(parameter_count(kCost, BatchNormCount::bn2), 116);
    EXPECT_EQ(parameter_count(kCost, BatchNormCount::bn3), 119);
    EXPECT_EQ(parameter_count(kCost, BatchNormCount::bn4), 122);
}

TEST(Bytes, WeightsWithFoldedBatchNorm) {
    EXPECT_EQ(element_bytes(DataType::f32), 4);
    EXPECT_EQ(element_bytes(DataType::f16), 2);
    EXPECT_EQ(element_bytes(DataType::i8), 1);
    EXPECT_EQ(weight_bytes(kCost, DataType::f32), 4 * 113);
    EXPECT_EQ(weight_bytes(kCost, DataType::f16), 2 * 113);
    EXPECT_EQ(weight_bytes(kCost, DataType::i8), 100 + 4 * 13) << "32-bit biases";
}

TEST(Bytes, ActivationsTrafficIntensity) {
    EXPECT_EQ(activation_bytes(kCost, DataType::f32), 480);
    EXPECT_EQ(activation_bytes(kCost, DataType::i8), 120);
    EXPECT_EQ(traffic_bytes(kCost, DataType::f32), 452 + 480);
    EXPECT_EQ(traffic_bytes(kCost, DataType::i8), 152 + 120);
    EXPECT_DOUBLE_EQ(arithmetic_intensity(kCost, DataType::f32), 2000.0 / 932);
    EXPECT_EQ(memory_access_cost(kCost), 50 + 70 + 100);
}

TEST(MemoryAccessCost, OfAPointwiseConvolutionIsThePapersFormula) {
    // hw (c1 + c2) + c1 c2 of ShuffleNet V2, guideline 1, at h = w = 28, c1 = 128, c2 = 256.
    const Cost cost{.weights = 128 * 256, .input_elements = 784 * 128, .output_elements = 784 * 256};
    EXPECT_EQ(memory_access_cost(cost), 784 * (128 + 256) + 128 * 256);
}

TEST(Bytes, OverflowIsAnError) {
    const Cost weights{.weights = kMost / 4 + 1};
    EXPECT_EQ(error_of([&] { (void)weight_bytes(weights, DataType::f32); }), kTooLarge);
    EXPECT_EQ(weight_bytes(weights, DataType::i8), kMost / 4 + 1);
    const Cost activations{.input_elements = kMost, .output_elements = 1};
    EXPECT_EQ(error_of([&] { (void)activation_bytes(activations, DataType::i8); }), kTooLarge);
    const Cost channels{.bn_channels = kMost / 2};
    EXPECT_EQ(parameter_count(channels, BatchNormCount::bn2), kMost - 1);
    EXPECT_EQ(error_of([&] { (void)parameter_count(channels, BatchNormCount::bn3); }), kTooLarge);
}

TEST(Checked, ExactUpToTheLimit) {
    EXPECT_EQ(checked_add(kMost - 1, 1), kMost);
    EXPECT_EQ(checked_multiply(std::int64_t{1} << 31, std::int64_t{1} << 31), std::int64_t{1} << 62);
    EXPECT_EQ(error_of([] { (void)checked_add(kMost, 1); }), kTooLarge);
    EXPECT_EQ(error_of([] { (void)checked_multiply(std::int64_t{1} << 32, std::int64_t{1} << 31); }),
              kTooLarge);
}

}  // namespace
}  // namespace mobilenet_cost

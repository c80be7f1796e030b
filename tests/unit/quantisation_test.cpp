// Scales, the layers that they make of a network's, and how sums become values of 8 bits.

#include "mobilenet_cost/quantise/quantisation.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"

#include "unit/engine_support.h"

namespace mobilenet_cost {
namespace {

TEST(Quantisation, the_scale_holds_zero_and_both_ends) {
    const TensorScale relu6 = scale_of({0, 6});
    EXPECT_FLOAT_EQ(relu6.scale, 6.0F / 255);
    EXPECT_EQ(relu6.zero_point, -128);
    EXPECT_EQ(scale_of({-1, 1}).zero_point, -1);  // -128 + 127.5, away from zero
    EXPECT_EQ(scale_of({-6, 0}).zero_point, 127);
    EXPECT_EQ(scale_of({2, 4}), scale_of({0, 4}));
    EXPECT_EQ(scale_of({0, 0}), TensorScale{});
}

TEST(Quantisation, a_value_is_off_by_half_a_step_at_most) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<float> any(-3, 5);
    const TensorScale scale = scale_of({-3, 5});
    for (int i = 0; i < 2000; ++i) {
        const float value = any(random);
        EXPECT_NEAR(dequantise(quantise(value, scale), scale), value, 0.501F * scale.scale + 1e-6F) << value;
    }
    EXPECT_EQ(quantise(0, scale), scale.zero_point);
    EXPECT_EQ(quantise(1e30, scale), 127);
    EXPECT_EQ(quantise(-1e30, scale), -128);
}

TEST(Quantisation, sums_round_to_the_nearest_and_ties_to_even) {
    const Requantisation plain;
    EXPECT_EQ(requantise(1, 0.5F, plain), 0);
    EXPECT_EQ(requantise(3, 0.5F, plain), 2);
    EXPECT_EQ(requantise(-1, 0.5F, plain), 0);
    EXPECT_EQ(requantise(-3, 0.5F, plain), -2);
    EXPECT_EQ(requantise(1 << 30, 1, plain), 127);
    EXPECT_EQ(requantise(-(1 << 30), 1, plain), -128);
    EXPECT_EQ(requantise(100, 1, {.zero_point = -128, .low = -128, .high = -100}), -100);
}

Network one_convolution(Activation activation) {
    const Shape in{1, 1, 1, 2};
    return network_of(in, {conv_layer(in, 2, {.padding = {}, .bias = true}, activation)});
}

// By hand: the weights' scales are 0.5 / 127 and 2 / 127, the bias is in steps of 0.1 times those.
TEST(Quantisation, a_convolution_has_a_scale_for_each_channel_and_a_bias_in_its_steps) {
    const Network network = one_convolution(Activation::relu6);
    const Weights weights{{{{0.5F, -1, -0.25F, 2}, {1, -1}}}};
    const NetworkScales scales{.tensors = {{0.1F, 3}, {0.05F, -128}}, .sums = {{}}};
    const QuantisedLayer layer = quantise_layers(network, weights, scales)[0];
    EXPECT_EQ(layer.filter, (std::vector<std::int8_t>{127, -64, -64, 127}));
    EXPECT_EQ(layer.bias, (std::vector<std::int32_t>{2540, -635}));
    EXPECT_FLOAT_EQ(layer.factors[0], 0.1F * (0.5F / 127) / 0.05F);
    EXPECT_FLOAT_EQ(layer.factors[1], 0.1F * (2.0F / 127) / 0.05F);
    EXPECT_EQ(layer.first_zero, 3);
    EXPECT_EQ(layer.output.low, -128);
    EXPECT_EQ(layer.output.high, 120 - 128);  // 6 / 0.05 steps above the zero point
    EXPECT_FALSE(layer.output.table);
}

TEST(Quantisation, a_curved_activation_is_a_table) {
    const Network network = one_convolution(Activation::hard_swish);
    const Weights weights{{{{1, 0, 0, 1}, {0, 0}}}};
    const NetworkScales scales{.tensors = {{0.1F, 0}, {0.1F, 0}}, .sums = {{0.1F, 0}}};
    const QuantisedLayer layer = quantise_layers(network, weights, scales)[0];
    ASSERT_TRUE(layer.output.table);
    const auto at = [&](int q) { return (*layer.output.table)[static_cast<std::size_t>(q + 128)]; };
    EXPECT_EQ(at(0), 0);
    EXPECT_EQ(at(10), 7);     // 1 * 4 / 6
    EXPECT_EQ(at(100), 100);  // above 3 it is the identity
    EXPECT_EQ(at(-40), 0);    // below -3 it is 0
    EXPECT_EQ(at(-15), -4);   // -1.5 * 1.5 / 6 = -0.375
}

TEST(Quantisation, a_residual_sum_is_off_by_a_step_at_most) {
    std::mt19937_64 random(7);
    std::uniform_real_distribution<float> scale(0.001F, 4);
    std::uniform_int_distribution<std::int32_t> any(-128, 127);
    const Shape shape{1, 1, 1, 1};
    Network network = network_of(shape, {binary_layer(Add{}, 0, 0, shape)});
    for (int i = 0; i < 500; ++i) {
        const TensorScale in{scale(random), any(random)}, out{scale(random), any(random)};
        const NetworkScales scales{.tensors = {in, out}, .sums = {{}}};
        const QuantisedLayer layer = quantise_layers(network, {{{}}}, scales)[0];
        const std::int32_t a = any(random), b = any(random);
        const std::int32_t sum = ((a - in.zero_point) * layer.sum.first +
                                  (b - in.zero_point) * layer.sum.second + (1 << (layer.sum.shift - 1))) >>
                                 layer.sum.shift;
        const double exact = static_cast<double>(in.scale) * (a + b - 2 * in.zero_point) / out.scale;
        if (std::abs(exact) < 1e5) EXPECT_NEAR(sum, exact, 0.5 + std::abs(exact) * 1e-6 + 0.001);
    }
}

TEST(Quantisation, what_has_no_form_of_8_bits_is_refused_by_name) {
    const Shape in{1, 4, 4, 8};
    Layer resize{.kind = Resize{}, .inputs = {0, kNoTensor}, .input = in, .output = {1, 8, 8, 8}};
    EXPECT_EQ(int8_refusal(resize), "resize has no 8-bit form here");
    const Network network = network_of(in, {resize});
    try {
        (void)find_engine("reference:i8")->make_session(network, {{{}}}, {});
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "b0: resize has no 8-bit form here");
    }
    const Shape deep{1, 1, 1, 40000};
    EXPECT_NE(int8_refusal(conv_layer(deep, 1, {.padding = {}}, Activation::none)), "");
    EXPECT_EQ(int8_refusal(conv_layer({1, 1, 1, 30000}, 1, {.padding = {}}, Activation::none)), "");
}

}  // namespace
}  // namespace mobilenet_cost

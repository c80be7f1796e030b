#include "mobilenet_cost/model/weights.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "unit/engine_support.h"

namespace mobilenet_cost {
namespace {

double mean_square(const std::vector<float>& values) {
    double sum = 0;
    for (const float value : values)
        sum += static_cast<double>(value) * static_cast<double>(value);
    return sum / static_cast<double>(values.size());
}

/// Stem 3x3/2, depthwise 3x3, linear pointwise, pooling: what each kind needs.
Network small_network(std::int64_t batch = 1) {
    const Shape in{batch, 33, 33, 3};
    const Conv stem{.kernel = 3, .stride = 2, .padding = {1, 1, 1, 1}, .batch_norm = true};
    const Conv depthwise{.kernel = 3, .groups = 64, .padding = {1, 1, 1, 1}, .batch_norm = true};
    std::vector<Layer> layers = {conv_layer(in, 64, stem, Activation::relu)};
    layers.push_back(conv_layer(layers[0].output, 64, depthwise, Activation::relu));
    layers.push_back(conv_layer(layers[1].output, 96, {.padding = {}}, Activation::none));
    layers.push_back(pool_layer(layers[2].output));
    for (std::size_t i = 1; i < layers.size(); ++i)
        layers[i].inputs[0] = static_cast<TensorId>(i);
    return network_of(in, layers);
}

TEST(weights, have_the_sizes_of_the_layers) {
    const Weights weights = make_weights(small_network(), 1);
    ASSERT_EQ(weights.layers.size(), 4U);
    EXPECT_EQ(weights.layers[0].filter.size(), 3U * 3 * 3 * 64);
    EXPECT_EQ(weights.layers[1].filter.size(), 3U * 3 * 1 * 64);
    EXPECT_EQ(weights.layers[2].filter.size(), 64U * 96);
    EXPECT_EQ(weights.layers[0].bias.size(), 64U);
    EXPECT_EQ(weights.layers[1].bias.size(), 64U);
    EXPECT_EQ(weights.layers[2].bias.size(), 96U);
    EXPECT_TRUE(weights.layers[3].filter.empty());
    EXPECT_TRUE(weights.layers[3].bias.empty());
}

// From an implementation of splitmix64 in another language: (2 t + 1 - 2^23) / 2^23, t the upper 23 bits.
TEST(weights, input_values_are_the_same_on_every_platform) {
    EXPECT_EQ(make_input({1, 1, 1, 3}, 42),
              (std::vector<float>{0x1.0584a4p-1F, -0x1.b8a56p-4F, -0x1.06b15cp-1F}));
    EXPECT_EQ(make_input({1, 1, 1, 3}, 0),
              (std::vector<float>{-0x1.7b3e2cp-1F, -0x1.cce1c4p-1F, 0x1.5cd518p-2F}));
}

// Layer 1 is depthwise behind a ReLU: fan-in is the mean number of taps inside the 17x17 map, (3 - 2/17)^2,
// and the mean square of its input is 2, so the limit is 2 sqrt(3 / (2 fan-in)). Values from the same source.
TEST(weights, filter_and_bias_values_are_the_same_on_every_platform) {
    const LayerWeights layer = make_weights(small_network(), 42).layers[1];
    const double fan_in = (3 - 2.0 / 17) * (3 - 2.0 / 17);
    const double limit = 2 * std::sqrt(3 / (2 * fan_in));
    EXPECT_NEAR(layer.filter[0], limit * -0x1.26d0ecp-1, 1e-7);
    EXPECT_NEAR(layer.filter[1], limit * -0x1.bdd9cp-5, 1e-7);
    EXPECT_EQ(layer.bias[0], 0.5F * 0x1.ce136p-4F);
    EXPECT_EQ(layer.bias[1], 0.5F * -0x1.0686dp-3F);
}

TEST(weights, depend_on_seed_and_layer_but_not_on_batch) {
    const Weights one = make_weights(small_network(), 1);
    const Weights again = make_weights(small_network(8), 1);
    const Weights two = make_weights(small_network(), 2);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(one.layers[i].filter, again.layers[i].filter);
        EXPECT_EQ(one.layers[i].bias, again.layers[i].bias);
        EXPECT_NE(one.layers[i].filter, two.layers[i].filter);
    }
    EXPECT_NE(one.layers[0].bias, two.layers[0].bias);
    EXPECT_NE(one.layers[0].bias, one.layers[1].bias);
    EXPECT_NE(make_input({1, 4, 4, 3}, 1), make_input({1, 4, 4, 3}, 2));
}

// Variance 4 / (fan-in x E[x^2]) ahead of an activation and 1 / (fan-in x E[x^2]) where the output stays
// linear; the input image has E[x^2] = 1/3, a ReLU's output 4 / 2. Sampling error: the mean square of n
// uniform values has a relative standard deviation of sqrt(0.8 / n); 5 of them.
TEST(weights, variance_is_that_of_he_initialisation) {
    const Weights weights = make_weights(small_network(), 7);
    const double taps_of_stem = (17 * 3 - 2) / 17.0, taps_of_depthwise = (17 * 3 - 2) / 17.0;
    const double expected[] = {4 / (taps_of_stem * taps_of_stem * 3 / 3),
                               4 / (taps_of_depthwise * taps_of_depthwise * 2), 1 / (64.0 * 2)};
    for (std::size_t i = 0; i < 3; ++i) {
        const std::vector<float>& filter = weights.layers[i].filter;
        const double spread = 5 * std::sqrt(0.8 / static_cast<double>(filter.size()));
        EXPECT_NEAR(mean_square(filter) / expected[i], 1, spread) << "layer " << i;
    }
}

// Taps at o - 2, o, o + 2 of a row of 5: 2 + 2 + 3 + 2 + 2 meet it, of neighbouring ones 2 + 3 + 3 + 3 + 2.
TEST(weights, dilated_taps_beyond_the_map_do_not_count) {
    const Shape in{1, 5, 5, 4};
    const auto first_value = [&](std::int64_t dilation) {
        const Conv conv{.kernel = 3,
                        .dilation = dilation,
                        .groups = 4,
                        .padding = {dilation, dilation, dilation, dilation}};
        const Network network = network_of(in, {conv_layer(in, 4, conv, Activation::none)});
        return static_cast<double>(make_weights(network, 1).layers[0].filter[0]);
    };
    EXPECT_NEAR(first_value(2) / first_value(1), 13.0 / 11, 1e-6);
}

TEST(weights, are_normal_numbers_of_both_signs) {
    for (const LayerWeights& layer : make_weights(small_network(), 3).layers) {
        if (layer.filter.empty()) continue;
        EXPECT_TRUE(std::ranges::all_of(layer.filter, [](float x) { return std::isnormal(x); }));
        const auto negative = std::ranges::count_if(layer.filter, [](float x) { return x < 0; });
        const double share = static_cast<double>(negative) / static_cast<double>(layer.filter.size());
        EXPECT_NEAR(share, 0.5, 2.5 / std::sqrt(static_cast<double>(layer.filter.size())));
    }
}

TEST(weights, convolution_without_bias_and_batch_norm_has_zero_biases) {
    const Weights weights = make_weights(small_network(), 3);
    EXPECT_TRUE(std::ranges::all_of(weights.layers[2].bias, [](float x) { return x == 0; }));
    EXPECT_TRUE(std::ranges::none_of(weights.layers[1].bias, [](float x) { return x == 0; }));
}

TEST(weights, input_is_uniform_between_minus_one_and_one) {
    const std::vector<float> input = make_input({2, 64, 64, 3}, 5);
    EXPECT_EQ(input.size(), 2U * 64 * 64 * 3);
    EXPECT_GT(*std::ranges::max_element(input), 0.999F);
    EXPECT_LT(*std::ranges::max_element(input), 1.0F);
    EXPECT_LT(*std::ranges::min_element(input), -0.999F);
    EXPECT_GE(*std::ranges::min_element(input), -1.0F);
    EXPECT_NEAR(mean_square(input), 1.0 / 3, 0.01);
}

}  // namespace
}  // namespace mobilenet_cost

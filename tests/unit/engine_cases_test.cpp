// Every engine, the reference first of all, on cases small enough to be worked out by hand.

#include <gtest/gtest.h>

#include "unit/engine_support.h"

namespace mobilenet_cost {
namespace {

/// 1, 2, 3, ...
std::vector<float> counting(std::size_t count, float first = 1) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i)
        values[i] = first + static_cast<float>(i);
    return values;
}

class EngineCases : public testing::TestWithParam<std::string> {
  protected:
    /// Nearly all numbers here are exact in float; a hard sigmoid's slope, 1/6, is not.
    void expect_output(const Network& network, const Weights& weights, const std::vector<float>& input,
                       const std::vector<float>& expected) {
        const auto session = find_engine(GetParam())->make_session(network, weights, {});
        set_input(*session, input);
        session->run();
        session->run();  // the first pass must have left the input alone
        const std::vector<float> output = session->output();
        ASSERT_EQ(output.size(), expected.size());
        for (std::size_t i = 0; i < output.size(); ++i)
            EXPECT_NEAR(output[i], expected[i], 1e-6 * (1 + std::abs(expected[i]))) << "value " << i;
    }

    /// One channel in and out, no bias.
    void expect_plane(std::int64_t size, const Conv& conv, const std::vector<float>& filter,
                      const std::vector<float>& input, const std::vector<float>& expected) {
        const Shape in{1, size, size, 1};
        const Network network = network_of(in, {conv_layer(in, 1, conv, Activation::none)});
        expect_output(network, {{{filter, {0}}}}, input, expected);
    }
};

// The window of output (0, 0) starts at the first pixel; the one zero row and column are at the end:
//    1  2  3  4 . 0
//    5  6  7  8 . 0    (0,0): 1*1+2*2+3*3 + 4*5+5*6+6*7 + 7*9+8*10+9*11 = 14+92+242 = 348
//    9 10 11 12 . 0    (0,1): 1*3+2*4 + 4*7+5*8 + 7*11+8*12             = 11+68+173 = 252
//   13 14 15 16 . 0    (1,0): 1*9+2*10+3*11 + 4*13+5*14+6*15            = 62+212    = 274
//    0  0  0  0 . 0    (1,1): 1*11+2*12 + 4*15+5*16                     = 35+140    = 175
TEST_P(EngineCases, same_padding_at_stride_2_and_even_size_is_at_the_end) {
    const Conv conv{.kernel = 3, .stride = 2, .padding = {0, 1, 0, 1}};
    expect_plane(4, conv, counting(9), counting(16), {348, 252, 274, 175});
}

// One zero row and column on every side; windows are centred on the corners of
//   1 2 3      (0,0): 5*1+6*2 + 8*4+9*5 =  94     (0,1): 4*2+5*3 + 7*5+8*6 = 106
//   4 5 6      (1,0): 2*4+3*5 + 5*7+6*8 = 106     (1,1): 1*5+2*6 + 4*8+5*9 =  94
//   7 8 9
TEST_P(EngineCases, same_padding_at_stride_2_and_odd_size_is_symmetric) {
    const Conv conv{.kernel = 3, .stride = 2, .padding = {1, 1, 1, 1}};
    expect_plane(3, conv, counting(9), counting(9), {94, 106, 106, 94});
}

// The 4x4 plane above with a zero on every side (PaddingRule::symmetric); windows are centred on rows and
// columns 0 and 2, and the zeros at the end are never read.
//   (0,0): 5*1+6*2 + 8*5+9*6 = 111          (0,1): 4*2+5*3+6*4 + 7*6+8*7+9*8 = 47+170 = 217
//   (1,0): 2*5+3*6 + 5*9+6*10 + 8*13+9*14 = 28+105+230 = 363
//   (1,1): 1*6+2*7+3*8 + 4*10+5*11+6*12 + 7*14+8*15+9*16 = 44+167+362 = 573
TEST_P(EngineCases, symmetric_padding_at_stride_2_and_even_size) {
    const Conv conv{.kernel = 3, .stride = 2, .padding = {1, 1, 1, 1}};
    expect_plane(4, conv, counting(9), counting(16), {111, 217, 363, 573});
}

// Filter value (r, c) is 5r + c; 2x2 plane 1 2 / 3 4, so four taps meet it, the first being
//   (0,0): (2,2) = 12: 12*1+13*2+17*3+18*4 = 161    (0,1): (2,1) = 11: 11*1+12*2+16*3+17*4 = 151
//   (1,0): (1,2) =  7:  7*1+ 8*2+12*3+13*4 = 111    (1,1): (1,1) =  6:  6*1+ 7*2+11*3+12*4 = 101
TEST_P(EngineCases, kernel_5_on_a_smaller_map) {
    const Conv conv{.kernel = 5, .stride = 1, .padding = {2, 2, 2, 2}};
    expect_plane(2, conv, counting(25, 0), counting(4), {161, 151, 111, 101});
}

// Taps two apart on a 4x4 plane of 1 to 16, two zeros on every side: of filter 1 to 9, output (0, 0) meets
// the lower right four, 5 6 / 8 9, on values 1 3 / 9 11: 5+18+72+99 = 194. To the right by one: on 2 4 / 10
// 12, 10+24+80+108 = 222; (0,2) meets 4 5 / 7 8 on 1 3 / 9 11: 4+15+63+88 = 170; (0,3) the same on 2 4 / 10
// 12: 194. Rows 1 to 3 alike: the lower half moves by four per row (5+6+8+9 = 28, 4+5+7+8 = 24: 112 and 96
// more), then filter rows 1 and 2 (2 3 / 5 6 and 1 2 / 4 5) on the rows above.
TEST_P(EngineCases, dilation) {
    const Conv conv{.kernel = 3, .dilation = 2, .padding = {2, 2, 2, 2}};
    expect_plane(4, conv, counting(9), counting(16),
                 {194, 222, 170, 194, 306, 334, 266, 290, 2 + 9 + 45 + 66, 4 + 12 + 50 + 72, 1 + 6 + 36 + 55,
                  2 + 8 + 40 + 60, 10 + 21 + 65 + 90, 12 + 24 + 70 + 96, 5 + 14 + 52 + 75, 6 + 16 + 56 + 80});
}

// At stride 2 every other row and column of the outputs above.
TEST_P(EngineCases, dilation_and_stride) {
    const Conv conv{.kernel = 3, .stride = 2, .dilation = 2, .padding = {2, 2, 2, 2}};
    expect_plane(4, conv, counting(9), counting(16), {194, 170, 122, 98});
}

// Three zero rows in all, one before and two after. On a 4x4 plane of ones the result is the sum of the taps
// that meet it, 5r + c over
//   (0,0): r 1-4, c 1-4: 4*5*10 + 4*10 = 240    (0,1): r 1-4, c 0-2: 3*5*10 + 4*3 = 162
//   (1,0): r 0-2, c 1-4: 4*5*3  + 3*10 =  90    (1,1): r 0-2, c 0-2: 3*5*3  + 3*3 =  54
TEST_P(EngineCases, kernel_5_at_stride_2_and_even_size) {
    const Conv conv{.kernel = 5, .stride = 2, .padding = {1, 2, 1, 2}};
    expect_plane(4, conv, counting(25, 0), std::vector<float>(16, 1), {240, 162, 90, 54});
}

// 2 groups of 2 channels, filter (1, 1, 2, 4): outputs 0 and 1 read inputs 0 and 1, outputs 2 and 3 the
// others.
//   1*1+2*5 = 11   1*2+2*6 = 14   3*3+4*7 = 37   3*4+4*8 = 44, and biases of 10 to 40
TEST_P(EngineCases, groups_and_bias) {
    const Shape in{1, 1, 1, 4};
    const Conv conv{.groups = 2, .padding = {}, .bias = true};
    const Network network = network_of(in, {conv_layer(in, 4, conv, Activation::none)});
    expect_output(network, {{{counting(8), {10, 20, 30, 40}}}}, counting(4), {21, 34, 67, 84});
}

// Channel 0 is 1 2 / 3 4 under a filter of ones: every window holds all four, 10. Channel 1 is 10 20 / 30 40
// under the centre (1) and its right neighbour (2): 10+2*20, 20, 30+2*40, 40.
TEST_P(EngineCases, depthwise) {
    const Shape in{1, 2, 2, 2};
    std::vector<float> filter(18, 0);
    for (std::size_t tap = 0; tap < 9; ++tap)
        filter[2 * tap] = 1;
    filter[2 * 4 + 1] = 1;
    filter[2 * 5 + 1] = 2;
    const Conv conv{.kernel = 3, .groups = 2, .padding = {1, 1, 1, 1}};
    const Network network = network_of(in, {conv_layer(in, 2, conv, Activation::none)});
    expect_output(network, {{{filter, {0, 0}}}}, {1, 10, 2, 20, 3, 30, 4, 40},
                  {10, 50, 10, 20, 10, 110, 10, 40});
}

// Two outputs per channel: output 2 c + j is the j-th filter of channel c. One tap each, in the middle: times
// 1 and 10 for channel 0, 100 and 1000 for channel 1.
TEST_P(EngineCases, depth_multiplier) {
    const Shape in{1, 1, 3, 2};
    std::vector<float> filter(36, 0);
    const std::vector<float> centre = {1, 10, 100, 1000};
    std::copy(centre.begin(), centre.end(), filter.begin() + 4 * 4);
    const Conv conv{.kernel = 3, .groups = 2, .padding = {1, 1, 1, 1}};
    const Network network = network_of(in, {conv_layer(in, 4, conv, Activation::none)});
    expect_output(network, {{{filter, {0, 0, 0, 5}}}}, {1, 2, 3, 4, 5, 6},
                  {1, 10, 200, 2005, 3, 30, 400, 4005, 5, 50, 600, 6005});
}

// Filter (3, 2): 1 4 / 2 5 / 3 6; bias 0.5, -1.
//   image 0: 1+4+9+0.5 = 14.5   4+10+18-1 = 31      image 1: -1+3+0.5 = 2.5   -4+6-1 = 1
TEST_P(EngineCases, dense_with_batch_2) {
    const Shape in{2, 1, 1, 3};
    const Network network =
        network_of(in, {conv_layer(in, 2, {.padding = {}, .bias = true}, Activation::none)});
    expect_output(network, {{{{1, 4, 2, 5, 3, 6}, {0.5, -1}}}}, {1, 2, 3, -1, 0, 1}, {14.5, 31, 2.5, 1});
}

// hard_swish(x) = x relu6(x + 3) / 6: -1.5*1.5/6 = -0.375, 1.5*4.5/6 = 1.125. hard_sigmoid(x) = relu6(x+3)
// / 6. sigmoid(1.5) = 1 / (1 + e^-1.5) = 0.8175745, and so on, by bc; swish(x) = x sigmoid(x).
TEST_P(EngineCases, activations) {
    const Shape in{1, 1, 7, 1};
    const std::vector<float> x = {-4, -3, -1.5, 0, 1.5, 3, 7};
    const std::vector<std::pair<Activation, std::vector<float>>> table = {
        {Activation::none, x},
        {Activation::relu, {0, 0, 0, 0, 1.5, 3, 7}},
        {Activation::relu6, {0, 0, 0, 0, 1.5, 3, 6}},
        {Activation::hard_swish, {0, 0, -0.375, 0, 1.125, 3, 7}},
        {Activation::hard_sigmoid, {0, 0, 0.25, 0.5, 0.75, 1, 1}},
        {Activation::sigmoid,
         {0.0179862100F, 0.0474258732F, 0.182425524F, 0.5, 0.817574476F, 0.952574127F, 0.999088949F}},
        {Activation::swish,
         {-0.0719448398F, -0.142277620F, -0.273638286F, 0, 1.22636171F, 2.85772238F, 6.99362264F}},
    };
    for (const auto& [activation, expected] : table) {
        SCOPED_TRACE(enum_name(activation));
        expect_output(network_of(in, {conv_layer(in, 1, {}, activation)}), {{{{1}, {0}}}}, x, expected);
    }
}

// Two images of 1x2 pixels and 2 channels: means (1+3)/2, (2+4)/2, (5+7)/2, (6+8)/2.
TEST_P(EngineCases, global_pool) {
    const Shape in{2, 1, 2, 2};
    expect_output(network_of(in, {pool_layer(in)}), {{{}}}, counting(8), {2, 3, 6, 7});
}

// Layer 0 makes 10 - x of x; layer 1 adds x again, and ReLU6 belongs to the sum.
TEST_P(EngineCases, add_applies_its_own_activation) {
    const Shape in{1, 1, 3, 1};
    Layer sum = binary_layer(Add{}, 0, 1, in);
    const std::vector<Layer> linear = {conv_layer(in, 1, {.padding = {}, .bias = true}, Activation::none),
                                       sum};
    expect_output(network_of(in, linear), {{{{-2}, {10}}, {}}}, {1, 2, 12}, {9, 8, -2});
    sum.activation = Activation::relu6;
    expect_output(network_of(in, {linear[0], sum}), {{{{-2}, {10}}, {}}}, {1, 2, 12}, {6, 6, 0});
}

// A residual sum behind its convolution, in the order of a bottleneck: y = 2x; z = y + 1; w = -3z; w + y. An
// engine may add in place. For x = 1, 2: y = 2, 4; z = 3, 5; w = -9, -15; sums -7, -11.
TEST_P(EngineCases, residual_block) {
    const Shape in{1, 2, 1, 1};
    const auto linear = [&](TensorId source) {
        Layer layer = conv_layer(in, 1, {.padding = {}, .bias = true}, Activation::none);
        layer.inputs = {source, kNoTensor};
        return layer;
    };
    const Weights weights{{{{2}, {0}}, {{1}, {1}}, {{-3}, {0}}, {}}};
    const std::vector<Layer> block = {linear(0), linear(1), linear(2)};
    for (const auto& sum : {binary_layer(Add{}, 3, 1, in), binary_layer(Add{}, 1, 3, in)})
        expect_output(network_of(in, {block[0], block[1], block[2], sum}), weights, {1, 2}, {-7, -11});
}

// The same, but the convolution before the sum reads the other input itself (y = 2x; w = -3y; w + y = -4x),
// or that input is read again later (the block above, and y once more). Neither may be added in place.
TEST_P(EngineCases, residual_that_is_still_needed) {
    const Shape in{1, 2, 1, 1};
    const auto linear = [&](TensorId source) {
        Layer layer = conv_layer(in, 1, {.padding = {}, .bias = true}, Activation::none);
        layer.inputs = {source, kNoTensor};
        return layer;
    };
    const Layer sum = binary_layer(Add{}, 2, 1, in);
    const Network once = network_of(in, {linear(0), linear(1), sum});
    expect_output(once, {{{{2}, {0}}, {{-3}, {0}}, {}}}, {1, 2}, {-4, -8});
    const std::vector<Layer> twice = {linear(0), linear(1), linear(2), binary_layer(Add{}, 3, 1, in),
                                      binary_layer(Add{}, 4, 1, in)};
    expect_output(network_of(in, twice), {{{{2}, {0}}, {{1}, {1}}, {{-3}, {0}}, {}, {}}}, {1, 2}, {-5, -7});
}

// Gates are the means of each channel: image 0: (1+3)/2 = 2, (2+4)/2 = 3; image 1: 6 and 7.
TEST_P(EngineCases, scale_has_a_gate_per_image_and_channel) {
    const Shape in{2, 1, 2, 2};
    const Network network = network_of(in, {pool_layer(in), binary_layer(Scale{}, 0, 1, in)});
    expect_output(network, {{{}, {}}}, counting(8), {2, 6, 6, 12, 30, 42, 42, 56});
}

INSTANTIATE_TEST_SUITE_P(each, EngineCases, testing::ValuesIn(available_engines()),
                         [](const auto& engine) { return engine.param; });

}  // namespace
}  // namespace mobilenet_cost

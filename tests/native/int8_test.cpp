// The native engine's kernels of 8 bits on every instruction set of this processor, against plain loops and
// to the bit, with buffers that end right before memory that must not be touched, or begin right behind it.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/engine/native/int8/conv.h"
#include "mobilenet_cost/engine/native/int8/depthwise.h"

#include "native/guarded.h"

namespace mobilenet_cost {
namespace {

using Bytes = Guarded<std::uint8_t>;

constexpr std::int32_t kInt8Offset = 128;

struct Int8Case {
    Shape in;
    std::int64_t channels;
    Conv conv;
    int threads = 1;
};

Layer int8_layer_of(const Int8Case& one) {
    Layer layer{.kind = one.conv, .inputs = {0, kNoTensor}, .input = one.in, .output = {}};
    const Padding& pad = one.conv.padding;
    const Sides kernel = effective_kernel(one.conv);
    layer.output = {one.in.n, (one.in.h + pad.top + pad.bottom - kernel.h) / one.conv.stride.h + 1,
                    (one.in.w + pad.left + pad.right - kernel.w) / one.conv.stride.w + 1, one.channels};
    return layer;
}

/// One value of the output by plain loops.
std::int8_t int8_expected(const Layer& layer, const Conv& conv, const QuantisedLayer& quantised,
                          const Int8View& input, std::int64_t index) {
    const Shape& out = layer.output;
    const std::int64_t o = index % out.c;
    const std::int64_t x0 = index / out.c % out.w * conv.stride.w - conv.padding.left;
    const std::int64_t y0 = index / (out.c * out.w) % out.h * conv.stride.h - conv.padding.top;
    const std::int64_t n = index / (out.c * out.w * out.h);
    const std::int64_t inputs = layer.input.c / conv.groups;
    const std::int64_t group = o / (out.c / conv.groups);
    std::int32_t sum = quantised.bias[static_cast<std::size_t>(o)];
    for (std::int64_t tap = 0; tap < area(conv.kernel); ++tap) {
        const std::int64_t y = y0 + tap / conv.kernel.w * conv.dilation.h;
        const std::int64_t x = x0 + tap % conv.kernel.w * conv.dilation.w;
        if (y < 0 || y >= layer.input.h || x < 0 || x >= layer.input.w) continue;
        const std::uint8_t* const values =
            input.values + ((n * layer.input.h + y) * layer.input.w + x) * input.pixel + group * inputs;
        for (std::int64_t i = 0; i < inputs; ++i)
            sum += (values[i] - kInt8Offset - quantised.first_zero) *
                   quantised.filter[static_cast<std::size_t>((tap * inputs + i) * out.c + o)];
    }
    return requantise(sum, quantised.factors[static_cast<std::size_t>(o)], quantised.output);
}

class Int8Kernel : public testing::TestWithParam<std::size_t> {
  protected:
    const Int8Kernels& kernels() const { return all_int8_kernels()[GetParam()]; }

    std::int64_t padded(std::int64_t channels) const {
        const std::int64_t block = block_channels(kernels());
        return divide_up(channels, block) * block;
    }

    std::int32_t any(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }

    /// The ends of the range are likely: what saturates on the way shows there.
    std::int8_t weight() {
        const std::int32_t value = any(-140, 140);
        return static_cast<std::int8_t>(std::clamp(value, -127, 127));
    }

    QuantisedLayer random_layer(const Layer& layer, const Conv& conv) {
        QuantisedLayer quantised;
        const std::int64_t taps = conv_taps(layer, conv);
        for (std::int64_t i = 0; i < taps * layer.output.c; ++i)
            quantised.filter.push_back(weight());
        for (std::int64_t o = 0; o < layer.output.c; ++o) {
            quantised.bias.push_back(any(-5000, 5000));
            quantised.factors.push_back(0.02F / static_cast<float>(any(1, 9)) /
                                        std::sqrt(static_cast<float>(taps)));
        }
        quantised.first_zero = any(-128, 127);
        quantised.output = {.zero_point = any(-128, 0), .low = any(-128, -100), .high = any(90, 127)};
        if (any(0, 1) == 1) {
            auto& table = quantised.output.table.emplace();
            for (std::int8_t& value : table)
                value = static_cast<std::int8_t>(any(-128, 127));
        }
        return quantised;
    }

    void check(const Int8Case& one, Guard guard, bool depthwise, bool dense) {
        const Layer layer = int8_layer_of(one);
        const QuantisedLayer quantised = random_layer(layer, one.conv);
        const std::int64_t pixel = dense ? one.in.c : padded(one.in.c);
        const std::int64_t out_pixel = padded(one.channels);
        Bytes input(one.in.n * one.in.h * one.in.w * pixel, guard);
        Bytes output(layer.output.n * layer.output.h * layer.output.w * out_pixel, guard);
        input.fill(random_);
        const Int8Options options{&kernels(), one.threads};
        const auto made = depthwise ? plan_int8_depthwise(options, layer, quantised, out_pixel)
                                    : plan_int8_conv(options, layer, quantised, 1 << 15);
        Guarded<std::byte> weights(static_cast<std::int64_t>(made->weight_bytes()), guard);
        made->pack(weights.data());
        Int8Scratch scratch(1, made->scratch_bytes());
        Guarded<std::byte> memory(static_cast<std::int64_t>(scratch.bytes()), guard);
        scratch.place(memory.data());
        const Int8Views views{{input.data(), pixel}, {}, {output.data(), out_pixel}};
        const NativeStep step = made->step(views, scratch);
        for (std::int64_t task = 0; task < step.tasks; ++task)
            step.run(task);
        for (std::int64_t i = 0; i < element_count(layer.output); ++i) {
            const int value = output[i / layer.output.c * out_pixel + i % layer.output.c] - kInt8Offset;
            ASSERT_EQ(value, int8_expected(layer, one.conv, quantised, views.input, i)) << "value " << i;
        }
    }

    std::mt19937 random_{1704};
};

std::string int8_case_text(const Int8Case& one) {
    return std::to_string(one.in.h) + "x" + std::to_string(one.in.w) + "x" + std::to_string(one.in.c) +
           " to " + std::to_string(one.channels) + ", kernel " + sides_text(one.conv.kernel) + ", stride " +
           sides_text(one.conv.stride) + ", dilation " + sides_text(one.conv.dilation) + ", groups " +
           std::to_string(one.conv.groups);
}

TEST_P(Int8Kernel, products_stay_inside_their_buffers) {
    const std::vector<Int8Case> cases = {
        {{1, 7, 7, 33}, 70, {.padding = {}}},
        {{1, 1, 1, 40}, 203, {.padding = {}}},
        {{2, 5, 3, 8}, 8, {.padding = {}}, 3},
        {{1, 13, 21, 3}, 20, {.kernel = 3, .stride = 2, .padding = {0, 1, 0, 1}}},
        {{1, 13, 21, 3}, 8, {.kernel = 5, .stride = 2, .padding = {2, 2, 2, 2}}},
        {{2, 9, 6, 24}, 48, {.kernel = 3, .padding = {1, 1, 1, 1}}, 2},
        {{1, 4, 4, 400}, 40, {.kernel = 3, .padding = {1, 1, 1, 1}}},
        {{1, 6, 5, 12}, 18, {.kernel = 3, .groups = 3, .padding = {1, 1, 1, 1}}},
        {{1, 11, 9, 6}, 18, {.kernel = 3, .dilation = 2, .padding = {2, 2, 2, 2}}},
        {{1, 12, 30, 1}, 9, {.kernel = {3, 1}, .stride = {2, 1}, .padding = {0, 1, 0, 0}}, 2},
    };
    for (const Int8Case& one : cases) {
        for (const Guard guard : {Guard::before, Guard::behind}) {
            for (const bool dense : {false, true}) {
                SCOPED_TRACE(int8_case_text(one));
                check(one, guard, false, dense);
            }
        }
    }
}

TEST_P(Int8Kernel, depthwise_convolutions_stay_inside_their_buffers) {
    for (const std::int64_t kernel : {1, 3, 5, 7}) {
        for (const std::int64_t stride : {1, 2, 3}) {
            for (const auto& [width, channels] : {std::pair{1, 8}, {2, 17}, {7, 48}, {23, 40}}) {
                for (const std::int64_t dilation : {1, 2}) {
                    const Guard guard = (width + stride) % 2 == 0 ? Guard::before : Guard::behind;
                    const std::int64_t half = kernel / 2 * dilation;
                    const Int8Case one{{2, 6, width, channels},
                                       channels,
                                       {.kernel = kernel,
                                        .stride = stride,
                                        .dilation = dilation,
                                        .groups = channels,
                                        .padding = {half, half, half, half}},
                                       guard == Guard::before ? 1 : 2};
                    SCOPED_TRACE(int8_case_text(one));
                    check(one, guard, true, false);
                }
            }
        }
    }
}

TEST_P(Int8Kernel, means_sums_and_products_are_those_of_plain_loops) {
    const std::int64_t channels = padded(40);
    const std::int64_t pixels = 7;
    for (const Guard guard : {Guard::before, Guard::behind}) {
        Bytes a(pixels * channels, guard), b(pixels * channels, guard), out(pixels * channels, guard);
        a.fill(random_);
        b.fill(random_);
        const Requantisation to{.zero_point = -20, .low = -100, .high = 110};
        const Int8Finish finish = Int8Output(to).finish;
        kernels().mean({a.data(), pixels, channels, channels, 7 + kInt8Offset, 0.11F, finish, out.data()});
        for (std::int64_t c = 0; c < channels; ++c) {
            std::int32_t sum = 0;
            for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
                sum += a[pixel * channels + c] - kInt8Offset - 7;
            ASSERT_EQ(out[c] - kInt8Offset, requantise(sum, 0.11F, to)) << "channel " << c;
        }
        kernels().product({a.data(), b.data(), channels, out.data(), pixels, channels, 3 + kInt8Offset,
                           -9 + kInt8Offset, 0.01F, finish});
        for (std::int64_t i = 0; i < pixels * channels; ++i) {
            const std::int32_t product = (a[i] - kInt8Offset - 3) * (b[i] - kInt8Offset + 9);
            ASSERT_EQ(out[i] - kInt8Offset, requantise(product, 0.01F, to)) << "value " << i;
        }
        const std::int32_t first = 1 << 20, second = 700'000, shift = 20;
        kernels().sum({a.data(), b.data(), out.data(), pixels * channels, first, second, 1 << (shift - 1),
                       shift, 3, 10, 240});
        for (std::int64_t i = 0; i < pixels * channels; ++i) {
            const std::int32_t sum = (a[i] * first + b[i] * second + (1 << (shift - 1))) >> shift;
            ASSERT_EQ(out[i], std::clamp(sum + 3, 10, 240)) << "value " << i;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(each, Int8Kernel, testing::Range<std::size_t>(0, all_int8_kernels().size()),
                         [](const auto& one) { return std::string(all_int8_kernels()[one.param].target); });

TEST(Int8Block, each_place_is_taken_once) {
    for (const std::int64_t lanes : {4, 8, 16}) {
        std::vector<bool> taken(static_cast<std::size_t>(2 * lanes), false);
        for (std::int64_t channel = 0; channel < 2 * lanes; ++channel)
            taken.at(static_cast<std::size_t>(place_in_block(channel, lanes))) = true;
        EXPECT_EQ(std::count(taken.begin(), taken.end(), true), 2 * lanes) << lanes;
    }
}

}  // namespace
}  // namespace mobilenet_cost

// The native engine's kernels on every instruction set of this processor, against plain loops, with buffers
// that end right before memory that must not be touched, or begin right behind it.

#include <cmath>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/native/conv.h"
#include "mobilenet_cost/engine/native/depthwise.h"

#include "native/guarded.h"

namespace mobilenet_cost {
namespace {

struct Case {
    Shape in;
    std::int64_t channels;
    Conv conv;
    Activation activation = Activation::none;
    int threads = 1;
};

Layer layer_of(const Case& one) {
    Layer layer{.kind = one.conv,
                .activation = one.activation,
                .inputs = {0, kNoTensor},
                .input = one.in,
                .output = {}};
    const Padding& pad = one.conv.padding;
    const Sides kernel = effective_kernel(one.conv);
    layer.output = {one.in.n, (one.in.h + pad.top + pad.bottom - kernel.h) / one.conv.stride.h + 1,
                    (one.in.w + pad.left + pad.right - kernel.w) / one.conv.stride.w + 1, one.channels};
    return layer;
}

double activate(Activation activation, double x) {
    const Finish finish = finish_of(activation);
    if (finish.sigmoid) return (finish.times_sum ? x : 1) / (1 + std::exp(-x));
    const double y =
        std::min<double>(std::max<double>(finish.slope * x + finish.offset, finish.low), finish.high);
    return finish.times_sum ? x * y : y;
}

/// One value of the output by plain loops: `filter` is (KH, KW, Ci/G, Co), `input` (n, h, w, pixel).
double expected(const Layer& layer, const Conv& conv, const float* input, std::int64_t pixel,
                const std::vector<float>& filter, std::int64_t index) {
    const Shape& out = layer.output;
    const std::int64_t o = index % out.c;
    const std::int64_t x0 = index / out.c % out.w * conv.stride.w - conv.padding.left;
    const std::int64_t y0 = index / (out.c * out.w) % out.h * conv.stride.h - conv.padding.top;
    const std::int64_t n = index / (out.c * out.w * out.h);
    const std::int64_t inputs = layer.input.c / conv.groups;
    const std::int64_t group = o / (out.c / conv.groups);
    double sum = 0.25;
    for (std::int64_t kh = 0; kh < conv.kernel.h; ++kh) {
        for (std::int64_t kw = 0; kw < conv.kernel.w; ++kw) {
            const std::int64_t y = y0 + kh * conv.dilation.h, x = x0 + kw * conv.dilation.w;
            if (y < 0 || y >= layer.input.h || x < 0 || x >= layer.input.w) continue;
            const float* values =
                input + ((n * layer.input.h + y) * layer.input.w + x) * pixel + group * inputs;
            for (std::int64_t i = 0; i < inputs; ++i)
                sum += static_cast<double>(values[i]) *
                       static_cast<double>(filter[static_cast<std::size_t>(
                           ((kh * conv.kernel.w + kw) * inputs + i) * out.c + o)]);
        }
    }
    return activate(layer.activation, sum);
}

class NativeKernels : public testing::TestWithParam<std::size_t> {
  protected:
    const ComputeKernels& kernels() const { return all_compute_kernels()[GetParam()]; }

    std::int64_t padded(std::int64_t channels) const {
        return divide_up(channels, kernels().lanes) * kernels().lanes;
    }

    std::vector<float> random_filter(const Layer& layer, const Conv& conv) {
        std::uniform_real_distribution<float> any(-1, 1);
        std::vector<float> filter(
            static_cast<std::size_t>(area(conv.kernel) * layer.input.c / conv.groups * layer.output.c));
        for (float& value : filter)
            value = any(random_);
        return filter;
    }

    void expect_output(const Layer& layer, const Conv& conv, const View& input,
                       const std::vector<float>& filter, const View& output) {
        const double length = static_cast<double>(area(conv.kernel) * layer.input.c / conv.groups);
        for (std::int64_t i = 0; i < element_count(layer.output); ++i) {
            const float value = output.values[i / layer.output.c * output.pixel + i % layer.output.c];
            ASSERT_NEAR(value, expected(layer, conv, input.values, input.pixel, filter, i),
                        1e-6 * (1 + length))
                << "value " << i;
        }
    }

    /// By a product of matrices; dense input, as a network's own is, or in whole vectors.
    void check_product(const Case& one, Guard guard, bool dense) {
        const Layer layer = layer_of(one);
        const std::int64_t pixel = dense ? one.in.c : padded(one.in.c);
        const std::int64_t out_pixel = padded(one.channels);
        NativeConv conv = plan_native_conv(layer, one.conv, {&kernels(), CoreModel(), one.threads, pixel});
        GuardedFloats input(one.in.n * one.in.h * one.in.w * pixel, guard);
        GuardedFloats output(layer.output.n * layer.output.h * layer.output.w * out_pixel, guard);
        GuardedFloats filter(packed_filter_size(conv), guard);
        GuardedFloats bias(out_pixel, guard);
        input.fill(random_);
        for (std::int64_t i = 0; i < out_pixel; ++i)
            bias[i] = 0.25F;
        const std::vector<float> values = random_filter(layer, one.conv);
        pack_filter(conv, values, filter.data());
        conv.filter = filter.data();
        conv.bias = bias.data();
        conv.input = {input.data(), pixel};
        conv.output = {output.data(), out_pixel};
        conv.finish = finish_of(one.activation);
        for (std::int64_t task = 0; task < task_count(conv); ++task)
            run_task(conv, task);
        expect_output(layer, one.conv, conv.input, values, conv.output);
    }

    void check_depthwise(const Case& one, Guard guard) {
        const Layer layer = layer_of(one);
        const std::int64_t pixel = padded(one.in.c);
        GuardedFloats input(one.in.n * one.in.h * one.in.w * pixel, guard);
        GuardedFloats output(layer.output.n * layer.output.h * layer.output.w * pixel, guard);
        GuardedFloats filter(packed_depthwise_size(one.conv, pixel), guard);
        GuardedFloats bias(pixel, guard);
        input.fill(random_);
        const std::vector<float> values = random_filter(layer, one.conv);
        pack_depthwise(one.conv, pixel, values, filter.data());
        for (std::int64_t i = 0; i < pixel; ++i)
            bias[i] = 0.25F;
        const StepViews views{{input.data(), pixel}, {}, {output.data(), pixel}};
        const NativeStep step =
            depthwise_step({&kernels(), one.threads},
                           plan_depthwise(kernels(), layer, one.conv, {filter.data(), bias.data()}), views);
        for (std::int64_t task = 0; task < step.tasks; ++task)
            step.run(task);
        expect_output(layer, one.conv, views.input, values, views.output);
    }

    std::mt19937 random_{1704};
};

std::string describe(const Case& one, Guard guard) {
    return std::to_string(one.in.n) + "x" + std::to_string(one.in.h) + "x" + std::to_string(one.in.w) + "x" +
           std::to_string(one.in.c) + " to " + std::to_string(one.channels) + ", kernel " +
           sides_text(one.conv.kernel) + ", stride " + sides_text(one.conv.stride) + ", dilation " +
           sides_text(one.conv.dilation) + ", groups " + std::to_string(one.conv.groups) + ", threads " +
           std::to_string(one.threads) + (guard == Guard::before ? ", guard before" : ", guard behind");
}

TEST_P(NativeKernels, products_stay_inside_their_buffers) {
    const Conv pointwise{.padding = {}};
    const Conv square{.kernel = 3, .padding = {1, 1, 1, 1}};
    const Conv halving{.kernel = 3, .stride = 2, .padding = {0, 1, 0, 1}};
    const std::vector<Case> cases = {
        {{1, 7, 7, 33}, 70, pointwise, Activation::relu6},
        {{1, 1, 1, 40}, 203, pointwise, Activation::hard_sigmoid},
        {{2, 5, 3, 8}, 8, pointwise, Activation::hard_swish, 3},
        {{1, 13, 21, 3}, 20, halving, Activation::relu},
        {{1, 13, 21, 3}, 8, {.kernel = 5, .stride = 2, .padding = {2, 2, 2, 2}}},
        {{2, 9, 6, 24}, 48, square, Activation::relu6, 2},
        {{1, 4, 4, 400}, 40, square},  // several chunks of segments
        {{1, 6, 5, 12}, 18, {.kernel = 3, .groups = 3, .padding = {1, 1, 1, 1}}},
        {{1, 11, 9, 6}, 18, {.kernel = 3, .dilation = 2, .padding = {2, 2, 2, 2}}, Activation::swish},
        {{1, 7, 16, 1}, 9, {.kernel = 3, .dilation = 4, .padding = {4, 4, 4, 4}}, Activation::sigmoid},
        {{2, 9, 12, 2}, 16, {.kernel = 5, .stride = 2, .dilation = 3, .padding = {4, 5, 6, 3}}},
    };
    for (const Case& one : cases) {
        for (const Guard guard : {Guard::before, Guard::behind}) {
            for (const bool dense : {false, true}) {
                SCOPED_TRACE(describe(one, guard));
                check_product(one, guard, dense);
            }
        }
    }
}

TEST_P(NativeKernels, depthwise_convolutions_stay_inside_their_buffers) {
    for (const std::int64_t kernel : {1, 3, 5, 7}) {
        for (const std::int64_t stride : {1, 2, 3}) {
            for (const auto& [width, channels] : {std::pair{1, 8}, {2, 17}, {7, 48}, {23, 40}}) {
                for (const Guard guard : {Guard::before, Guard::behind}) {
                    const std::int64_t half = kernel / 2;
                    const Case one{{2, 6, width, channels},
                                   channels,
                                   {.kernel = kernel,
                                    .stride = stride,
                                    .groups = channels,
                                    .padding = {half, half, half, half}},
                                   kernel == 5 ? Activation::hard_swish : Activation::relu6,
                                   guard == Guard::before ? 1 : 2};
                    SCOPED_TRACE(describe(one, guard));
                    check_depthwise(one, guard);
                }
            }
        }
    }
}

// Stride and dilation without a common factor and with one; filters larger than the map, or beyond its edge.
TEST_P(NativeKernels, dilated_depthwise_convolutions_stay_inside_their_buffers) {
    for (const std::int64_t kernel : {2, 3, 5}) {
        for (const std::int64_t stride : {1, 2, 3}) {
            for (const std::int64_t dilation : {2, 3, 4}) {
                for (const auto& [width, channels] : {std::pair{17, 8}, {23, 17}, {40, 48}}) {
                    const std::int64_t side = kernel == 2 ? 0 : (kernel - 1) * dilation / 2;
                    const Case one{{2, 18, width, channels},
                                   channels,
                                   {.kernel = kernel,
                                    .stride = stride,
                                    .dilation = dilation,
                                    .groups = channels,
                                    .padding = {side, side, side, side + 1}},
                                   kernel == 5 ? Activation::swish : Activation::relu6,
                                   dilation == 2 ? 1 : 2};
                    const Guard guard = stride == 2 ? Guard::before : Guard::behind;
                    SCOPED_TRACE(describe(one, guard));
                    check_depthwise(one, guard);
                }
            }
        }
    }
}

// exp(-x) is infinite from -89 on, and the sigmoid a denormal number.
TEST_P(NativeKernels, sigmoids_of_any_number_are_normal) {
    const std::vector<float> cases = {-1e30F,  -200, -104,  -90, -87, -20, -1,
                                      -1e-30F, 0,    1e-3F, 1,   20,  90,  1e30F};
    for (const bool times : {false, true}) {
        GuardedFloats values(kernels().lanes, Guard::behind);
        for (const float x : cases) {
            for (std::int64_t i = 0; i < kernels().lanes; ++i)
                values[i] = x;
            kernels().sigmoid({values.data(), 1, 0, kernels().lanes, times});
            const double exact =
                (times ? static_cast<double>(x) : 1) / (1 + std::exp(-static_cast<double>(x)));
            for (std::int64_t i = 0; i < kernels().lanes; ++i) {
                EXPECT_NEAR(values[i], exact, 4e-7 * std::abs(exact) + 2e-36) << x;
                EXPECT_NE(std::fpclassify(values[i]), FP_SUBNORMAL) << x;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(each, NativeKernels, testing::Range<std::size_t>(0, all_compute_kernels().size()),
                         [](const auto& one) {
                             return std::string(all_compute_kernels()[one.param].target);
                         });

// Pointers to the taps lie on the stack, whatever a model file asks for.
TEST(plan, more_taps_than_can_be_pointed_to_are_refused) {
    Layer layer;
    layer.input = {1, 64, 64, 4};
    layer.output = {1, 64, 64, 8};
    const NativeConvOptions options{&best_compute_kernels(), CoreModel(), 1, 4};
    Conv conv;
    conv.kernel = 45;  // 2025 taps
    EXPECT_EQ(plan_native_conv(layer, conv, options).segments, 45 * 45);
    conv.kernel = 64;
    EXPECT_THROW((void)plan_native_conv(layer, conv, options), Error);
}

TEST(blocking, a_cut_covers_all_channels_and_fits_the_registers) {
    for (const ComputeKernels& kernels : all_compute_kernels()) {
        for (const std::int64_t rows : {1, 2, 5, 49, 196, 12544}) {
            for (const std::int64_t vectors : {1, 2, 3, 4, 5, 8, 125}) {
                const PanelGroups groups = choose_panels(kernels, CoreModel(), rows, vectors, 64);
                std::int64_t covered = 0;
                for (const PanelGroup& group : groups) {
                    covered += group.count * group.vectors;
                    EXPECT_NE(kernels.gemm[static_cast<std::size_t>(group.vectors)]
                                          [static_cast<std::size_t>(group.rows)],
                              nullptr);
                }
                EXPECT_EQ(covered, vectors) << kernels.target << ", rows " << rows;
            }
        }
    }
}

// With 16 registers, 6 x 2 and 4 x 3 sums leave room for the panel and one broadcast value. Twelve sums in
// flight hide the latency of two pipes; one row of one vector would wait four cycles for each step.
TEST(blocking, many_sums_in_flight_are_cheaper_than_few) {
    const CoreModel core;
    const double one = tile_cycles(core, 1, {.lanes = 8, .vectors = 1, .depth = 256});
    const double twelve = tile_cycles(core, 6, {.lanes = 8, .vectors = 2, .depth = 256});
    EXPECT_LT(twelve, 2 * one);
    EXPECT_GT(one, 4 * 256);
}

}  // namespace
}  // namespace mobilenet_cost

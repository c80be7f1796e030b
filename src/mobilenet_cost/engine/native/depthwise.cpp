#include "mobilenet_cost/engine/native/depthwise.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {

namespace {

/// The steps between the rows under a filter lie on the stack.
constexpr std::int64_t kMostFilterRows = 255;

DepthwiseKernel depthwise_kernel(const ComputeKernels& kernels, const Conv& conv) {
    if (conv.kernel == 3 && conv.stride == 1) return kernels.depthwise_3x3_1;
    if (conv.kernel == 3 && conv.stride == 2) return kernels.depthwise_3x3_2;
    if (conv.kernel == 5 && conv.stride == 1) return kernels.depthwise_5x5_1;
    if (conv.kernel == 5 && conv.stride == 2) return kernels.depthwise_5x5_2;
    return kernels.depthwise_any;
}

/// A dilated filter sees, from one output, every `dilation`-th column only, and so do the outputs that many
/// columns further on: together they are a row of an ordinary convolution, whose pixels are that far apart.
/// Where stride and dilation have a common factor, each output is a row of its own.
void run_dilated(const NativeDepthwise& depthwise, const DepthwiseRow& whole) {
    const std::int64_t dilation = depthwise.conv.dilation.w;
    const bool alone = std::gcd(depthwise.conv.stride.w, dilation) > 1;
    const std::int64_t step = alone ? whole.out_width : dilation;
    for (std::int64_t x = 0; x < std::min(step, whole.out_width); ++x) {
        const std::int64_t left = whole.left + x * depthwise.conv.stride.w;
        const std::int64_t first = left >= 0 ? left : (left % dilation + dilation) % dilation;
        DepthwiseRow row = whole;
        row.left = (left - first) / dilation;
        row.input += first * whole.pixel;
        row.in_width = std::max<std::int64_t>(0, divide_up(whole.in_width - first, dilation));
        row.pixel = dilation * whole.pixel;
        row.out += x * whole.pixel;
        row.out_width = divide_up(whole.out_width - x, step);
        depthwise.kernel(row);
    }
}

}  // namespace

std::int64_t packed_depthwise_size(const Conv& conv, std::int64_t pixel) {
    return area(conv.kernel) * conv.dilation.w * pixel;
}

void pack_depthwise(const Conv& conv, std::int64_t pixel, const std::vector<float>& filter, float* packed) {
    const std::int64_t taps = area(conv.kernel);
    const std::int64_t channels = static_cast<std::int64_t>(filter.size()) / taps;
    for (std::int64_t tap = 0; tap < taps; ++tap)
        std::copy_n(filter.data() + tap * channels, channels, packed + tap * conv.dilation.w * pixel);
}

NativeDepthwise plan_depthwise(const ComputeKernels& kernels, const Layer& layer, const Conv& conv,
                               const ConvWeights& weights) {
    if (conv.kernel.h > kMostFilterRows)
        fail("native", "expected depthwise filters of at most " + std::to_string(kMostFilterRows) +
                           " rows, found " + std::to_string(conv.kernel.h));
    NativeDepthwise plan{depthwise_kernel(kernels, conv), layer.input, layer.output, conv, {}};
    plan.sigmoid = finish_of(layer.activation).sigmoid ? kernels.sigmoid : nullptr;
    plan.row.in_width = layer.input.w;
    plan.row.pixel = divide_up(layer.output.c, kernels.lanes) * kernels.lanes;
    plan.row.left = -conv.padding.left;
    plan.row.kernel = conv.kernel.w;
    plan.row.step = conv.stride.w;
    plan.row.weights = weights.filter;
    plan.row.bias = weights.bias;
    plan.row.out_width = layer.output.w;
    plan.row.finish = finish_of(layer.activation);
    return plan;
}

void run_row(const NativeDepthwise& depthwise, const ImageRows& in, std::int64_t y, const Range& channels,
             float* out) {
    const Conv& conv = depthwise.conv;
    const std::int64_t top = y * conv.stride.h - conv.padding.top;
    std::array<std::int64_t, kMostFilterRows> steps;
    DepthwiseRow row = depthwise.row;
    const auto under = [&](std::int64_t kh) { return in.at(top + kh * conv.dilation.h); };
    row.first = divide_up(std::max<std::int64_t>(0, -top), conv.dilation.h);
    row.last = std::min(conv.kernel.h, divide_up(depthwise.in.h - top, conv.dilation.h));
    row.input = row.first < row.last ? under(row.first) : in.values;
    const float* above = row.input;
    for (std::int64_t kh = row.first; kh < row.last; ++kh) {
        const float* const below = kh + 1 < row.last ? under(kh + 1) : above;
        steps[static_cast<std::size_t>(kh)] = below - above;
        above = below;
    }
    row.steps = steps.data();
    row.out = out;
    row.channel = channels.begin;
    row.channels = channels.end;
    if (conv.dilation.w == 1) {
        depthwise.kernel(row);
    } else {
        run_dilated(depthwise, row);
    }
    if (depthwise.sigmoid != nullptr)
        depthwise.sigmoid({out + channels.begin, row.out_width, row.pixel, channels.end - channels.begin,
                           row.finish.times_sum});
}

NativeStep depthwise_step(const StepOptions& options, const NativeDepthwise& depthwise,
                          const StepViews& views) {
    const Shape& out = depthwise.out;
    const std::int64_t rows = out.n * out.h;
    const std::int64_t wanted =
        wanted_tasks(options.threads, element_count(out) * area(depthwise.conv.kernel));
    const std::int64_t bands = std::min(rows, wanted);
    const std::int64_t grain = 2 * options.kernels->lanes;
    const std::int64_t parts = std::min(divide_up(wanted, bands), divide_up(depthwise.row.pixel, grain));
    const auto run = [=](std::int64_t task) {
        const Range band = part_of(rows, bands, task / parts);
        const Range channels = channel_range(depthwise.row.pixel, grain, parts, task % parts);
        const std::int64_t in_row = depthwise.in.w * depthwise.row.pixel;
        const std::int64_t out_row = out.w * depthwise.row.pixel;
        for (std::int64_t index = band.begin; index < band.end; ++index) {
            const std::int64_t image = index / out.h * depthwise.in.h * in_row;
            run_row(depthwise, {views.input.values + image, in_row, depthwise.in.h}, index % out.h, channels,
                    views.output.values + index * out_row);
        }
    };
    return {.tasks = bands * parts, .run = run};
}

std::string depthwise_name(const ComputeKernels& kernels, const Conv& conv) {
    const bool any = depthwise_kernel(kernels, conv) == kernels.depthwise_any;
    const std::string size = by_text(conv.kernel) + "_" + sides_text(conv.stride);
    const std::string dilated = conv.dilation != 1 ? "_dilated_" + sides_text(conv.dilation) : "";
    return "depthwise_" + (any ? "any" : size) + dilated + ":" + kernels.target;
}

}  // namespace mobilenet_cost

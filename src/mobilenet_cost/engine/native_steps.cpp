#include "mobilenet_cost/engine/native_steps.h"

#include <algorithm>
#include <limits>

namespace mobilenet_cost {

namespace {

/// Part i of a row of channels, in whole vectors (pairs of them where a kernel takes two at a time).
Range channel_range(std::int64_t pixel, std::int64_t grain, std::int64_t parts, std::int64_t i) {
    const Range grains = part_of(divide_up(pixel, grain), parts, i);
    return {grains.begin * grain, std::min(grains.end * grain, pixel)};
}

DepthwiseKernel depthwise_kernel(const ComputeKernels& kernels, const Conv& conv) {
    if (conv.kernel == 3 && conv.stride == 1) return kernels.depthwise_3x3_1;
    if (conv.kernel == 3 && conv.stride == 2) return kernels.depthwise_3x3_2;
    if (conv.kernel == 5 && conv.stride == 1) return kernels.depthwise_5x5_1;
    if (conv.kernel == 5 && conv.stride == 2) return kernels.depthwise_5x5_2;
    return kernels.depthwise_any;
}

/// Row `index` of the output, over all images; all channels.
DepthwiseRow depthwise_row(const Layer& layer, const Conv& conv, const StepViews& views,
                           const DepthwiseWeights& weights, std::int64_t index) {
    DepthwiseRow row;
    row.pixel = views.input.pixel;
    row.in_height = layer.input.h;
    row.in_width = layer.input.w;
    row.image = views.input.values + index / layer.output.h * layer.input.h * layer.input.w * row.pixel;
    row.top = index % layer.output.h * conv.stride - conv.padding.top;
    row.left = -conv.padding.left;
    row.kernel = conv.kernel;
    row.step = conv.stride;
    row.weights = weights.filter;
    row.bias = weights.bias;
    row.out = views.output.values + index * layer.output.w * row.pixel;
    row.out_width = layer.output.w;
    row.channels = row.pixel;
    row.finish = finish_of(layer.activation);
    return row;
}

/// Pixels of a sum or product in about as many parts as asked for, none of them across two images.
NativeStep pair_step(const StepOptions& options, const Layer& layer, const StepViews& views,
                     PairKernel kernel, bool gate) {
    const std::int64_t image = layer.output.h * layer.output.w;
    const std::int64_t wanted = wanted_tasks(options.threads, element_count(layer.output));
    const std::int64_t parts = std::min(image, divide_up(wanted, layer.output.n));
    PairTask whole{.channels = views.output.pixel, .finish = finish_of(layer.activation)};
    const auto run = [=](std::int64_t task) {
        const Range pixels = part_of(image, parts, task % parts);
        const std::int64_t first = (task / parts * image + pixels.begin) * whole.channels;
        PairTask part = whole;
        part.a = views.input.values + first;
        part.b = views.second.values + (gate ? task / parts * whole.channels : first);
        part.out = views.output.values + first;
        part.pixels = pixels.end - pixels.begin;
        kernel(part);
    };
    return {.layer = 0, .tasks = layer.output.n * parts, .run = run};
}

}  // namespace

NativeStep depthwise_step(const StepOptions& options, const Layer& layer, const Conv& conv,
                          const StepViews& views, const DepthwiseWeights& weights) {
    const DepthwiseKernel kernel = depthwise_kernel(*options.kernels, conv);
    const std::int64_t rows = layer.output.n * layer.output.h;
    const std::int64_t wanted =
        wanted_tasks(options.threads, element_count(layer.output) * conv.kernel * conv.kernel);
    const std::int64_t bands = std::min(rows, wanted);
    const std::int64_t grain = 2 * options.kernels->lanes;
    const std::int64_t parts = std::min(divide_up(wanted, bands), divide_up(views.input.pixel, grain));
    const auto run = [=](std::int64_t task) {
        const Range band = part_of(rows, bands, task / parts);
        const Range channels = channel_range(views.input.pixel, grain, parts, task % parts);
        for (std::int64_t index = band.begin; index < band.end; ++index) {
            DepthwiseRow row = depthwise_row(layer, conv, views, weights, index);
            row.image += channels.begin;
            row.weights += channels.begin;
            row.bias += channels.begin;
            row.out += channels.begin;
            row.channels = channels.end - channels.begin;
            kernel(row);
        }
    };
    return {.layer = 0, .tasks = bands * parts, .run = run};
}

NativeStep pool_step(const StepOptions& options, const Layer& layer, const StepViews& views) {
    const std::int64_t pixel = views.input.pixel;
    const std::int64_t grain = options.kernels->lanes;
    const std::int64_t wanted = wanted_tasks(options.threads, element_count(layer.input));
    const std::int64_t parts = std::min(divide_up(pixel, grain), divide_up(wanted, layer.input.n));
    const MeanKernel kernel = options.kernels->mean;
    const auto run = [=](std::int64_t task) {
        const Range channels = channel_range(pixel, grain, parts, task % parts);
        const std::int64_t image = task / parts;
        MeanTask part;
        part.pixels = layer.input.h * layer.input.w;
        part.in = views.input.values + image * part.pixels * pixel + channels.begin;
        part.stride = pixel;
        part.channels = channels.end - channels.begin;
        part.out = views.output.values + image * pixel + channels.begin;
        part.finish = finish_of(layer.activation);
        kernel(part);
    };
    return {.layer = 0, .tasks = layer.input.n * parts, .run = run};
}

NativeStep sum_step(const StepOptions& options, const Layer& layer, const StepViews& views) {
    return pair_step(options, layer, views, options.kernels->add, false);
}

NativeStep product_step(const StepOptions& options, const Layer& layer, const StepViews& views) {
    return pair_step(options, layer, views, options.kernels->scale, true);
}

NativeStep spread_step(const Shape& shape, const View& input, const View& output) {
    const auto run = [=](std::int64_t) {
        for (std::int64_t pixel = 0; pixel < shape.n * shape.h * shape.w; ++pixel)
            std::copy_n(input.values + pixel * input.pixel, shape.c, output.values + pixel * output.pixel);
    };
    return {.layer = 0, .tasks = 1, .run = run};
}

// hard_sigmoid(x) = relu6(x + 3) / 6 = clamp(x / 6 + 1/2, 0, 1), and hard_swish is x times that.
Finish finish_of(Activation activation) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    switch (activation) {
        case Activation::none:
            break;
        case Activation::relu:
            return {.low = 0, .high = kInfinity};
        case Activation::relu6:
            return {.low = 0, .high = 6};
        case Activation::hard_swish:
            return {1.0F / 6, 0.5F, 0, 1, true, true};
        case Activation::hard_sigmoid:
            return {1.0F / 6, 0.5F, 0, 1, true, false};
    }
    return {.low = -kInfinity, .high = kInfinity};
}

std::string depthwise_name(const StepOptions& options, const Conv& conv) {
    const bool any = depthwise_kernel(*options.kernels, conv) == options.kernels->depthwise_any;
    const std::string size =
        std::to_string(conv.kernel) + "x" + std::to_string(conv.kernel) + "_" + std::to_string(conv.stride);
    return "depthwise_" + (any ? "any" : size) + ":" + options.kernels->target;
}

}  // namespace mobilenet_cost

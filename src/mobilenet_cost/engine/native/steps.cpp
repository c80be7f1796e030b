#include "mobilenet_cost/engine/native/steps.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mobilenet_cost {

// Every layer takes some time: an entry of 0 means that it has no kernel.
void PartTimes::share(std::int64_t spent, std::span<std::int64_t> entries) {
    double sum = 0;
    for (const std::int64_t part : nanoseconds)
        sum += static_cast<double>(part + 1);
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const double fraction = static_cast<double>(nanoseconds[i].exchange(0) + 1) / sum;
        entries[layers[i]] += std::max<std::int64_t>(1, std::llround(fraction * static_cast<double>(spent)));
    }
}

NativeStep pool_step(const StepOptions& options, const Layer& layer, const StepViews& views) {
    const std::int64_t pixel = views.input.pixel;
    const std::int64_t grain = options.kernels->lanes;
    const std::int64_t wanted = wanted_tasks(options.threads, element_count(layer.input));
    const std::int64_t parts = std::min(divide_up(pixel, grain), divide_up(wanted, layer.input.n));
    const ComputeKernels* const kernels = options.kernels;
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
        kernels->mean(part);
        finish_rows(*kernels, part.finish, {part.out, 1, pixel, part.channels});
    };
    return {.tasks = layer.input.n * parts, .run = run};
}

// Pixels in about as many parts as asked for, none of them across two images.
NativeStep pair_step(const StepOptions& options, const Layer& layer, const StepViews& views) {
    const bool gate = std::holds_alternative<Scale>(layer.kind);
    const ComputeKernels* const kernels = options.kernels;
    const PairKernel kernel = gate ? kernels->scale : kernels->add;
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
        finish_rows(*kernels, part.finish, {part.out, part.pixels, part.channels, part.channels});
    };
    return {.tasks = layer.output.n * parts, .run = run};
}

NativeStep spread_step(const Shape& shape, const View& input, const View& output) {
    const auto run = [=](std::int64_t) {
        for (std::int64_t pixel = 0; pixel < shape.n * shape.h * shape.w; ++pixel)
            std::copy_n(input.values + pixel * input.pixel, shape.c, output.values + pixel * output.pixel);
    };
    return {.tasks = 1, .run = run};
}

NativeStep repeat_step(const StepOptions& options, const Layer& layer, const View& input,
                       const View& output) {
    const std::int64_t pixels = layer.input.n * layer.input.h * layer.input.w;
    const std::int64_t parts = std::min(pixels, wanted_tasks(options.threads, pixels * layer.output.c));
    const std::int64_t times = depth_multiplier(layer);
    const std::int64_t channels = layer.input.c;
    const auto run = [=](std::int64_t task) {
        const Range part = part_of(pixels, parts, task);
        for (std::int64_t pixel = part.begin; pixel < part.end; ++pixel) {
            float* to = output.values + pixel * output.pixel;
            for (std::int64_t c = 0; c < channels; ++c)
                to = std::fill_n(to, times, input.values[pixel * input.pixel + c]);
        }
    };
    return {.tasks = parts, .run = run};
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
        case Activation::swish:
            return {.low = -kInfinity, .high = kInfinity, .times_sum = true, .sigmoid = true};
        case Activation::sigmoid:
            return {.low = -kInfinity, .high = kInfinity, .sigmoid = true};
        case Activation::leaky_relu:
        case Activation::prelu:
        case Activation::gelu:
            break;  // layers of their own
    }
    return {.low = -kInfinity, .high = kInfinity};
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/engine/native/int8/steps.h"

#include <algorithm>

namespace mobilenet_cost {

namespace {

constexpr std::int32_t kOffset = -kLowestInt8;

/// Pixels of all images in parts.
template <typename Run>
NativeStep pixel_step(const Int8Options& options, const Layer& layer, const Run& run) {
    const std::int64_t pixels = layer.output.n * layer.output.h * layer.output.w;
    const std::int64_t parts = std::min(pixels, wanted_tasks(options.threads, element_count(layer.output)));
    return {.tasks = parts, .run = [=](std::int64_t task) { run(part_of(pixels, parts, task)); }};
}

}  // namespace

Int8Output::Int8Output(const Requantisation& from)
    : finish{.low = static_cast<float>(from.low - from.zero_point),
             .high = static_cast<float>(from.high - from.zero_point),
             .zero_point = from.zero_point + kOffset},
      low(from.low + kOffset),
      high(from.high + kOffset),
      has_table(from.table.has_value()) {
    if (!has_table) return;
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = static_cast<std::uint8_t>((*from.table)[i] + kOffset);
}

void Int8Output::look_up(std::uint8_t* values, std::int64_t rows, std::int64_t stride,
                         std::int64_t channels) const {
    if (!has_table) return;
    for (std::int64_t row = 0; row < rows; ++row, values += stride) {
        for (std::int64_t c = 0; c < channels; ++c)
            values[c] = table[values[c]];
    }
}

NativeStep int8_pool_step(const Int8Options& options, const Layer& layer, const QuantisedLayer& quantised,
                          const Int8Views& views) {
    const Int8Output output(quantised.output);
    const std::int64_t pixel = views.input.pixel;
    Int8Mean whole{.pixels = layer.input.h * layer.input.w,
                   .stride = pixel,
                   .zero_point = quantised.first_zero + kOffset,
                   .factor = quantised.factors[0],
                   .finish = output.finish};
    const std::int64_t grain = options.kernels->lanes;
    const std::int64_t wanted = wanted_tasks(options.threads, element_count(layer.input));
    const std::int64_t parts = std::min(divide_up(pixel, grain), divide_up(wanted, layer.input.n));
    const auto run = [=, kernel = options.kernels->mean](std::int64_t task) {
        const Range channels = channel_range(pixel, grain, parts, task % parts);
        const std::int64_t image = task / parts;
        Int8Mean part = whole;
        part.in = views.input.values + image * part.pixels * pixel + channels.begin;
        part.channels = channels.end - channels.begin;
        part.out = views.output.values + image * pixel + channels.begin;
        kernel(part);
        output.look_up(part.out, 1, pixel, part.channels);
    };
    return {.tasks = layer.input.n * parts, .run = run};
}

NativeStep int8_sum_step(const Int8Options& options, const Layer& layer, const QuantisedLayer& quantised,
                         const Int8Views& views) {
    const Int8Output output(quantised.output);
    const SumFactors& sum = quantised.sum;
    const std::int64_t pixel = views.output.pixel;
    const Int8Sum whole{.first = sum.first,
                        .second = sum.second,
                        .bias = (1 << (sum.shift - 1)) - (quantised.first_zero + kOffset) * sum.first -
                                (quantised.second_zero + kOffset) * sum.second,
                        .shift = sum.shift,
                        .zero_point = output.finish.zero_point,
                        .low = output.low,
                        .high = output.high};
    return pixel_step(options, layer, [=, kernel = options.kernels->sum](const Range& pixels) {
        Int8Sum part = whole;
        part.a = views.input.values + pixels.begin * pixel;
        part.b = views.second.values + pixels.begin * pixel;
        part.out = views.output.values + pixels.begin * pixel;
        part.count = (pixels.end - pixels.begin) * pixel;
        kernel(part);
        output.look_up(part.out, 1, part.count, part.count);
    });
}

NativeStep int8_product_step(const Int8Options& options, const Layer& layer, const QuantisedLayer& quantised,
                             const Int8Views& views) {
    const Int8Output output(quantised.output);
    const bool by_value = std::get<Scale>(layer.kind).by_value;
    const std::int64_t pixel = views.output.pixel;
    const std::int64_t image = layer.output.h * layer.output.w;
    const Int8Product whole{.b_stride = by_value ? pixel : 0,
                            .channels = pixel,
                            .first_zero = quantised.first_zero + kOffset,
                            .second_zero = quantised.second_zero + kOffset,
                            .factor = quantised.factors[0],
                            .finish = output.finish};
    return pixel_step(options, layer, [=, kernel = options.kernels->product](const Range& pixels) {
        for (std::int64_t begin = pixels.begin; begin < pixels.end;) {  // a gate belongs to one image
            const std::int64_t end =
                by_value ? pixels.end : std::min(pixels.end, (begin / image + 1) * image);
            Int8Product part = whole;
            part.a = views.input.values + begin * pixel;
            part.b = views.second.values + (by_value ? begin : begin / image) * pixel;
            part.out = views.output.values + begin * pixel;
            part.pixels = end - begin;
            kernel(part);
            output.look_up(part.out, part.pixels, pixel, pixel);
            begin = end;
        }
    });
}

NativeStep int8_table_step(const Int8Options& options, const Layer& layer, const QuantisedLayer& quantised,
                           const Int8Views& views) {
    const Int8Output output(quantised.output);
    const std::int64_t pixel = views.output.pixel;
    return pixel_step(options, layer, [=](const Range& pixels) {
        const std::int64_t count = (pixels.end - pixels.begin) * pixel;
        std::uint8_t* const to = views.output.values + pixels.begin * pixel;
        if (const std::uint8_t* const from = views.input.values + pixels.begin * pixel; from != to)
            std::copy_n(from, count, to);
        output.look_up(to, 1, count, count);
    });
}

NativeStep int8_spread_step(const Shape& shape, const Int8View& input, const Int8View& output) {
    const auto run = [=](std::int64_t) {
        for (std::int64_t pixel = 0; pixel < shape.n * shape.h * shape.w; ++pixel)
            std::copy_n(input.values + pixel * input.pixel, shape.c, output.values + pixel * output.pixel);
    };
    return {.tasks = 1, .run = run};
}

Int8Scratch::Int8Scratch(int threads, std::int64_t bytes)
    : threads_(threads),
      bytes_(bytes),
      taken_(std::make_unique<std::atomic<bool>[]>(static_cast<std::size_t>(threads))) {}

}  // namespace mobilenet_cost

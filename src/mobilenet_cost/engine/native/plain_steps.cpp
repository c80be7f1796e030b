#include "mobilenet_cost/engine/native/plain_steps.h"

#include <algorithm>
#include <limits>

namespace mobilenet_cost {
namespace {

/// One row of the output, (w, pixel), and where it is.
struct Row {
    std::int64_t n = 0;
    std::int64_t h = 0;
    float* values = nullptr;
    std::int64_t pixel = 0;
};

const float* pixel_of(const View& view, const Shape& shape, std::int64_t n, std::int64_t h, std::int64_t w) {
    return view.values + ((n * shape.h + h) * shape.w + w) * view.pixel;
}

/// In place, over values that count and those that pad alike.
void activate(const ComputeKernels& kernels, Activation activation, const Row& row, std::int64_t width) {
    const Finish finish = finish_of(activation);
    const auto each = [&](auto compute) {
        std::transform(row.values, row.values + width * row.pixel, row.values, compute);
    };
    switch (activation) {
        case Activation::relu:
        case Activation::relu6:
            return each([=](float x) { return std::min(std::max(x, finish.low), finish.high); });
        case Activation::hard_sigmoid:
            return each([](float x) { return std::min(std::max(x / 6 + 0.5F, 0.0F), 1.0F); });
        case Activation::hard_swish:
            return each([](float x) { return x * std::min(std::max(x / 6 + 0.5F, 0.0F), 1.0F); });
        default:
            return finish_rows(kernels, finish, {row.values, width, row.pixel, row.pixel});
    }
}

/// Fills a row of one kind of layer, without its activation.
struct FillRow {
    const Layer& layer;
    const PlainViews& views;
    const LayerWeights& weights;
    const Row& row;

    [[nodiscard]] float* out(std::int64_t w) const { return row.values + w * row.pixel; }
    [[nodiscard]] const float* in(std::int64_t h, std::int64_t w) const {
        return pixel_of(views.inputs[0], layer.input, row.n, h, w);
    }

    template <typename Fill>
    void for_each_pixel(const Fill& fill) const {
        for (std::int64_t w = 0; w < layer.output.w; ++w)
            fill(w, out(w));
    }

    void copy(const View& view, const Shape& shape, std::int64_t from, std::int64_t to,
              std::int64_t count) const {
        for_each_pixel([&](std::int64_t w, float* pixel) {
            std::copy_n(pixel_of(view, shape, row.n, row.h, w) + from, count, pixel + to);
        });
    }

    void operator()(const WindowPool& pool) const {
        const bool largest = pool.rule == WindowPool::Rule::max;
        const std::int64_t channels = layer.output.c;
        const std::int64_t top = row.h * pool.stride - pool.padding.top;
        for_each_pixel([&](std::int64_t w, float* pixel) {
            const std::int64_t left = w * pool.stride - pool.padding.left;
            std::fill_n(pixel, channels, largest ? -std::numeric_limits<float>::infinity() : 0.0F);
            std::int64_t count = 0;
            for (std::int64_t y = std::max<std::int64_t>(top, 0);
                 y < std::min(top + pool.kernel, layer.input.h); ++y) {
                for (std::int64_t x = std::max<std::int64_t>(left, 0);
                     x < std::min(left + pool.kernel, layer.input.w); ++x, ++count) {
                    const float* const values = in(y, x);
                    for (std::int64_t c = 0; c < channels; ++c)
                        pixel[c] = largest ? std::max(pixel[c], values[c]) : pixel[c] + values[c];
                }
            }
            for (std::int64_t c = 0; c < channels && !largest; ++c)
                pixel[c] /= static_cast<float>(count);
        });
    }

    void operator()(const Concat&) const {
        std::int64_t channel = 0;
        for (std::size_t i = 0; i < views.inputs.size(); ++i) {
            copy(views.inputs[i], views.shapes[i], 0, channel, views.shapes[i].c);
            channel += views.shapes[i].c;
        }
    }

    void operator()(const Slice& slice) const {
        copy(views.inputs[0], layer.input, slice.begin, 0, layer.output.c);
    }

    void operator()(const Resize& resize) const {
        if (resize.rule == Resize::Rule::nearest) {
            const std::int64_t y = row.h * layer.input.h / layer.output.h;
            return for_each_pixel([&](std::int64_t w, float* pixel) {
                std::copy_n(in(y, w * layer.input.w / layer.output.w), layer.output.c, pixel);
            });
        }
        const Between y = between(row.h, layer.input.h, layer.output.h);
        for_each_pixel([&](std::int64_t w, float* pixel) {
            const Between x = between(w, layer.input.w, layer.output.w);
            const float* const a = in(y.first, x.first);
            const float* const b = in(y.first, x.second);
            const float* const c = in(y.second, x.first);
            const float* const d = in(y.second, x.second);
            for (std::int64_t i = 0; i < layer.output.c; ++i) {
                const float above = a[i] + (b[i] - a[i]) * x.part;
                const float below = c[i] + (d[i] - c[i]) * x.part;
                pixel[i] = above + (below - above) * y.part;
            }
        });
    }

    void operator()(const ChannelShuffle& shuffle) const {
        const std::int64_t size = layer.input.c / shuffle.groups;
        for_each_pixel([&](std::int64_t w, float* pixel) {
            const float* const values = in(row.h, w);
            for (std::int64_t g = 0; g < shuffle.groups; ++g) {
                for (std::int64_t i = 0; i < size; ++i)
                    pixel[i * shuffle.groups + g] = values[g * size + i];
            }
        });
    }

    void operator()(const BatchNorm&) const {
        const float* const factor = weights.filter.data();
        const float* const bias = weights.bias.data();
        for_each_pixel([&](std::int64_t w, float* pixel) {
            const float* const values = in(row.h, w);
            for (std::int64_t c = 0; c < layer.output.c; ++c)
                pixel[c] = values[c] * factor[c] + bias[c];
        });
    }

    void operator()(const Activate&) const { copy(views.inputs[0], layer.input, 0, 0, layer.output.c); }

    /// Value by value; a gate has a kernel of its own.
    void operator()(const Scale&) const {
        for_each_pixel([&](std::int64_t w, float* pixel) {
            const float* const a = in(row.h, w);
            const float* const b = pixel_of(views.inputs[1], layer.input, row.n, row.h, w);
            for (std::int64_t c = 0; c < layer.output.c; ++c)
                pixel[c] = a[c] * b[c];
        });
    }

    void operator()(const Conv&) const {}
    void operator()(const GlobalPool&) const {}
    void operator()(const Add&) const {}

  private:
    /// Two neighbours of an output's centre, by PyTorch's rule for half pixels.
    struct Between {
        std::int64_t first = 0;
        std::int64_t second = 0;
        float part = 0;
    };

    static Between between(std::int64_t i, std::int64_t in, std::int64_t out) {
        const double scale = static_cast<double>(in) / static_cast<double>(out);
        const double centre = std::max(0.0, (static_cast<double>(i) + 0.5) * scale - 0.5);
        const auto first = std::min(static_cast<std::int64_t>(centre), in - 1);
        return {first, std::min(first + 1, in - 1), static_cast<float>(centre - static_cast<double>(first))};
    }
};

}  // namespace

NativeStep plain_step(const StepOptions& options, const Layer& layer, const PlainViews& views,
                      const LayerWeights& weights) {
    const std::int64_t rows = layer.output.n * layer.output.h;
    const std::int64_t parts = std::min(rows, wanted_tasks(options.threads, element_count(layer.output)));
    const ComputeKernels* const kernels = options.kernels;
    const auto run = [=, weights = &weights](std::int64_t task) {
        const Range part = part_of(rows, parts, task);
        for (std::int64_t i = part.begin; i < part.end; ++i) {
            const Row row{i / layer.output.h, i % layer.output.h,
                          views.output.values + i * layer.output.w * views.output.pixel, views.output.pixel};
            std::visit(FillRow{layer, views, *weights, row}, layer.kind);
            activate(*kernels, layer.activation, row, layer.output.w);
        }
    };
    return {.tasks = parts, .run = run};
}

}  // namespace mobilenet_cost

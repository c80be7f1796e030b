#include "mobilenet_cost/engine/native/plain_steps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

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

/// In place, over values that count and those that pad alike. `slope`: of a leaky ReLU.
void activate(const ComputeKernels& kernels, Activation activation, float slope, const Row& row,
              std::int64_t width) {
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
        case Activation::leaky_relu:
            return each([=](float x) { return std::max(x, 0.0F) + slope * std::min(x, 0.0F); });
        case Activation::gelu:
            return each([](float x) {
                return x * 0.5F * (1 + std::erf(x * static_cast<float>(std::numbers::sqrt2 / 2)));
            });
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
        const std::int64_t top = row.h * pool.stride.h - pool.padding.top;
        for_each_pixel([&](std::int64_t w, float* pixel) {
            const std::int64_t left = w * pool.stride.w - pool.padding.left;
            std::fill_n(pixel, channels, largest ? -std::numeric_limits<float>::infinity() : 0.0F);
            std::int64_t count = 0;
            for (std::int64_t y = std::max<std::int64_t>(top, 0);
                 y < std::min(top + pool.kernel.h, layer.input.h); ++y) {
                for (std::int64_t x = std::max<std::int64_t>(left, 0);
                     x < std::min(left + pool.kernel.w, layer.input.w); ++x, ++count) {
                    const float* const values = in(y, x);
                    for (std::int64_t c = 0; c < channels; ++c)
                        pixel[c] = largest ? std::max(pixel[c], values[c]) : pixel[c] + values[c];
                }
            }
            if (pool.counts_padding) count = area(pool.kernel);
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

    void operator()(const ByChannel& by_channel) const {
        const float* const own = weights.filter.data();
        const float* const bias = weights.bias.data();
        const auto each = [&](const auto& compute) {
            for_each_pixel([&](std::int64_t w, float* pixel) {
                const float* const values = in(row.h, w);
                for (std::int64_t c = 0; c < layer.output.c; ++c)
                    pixel[c] = compute(values[c], c);
            });
        };
        switch (by_channel.rule) {
            case ByChannel::Rule::batch_norm:
                return each([=](float x, std::int64_t c) { return x * own[c] + bias[c]; });
            case ByChannel::Rule::scale:
                return each([=](float x, std::int64_t c) { return x * own[c]; });
            case ByChannel::Rule::prelu:
                // Without a branch, which signs would mislead at every other value.
                return each(
                    [=](float x, std::int64_t c) { return std::max(x, 0.0F) + own[c] * std::min(x, 0.0F); });
        }
    }

    void operator()(const Pad& pad) const {
        const std::int64_t y = row.h - pad.padding.top;
        for_each_pixel([&](std::int64_t w, float* pixel) {
            const std::int64_t x = w - pad.padding.left;
            std::fill_n(pixel, layer.output.c, 0.0F);
            if (y < 0 || y >= layer.input.h || x < 0 || x >= layer.input.w) return;
            std::copy_n(in(y, x), layer.input.c, pixel + pad.channels_before);
        });
    }

    void operator()(const Softmax&) const {
        for_each_pixel([&](std::int64_t w, float* pixel) {
            const float* const values = in(row.h, w);
            const float most = *std::max_element(values, values + layer.output.c);
            float sum = 0;
            for (std::int64_t c = 0; c < layer.output.c; ++c)
                sum += pixel[c] = std::exp(values[c] - most);
            for (std::int64_t c = 0; c < layer.output.c; ++c)
                pixel[c] /= sum;
        });
    }

    /// A row of the output is a pixel's heads, or a row of pixels with all their heads.
    void operator()(const MatMul& matmul) const {
        const Shape& matrix = views.shapes[1];
        const auto values = [&](std::int64_t pixel) {
            return views.inputs[1].values + (row.n * matrix.h * matrix.w + pixel) * views.inputs[1].pixel;
        };
        for_each_pixel([&](std::int64_t w, float* pixel) {
            if (matmul.transposed) {
                const float* const query =
                    in(row.h / layer.input.w, row.h % layer.input.w) + w * matmul.depth;
                for (std::int64_t c = 0; c < layer.output.c; ++c)
                    pixel[c] = dot(query, values(c), matmul.depth) * matmul.factor;
                return;
            }
            std::fill_n(pixel, layer.output.c, 0.0F);
            for (std::int64_t head = 0; head < matmul.heads; ++head) {
                const float* const parts = in(row.h * layer.output.w + w, head);
                float* const sums = pixel + head * matrix.c;
                for (std::int64_t i = 0; i < matmul.depth; ++i) {
                    const float* const value = values(i);
                    for (std::int64_t c = 0; c < matrix.c; ++c)
                        sums[c] += parts[i] * value[c];
                }
                for (std::int64_t c = 0; c < matrix.c; ++c)
                    sums[c] *= matmul.factor;
            }
        });
    }

    void operator()(const TransposedConv& conv) const {
        const std::int64_t channels = layer.output.c;
        for_each_pixel([&](std::int64_t w, float* pixel) {
            std::copy_n(weights.bias.data(), channels, pixel);
            for (std::int64_t tap = 0; tap < area(conv.kernel); ++tap) {
                const std::int64_t y = row.h + conv.padding.top - tap / conv.kernel.w;
                const std::int64_t x = w + conv.padding.left - tap % conv.kernel.w;
                const bool between = y < 0 || x < 0 || y % conv.stride.h != 0 || x % conv.stride.w != 0;
                if (between || y / conv.stride.h >= layer.input.h || x / conv.stride.w >= layer.input.w)
                    continue;
                const float* const values = in(y / conv.stride.h, x / conv.stride.w);
                const float* filter = weights.filter.data() + tap * layer.input.c * channels;
                for (std::int64_t i = 0; i < layer.input.c; ++i, filter += channels) {
                    for (std::int64_t c = 0; c < channels; ++c)
                        pixel[c] += values[i] * filter[c];
                }
            }
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

    void operator()(const Operation& op) const {
        if (is_join(layer)) return join();
        const auto function = op.what().function;
        for_each_pixel([&](std::int64_t w, float* pixel) {
            const float* const values = in(row.h, w);
            for (std::int64_t c = 0; c < layer.output.c; ++c)
                pixel[c] = static_cast<float>(function(values[c], op.numbers));
        });
    }

    void operator()(const Conv&) const {}
    void operator()(const GlobalPool&) const {}
    void operator()(const Add&) const {}
    void operator()(const Unknown&) const {}

  private:
    /// Those values of all inputs, one behind the other, that are this row's.
    void join() const {
        const std::int64_t channels = layer.output.c;
        const std::int64_t size = layer.output.w * channels;
        std::int64_t place = -row.h * size;
        for (std::size_t i = 0; i < views.inputs.size(); ++i) {
            const Shape& shape = views.shapes[i];
            for (std::int64_t y = 0; y < shape.h; ++y) {
                for (std::int64_t x = 0; x < shape.w; ++x) {
                    const float* const values = pixel_of(views.inputs[i], shape, row.n, y, x);
                    for (std::int64_t c = 0; c < shape.c; ++c, ++place)
                        if (place >= 0 && place < size) out(place / channels)[place % channels] = values[c];
                }
            }
        }
    }

    /// Sums side by side, which the compiler can vectorise.
    static float dot(const float* a, const float* b, std::int64_t count) {
        constexpr std::int64_t kSums = 16;
        std::array<float, kSums> sums{};
        std::int64_t i = 0;
        for (; i + kSums <= count; i += kSums) {
            for (std::int64_t k = 0; k < kSums; ++k)
                sums[static_cast<std::size_t>(k)] += a[i + k] * b[i + k];
        }
        for (; i < count; ++i)
            sums[0] += a[i] * b[i];
        return std::accumulate(sums.begin(), sums.end(), 0.0F);
    }

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
    const std::int64_t work = std::max(element_count(layer.output), layer_cost(layer).macs);
    const std::int64_t parts = std::min(rows, wanted_tasks(options.threads, work));
    const ComputeKernels* const kernels = options.kernels;
    const auto* const own = std::get_if<Activate>(&layer.kind);
    const float slope = own == nullptr ? 0 : own->slope;
    const auto run = [=, weights = &weights](std::int64_t task) {
        const Range part = part_of(rows, parts, task);
        for (std::int64_t i = part.begin; i < part.end; ++i) {
            const Row row{i / layer.output.h, i % layer.output.h,
                          views.output.values + i * layer.output.w * views.output.pixel, views.output.pixel};
            std::visit(FillRow{layer, views, *weights, row}, layer.kind);
            activate(*kernels, layer.activation, slope, row, layer.output.w);
        }
    };
    return {.tasks = parts, .run = run};
}

}  // namespace mobilenet_cost

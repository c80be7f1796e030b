#include "mobilenet_cost/engine/reference_loops.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace mobilenet_cost {

namespace {

/// One channel of one window: what lies outside the map does not count.
double window_value(const Layer& layer, const WindowPool& pool, const float* image, std::int64_t h,
                    std::int64_t w, std::int64_t c) {
    double sum = 0;
    double largest = -std::numeric_limits<double>::infinity();
    std::int64_t count = 0;
    for (std::int64_t kh = 0; kh < pool.kernel.h; ++kh) {
        const std::int64_t y = h * pool.stride.h - pool.padding.top + kh;
        if (y < 0 || y >= layer.input.h) continue;
        for (std::int64_t kw = 0; kw < pool.kernel.w; ++kw) {
            const std::int64_t x = w * pool.stride.w - pool.padding.left + kw;
            if (x < 0 || x >= layer.input.w) continue;
            const double value = image[(y * layer.input.w + x) * layer.input.c + c];
            sum += value;
            largest = std::max(largest, value);
            ++count;
        }
    }
    if (pool.rule == WindowPool::Rule::max) return largest;
    return sum / static_cast<double>(pool.counts_padding ? area(pool.kernel) : count);
}

}  // namespace

void run_window_pool(const Layer& layer, const WindowPool& pool, const float* in, float* out) {
    for_each_pixel(layer.output, out, [&](std::int64_t n, std::int64_t h, std::int64_t w, float* pixel) {
        for (std::int64_t c = 0; c < layer.output.c; ++c)
            pixel[c] = static_cast<float>(activate(
                layer.activation, window_value(layer, pool, in + offset(layer.input, n, 0, 0), h, w, c)));
    });
}

void copy_channels(const Shape& shape, const float* in, std::int64_t from_channel, const Shape& to_shape,
                   float* out, std::int64_t to_channel, std::int64_t count) {
    for_each_pixel(to_shape, out, [&](std::int64_t n, std::int64_t h, std::int64_t w, float* pixel) {
        std::copy_n(in + offset(shape, n, h, w) + from_channel, count, pixel + to_channel);
    });
}

namespace {

/// Two neighbours of an output's centre and how far it is from the first, by PyTorch's rule for half pixels.
struct Between {
    std::int64_t first = 0;
    std::int64_t second = 0;
    double part = 0;
};

Between between(std::int64_t i, std::int64_t in, std::int64_t out) {
    const double scale = static_cast<double>(in) / static_cast<double>(out);
    const double centre = std::max(0.0, (static_cast<double>(i) + 0.5) * scale - 0.5);
    const auto first = std::min(static_cast<std::int64_t>(centre), in - 1);
    return {first, std::min(first + 1, in - 1), centre - static_cast<double>(first)};
}

}  // namespace

void run_resize(const Layer& layer, const Resize& resize, const float* in, float* out) {
    const Shape& from = layer.input;
    const auto value = [&](std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c) {
        return static_cast<double>(in[offset(from, n, y, x) + c]);
    };
    for_each_pixel(layer.output, out, [&](std::int64_t n, std::int64_t h, std::int64_t w, float* pixel) {
        if (resize.rule == Resize::Rule::nearest) {
            std::copy_n(in + offset(from, n, h * from.h / layer.output.h, w * from.w / layer.output.w),
                        from.c, pixel);
            return;
        }
        const Between y = between(h, from.h, layer.output.h);
        const Between x = between(w, from.w, layer.output.w);
        for (std::int64_t c = 0; c < from.c; ++c) {
            const double top =
                value(n, y.first, x.first, c) * (1 - x.part) + value(n, y.first, x.second, c) * x.part;
            const double bottom =
                value(n, y.second, x.first, c) * (1 - x.part) + value(n, y.second, x.second, c) * x.part;
            pixel[c] = static_cast<float>(top * (1 - y.part) + bottom * y.part);
        }
    });
}

void run_shuffle(const Layer& layer, std::int64_t groups, const float* in, float* out) {
    const std::int64_t size = layer.input.c / groups;
    for_each_pixel(layer.output, out, [&](std::int64_t n, std::int64_t h, std::int64_t w, float* pixel) {
        for (std::int64_t c = 0; c < layer.input.c; ++c)
            pixel[c % size * groups + c / size] = in[offset(layer.input, n, h, w) + c];
    });
}

void run_by_channel(const Layer& layer, const ByChannel& by_channel, const LayerWeights& weights,
                    const float* in, float* out) {
    for (std::int64_t i = 0; i < element_count(layer.output); ++i) {
        const auto c = static_cast<std::size_t>(i % layer.output.c);
        const double own = weights.filter[c];
        const double x = in[i];
        const double value = by_channel.rule == ByChannel::Rule::prelu ? activate(Activation::prelu, x, own)
                             : by_channel.rule == ByChannel::Rule::scale
                                 ? x * own
                                 : x * own + static_cast<double>(weights.bias[c]);
        out[i] = static_cast<float>(activate(layer.activation, value));
    }
}

void run_activation(const Layer& layer, const Activate& own, const float* in, float* out) {
    for (std::int64_t i = 0; i < element_count(layer.output); ++i)
        out[i] = static_cast<float>(
            activate(layer.activation, static_cast<double>(in[i]), static_cast<double>(own.slope)));
}

void run_function(const Layer& layer, const Operation& op, const float* in, float* out) {
    for (std::int64_t i = 0; i < element_count(layer.output); ++i)
        out[i] = static_cast<float>(
            activate(layer.activation, op.what().function(static_cast<double>(in[i]), op.numbers)));
}

void run_pad(const Layer& layer, const Pad& pad, const float* in, float* out) {
    const Shape& from = layer.input;
    for_each_pixel(layer.output, out, [&](std::int64_t n, std::int64_t h, std::int64_t w, float* pixel) {
        std::fill_n(pixel, layer.output.c, 0.0F);
        const std::int64_t y = h - pad.padding.top;
        const std::int64_t x = w - pad.padding.left;
        if (y < 0 || y >= from.h || x < 0 || x >= from.w) return;
        std::copy_n(in + offset(from, n, y, x), from.c, pixel + pad.channels_before);
    });
}

void run_softmax(const Layer& layer, const float* in, float* out) {
    const std::int64_t c = layer.output.c;
    for (std::int64_t pixel = 0; pixel < element_count(layer.output); pixel += c) {
        const double most = *std::max_element(in + pixel, in + pixel + c);
        double sum = 0;
        for (std::int64_t i = pixel; i < pixel + c; ++i)
            sum += std::exp(static_cast<double>(in[i]) - most);
        for (std::int64_t i = pixel; i < pixel + c; ++i)
            out[i] = static_cast<float>(std::exp(static_cast<double>(in[i]) - most) / sum);
    }
}

void run_matmul(const Layer& layer, const MatMul& matmul, const float* in, const float* matrix, float* out) {
    const std::int64_t columns = matrix_elements(layer, matmul) / matmul.depth / layer.input.n;
    const std::int64_t rows = element_count(layer.output) / columns;  // of all images
    for (std::int64_t row = 0; row < rows; ++row) {
        const float* const own = matrix + row / (rows / layer.input.n) * matmul.depth * columns;
        for (std::int64_t column = 0; column < columns; ++column) {
            double sum = 0;
            for (std::int64_t i = 0; i < matmul.depth; ++i) {
                const float value = own[matmul.transposed ? column * matmul.depth + i : i * columns + column];
                sum += static_cast<double>(in[row * matmul.depth + i]) * static_cast<double>(value);
            }
            out[row * columns + column] = static_cast<float>(sum * static_cast<double>(matmul.factor));
        }
    }
}

namespace {

/// The input's row (or column) that meets an output's through one tap; -1: none.
std::int64_t met(std::int64_t output, std::int64_t tap, std::int64_t stride, std::int64_t size) {
    const std::int64_t at = output - tap;
    return at >= 0 && at % stride == 0 && at / stride < size ? at / stride : -1;
}

}  // namespace

void run_transposed_conv(const Layer& layer, const TransposedConv& conv, const LayerWeights& weights,
                         const float* in, float* out) {
    const Shape& from = layer.input;
    std::vector<double> sums(static_cast<std::size_t>(layer.output.c));
    for_each_pixel(layer.output, out, [&](std::int64_t n, std::int64_t h, std::int64_t w, float* pixel) {
        std::copy(weights.bias.begin(), weights.bias.end(), sums.begin());
        for (std::int64_t tap = 0; tap < area(conv.kernel); ++tap) {
            const std::int64_t y = met(h + conv.padding.top, tap / conv.kernel.w, conv.stride.h, from.h);
            const std::int64_t x = met(w + conv.padding.left, tap % conv.kernel.w, conv.stride.w, from.w);
            if (y < 0 || x < 0) continue;
            const float* const values = in + offset(from, n, y, x);
            const float* filter = weights.filter.data() + tap * from.c * layer.output.c;
            for (std::int64_t i = 0; i < from.c; ++i) {
                for (double& sum : sums)
                    sum += static_cast<double>(values[i]) * static_cast<double>(*filter++);
            }
        }
        for (std::size_t o = 0; o < sums.size(); ++o)
            pixel[o] = static_cast<float>(activate(layer.activation, sums[o]));
    });
}

}  // namespace mobilenet_cost

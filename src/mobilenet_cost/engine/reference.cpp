// Naive loops, the oracle of every other engine: written to be obviously correct, not fast. One thread. Each
// output value is accumulated in double and rounded to float once, after the activation, so that the
// difference to another engine is almost entirely that engine's own rounding.
//
// Shapes: activations are (N, H, W, C). A convolution of G groups reads the filter (KH, KW, Ci/G, Co), in
// which output channel o belongs to group o / (Co/G) and reads the Ci/G input channels of that group.

#include "mobilenet_cost/engine/reference.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/planned_session.h"

namespace mobilenet_cost {

namespace {

double activate(Activation activation, double x) {
    switch (activation) {
        case Activation::none:
            return x;
        case Activation::relu:
            return std::max(x, 0.0);
        case Activation::relu6:
            return std::clamp(x, 0.0, 6.0);
        case Activation::hard_swish:
            return x * std::clamp(x + 3, 0.0, 6.0) / 6;
        case Activation::hard_sigmoid:
            return std::clamp(x / 6 + 0.5, 0.0, 1.0);
        case Activation::swish:
            return x / (1 + std::exp(-x));
        case Activation::sigmoid:
            return 1 / (1 + std::exp(-x));
    }
    return x;
}

std::int64_t offset(const Shape& shape, std::int64_t n, std::int64_t h, std::int64_t w) {
    return ((n * shape.h + h) * shape.w + w) * shape.c;
}

struct ConvTask {
    const Layer& layer;
    const Conv& conv;
    const LayerWeights& weights;
    const float* in;
};

/// Adds the products of one pixel of the input, `pixel` (Ci), and one tap of the filter, `tap` (Ci/G, Co), to
/// `sums` (Co). Output channels are innermost: that is the contiguous side of both.
void add_tap(const ConvTask& task, const float* pixel, const float* tap, std::vector<double>& sums) {
    const std::int64_t groups = task.conv.groups;
    const std::int64_t in_channels = task.layer.input.c / groups;
    const std::int64_t out_channels = task.layer.output.c / groups;
    for (std::int64_t g = 0; g < groups; ++g) {
        for (std::int64_t i = 0; i < in_channels; ++i) {
            const double x = pixel[g * in_channels + i];
            const float* filter = tap + i * task.layer.output.c + g * out_channels;
            double* sum = sums.data() + g * out_channels;
            for (std::int64_t o = 0; o < out_channels; ++o)
                sum[o] += x * static_cast<double>(filter[o]);
        }
    }
}

/// All output channels of one output pixel (n, h, w). Taps that fall into the padding are zero: skipped.
void conv_pixel(const ConvTask& task, std::int64_t n, std::int64_t h, std::int64_t w,
                std::vector<double>& sums) {
    const Shape& in = task.layer.input;
    const Conv& conv = task.conv;
    std::copy(task.weights.bias.begin(), task.weights.bias.end(), sums.begin());
    for (std::int64_t kh = 0; kh < conv.kernel; ++kh) {
        const std::int64_t y = h * conv.stride - conv.padding.top + kh * conv.dilation;
        if (y < 0 || y >= in.h) continue;
        for (std::int64_t kw = 0; kw < conv.kernel; ++kw) {
            const std::int64_t x = w * conv.stride - conv.padding.left + kw * conv.dilation;
            if (x < 0 || x >= in.w) continue;
            const std::int64_t tap = (kh * conv.kernel + kw) * (in.c / conv.groups) * task.layer.output.c;
            add_tap(task, task.in + offset(in, n, y, x), task.weights.filter.data() + tap, sums);
        }
    }
}

void run_conv(const ConvTask& task, float* out) {
    const Shape& shape = task.layer.output;
    std::vector<double> sums(static_cast<std::size_t>(shape.c));
    for (std::int64_t n = 0; n < shape.n; ++n) {
        for (std::int64_t h = 0; h < shape.h; ++h) {
            for (std::int64_t w = 0; w < shape.w; ++w) {
                conv_pixel(task, n, h, w, sums);
                float* pixel = out + offset(shape, n, h, w);
                for (std::size_t o = 0; o < sums.size(); ++o)
                    pixel[o] = static_cast<float>(activate(task.layer.activation, sums[o]));
            }
        }
    }
}

void run_pool(const Layer& layer, const float* in, float* out) {
    const Shape& shape = layer.input;
    const std::int64_t pixels = shape.h * shape.w;
    for (std::int64_t n = 0; n < shape.n; ++n) {
        for (std::int64_t c = 0; c < shape.c; ++c) {
            double sum = 0;
            for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
                sum += static_cast<double>(in[(n * pixels + pixel) * shape.c + c]);
            out[n * shape.c + c] =
                static_cast<float>(activate(layer.activation, sum / static_cast<double>(pixels)));
        }
    }
}

void run_add(const Layer& layer, const float* a, const float* b, float* out) {
    for (std::int64_t i = 0; i < element_count(layer.output); ++i)
        out[i] = static_cast<float>(
            activate(layer.activation, static_cast<double>(a[i]) + static_cast<double>(b[i])));
}

/// `second` is (N, 1, 1, C), or with `by_value` of the same shape.
void run_scale(const Layer& layer, bool by_value, const float* in, const float* second, float* out) {
    const Shape& shape = layer.input;
    for (std::int64_t i = 0; i < element_count(shape); ++i) {
        const std::int64_t gate = i / (shape.h * shape.w * shape.c) * shape.c + i % shape.c;
        const double factor = second[by_value ? i : gate];
        out[i] = static_cast<float>(activate(layer.activation, static_cast<double>(in[i]) * factor));
    }
}

/// Calls `visit(n, h, w, pixel)` with each pixel (C) of a tensor.
template <typename Visit>
void for_each_pixel(const Shape& shape, float* values, const Visit& visit) {
    for (std::int64_t n = 0; n < shape.n; ++n) {
        for (std::int64_t h = 0; h < shape.h; ++h) {
            for (std::int64_t w = 0; w < shape.w; ++w)
                visit(n, h, w, values + offset(shape, n, h, w));
        }
    }
}

/// One channel of one window: what lies outside the map does not count.
double window_value(const Layer& layer, const WindowPool& pool, const float* image, std::int64_t h,
                    std::int64_t w, std::int64_t c) {
    double sum = 0;
    double largest = -std::numeric_limits<double>::infinity();
    std::int64_t count = 0;
    for (std::int64_t kh = 0; kh < pool.kernel; ++kh) {
        const std::int64_t y = h * pool.stride - pool.padding.top + kh;
        if (y < 0 || y >= layer.input.h) continue;
        for (std::int64_t kw = 0; kw < pool.kernel; ++kw) {
            const std::int64_t x = w * pool.stride - pool.padding.left + kw;
            if (x < 0 || x >= layer.input.w) continue;
            const double value = image[(y * layer.input.w + x) * layer.input.c + c];
            sum += value;
            largest = std::max(largest, value);
            ++count;
        }
    }
    return pool.rule == WindowPool::Rule::max ? largest : sum / static_cast<double>(count);
}

void run_window_pool(const Layer& layer, const WindowPool& pool, const float* in, float* out) {
    for_each_pixel(layer.output, out, [&](std::int64_t n, std::int64_t h, std::int64_t w, float* pixel) {
        for (std::int64_t c = 0; c < layer.output.c; ++c)
            pixel[c] = static_cast<float>(activate(
                layer.activation, window_value(layer, pool, in + offset(layer.input, n, 0, 0), h, w, c)));
    });
}

/// Channels of a pixel from one tensor to another: from `from_channel` of a tensor of `shape` to
/// `to_channel`.
void copy_channels(const Shape& shape, const float* in, std::int64_t from_channel, const Shape& to_shape,
                   float* out, std::int64_t to_channel, std::int64_t count) {
    for_each_pixel(to_shape, out, [&](std::int64_t n, std::int64_t h, std::int64_t w, float* pixel) {
        std::copy_n(in + offset(shape, n, h, w) + from_channel, count, pixel + to_channel);
    });
}

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

/// `weights`: a factor and a bias for each channel; null: 1 and 0.
void run_by_channel(const Layer& layer, const LayerWeights* weights, const float* in, float* out) {
    for (std::int64_t i = 0; i < element_count(layer.output); ++i) {
        const auto c = static_cast<std::size_t>(i % layer.output.c);
        const double factor = weights == nullptr ? 1 : static_cast<double>(weights->filter[c]);
        const double bias = weights == nullptr ? 0 : static_cast<double>(weights->bias[c]);
        out[i] = static_cast<float>(activate(layer.activation, static_cast<double>(in[i]) * factor + bias));
    }
}

/// What its loops compute.
std::string_view plain_name(const Layer& layer) {
    if (std::holds_alternative<Conv>(layer.kind)) return "convolution";
    if (std::holds_alternative<GlobalPool>(layer.kind)) return "pooling";
    if (std::holds_alternative<Add>(layer.kind)) return "sum";
    return std::holds_alternative<Scale>(layer.kind) ? "product" : op_name(layer);
}

/// One step per layer.
class ReferenceSession final : public PlannedSession {
  public:
    ReferenceSession(const Network& network, const Weights& weights, const SessionOptions& options)
        : PlannedSession(network, options, {.engine = "reference"}), weights_(weights) {
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            add_step(i, "naive " + std::string(plain_name(network.layers[i])));
            for (const std::vector<float>* values : {&weights_.layers[i].filter, &weights_.layers[i].bias})
                held_.weights.push_back(
                    {reinterpret_cast<const std::byte*>(values->data()), values->size() * sizeof(float)});
        }
    }

  private:
    /// Runs one kind of layer.
    struct Run {
        const ReferenceSession& session;
        std::size_t index;
        const Layer& layer;
        const float* first;
        float* out;

        const LayerWeights& weights() const { return session.weights_.layers[index]; }
        const float* second() const { return session.tensor(layer.inputs[1]); }

        void operator()(const Conv& conv) const { run_conv({layer, conv, weights(), first}, out); }
        void operator()(const GlobalPool&) const { run_pool(layer, first, out); }
        void operator()(const Add&) const { run_add(layer, first, second(), out); }
        void operator()(const Scale& scale) const { run_scale(layer, scale.by_value, first, second(), out); }
        void operator()(const WindowPool& pool) const { run_window_pool(layer, pool, first, out); }
        void operator()(const Concat&) const {
            std::int64_t channel = 0;
            for_each_input(layer, [&](TensorId id) {
                const Shape& shape = tensor_shape(session.network(), id);
                copy_channels(shape, session.tensor(id), 0, layer.output, out, channel, shape.c);
                channel += shape.c;
            });
        }
        void operator()(const Slice& slice) const {
            copy_channels(layer.input, first, slice.begin, layer.output, out, 0, layer.output.c);
        }
        void operator()(const Resize& resize) const { run_resize(layer, resize, first, out); }
        void operator()(const ChannelShuffle& shuffle) const {
            run_shuffle(layer, shuffle.groups, first, out);
        }
        void operator()(const BatchNorm&) const { run_by_channel(layer, &weights(), first, out); }
        void operator()(const Activate&) const { run_by_channel(layer, nullptr, first, out); }
    };

    void execute(std::size_t i) override {
        const Layer& layer = network().layers[i];
        std::visit(Run{*this, i, layer, tensor(layer.inputs[0]), output_of(i)}, layer.kind);
    }

    Weights weights_;
};

class ReferenceEngine final : public Engine {
  public:
    EngineInfo info() const override {
        return {.name = "reference",
                .version = std::string(build_info().version),
                .instruction_set = "as compiled",
                .data_types = {"f32"},
                .note = "naive loops in double precision, one thread: checks the other engines"};
    }

    std::unique_ptr<Session> make_session(const Network& network, const Weights& weights,
                                          const SessionOptions& options) const override {
        if (options.threads != 1) {
            fail("reference", "runs on 1 thread only, not on " + std::to_string(options.threads));
        }
        return std::make_unique<ReferenceSession>(network, weights, options);
    }
};

}  // namespace

const Engine* reference_engine() {
    static const ReferenceEngine engine;
    return &engine;
}

}  // namespace mobilenet_cost

// Naive loops, the oracle of every other engine: written to be obviously correct, not fast. One thread. Each
// output value is accumulated in double and rounded to float once, after the activation, so that the
// difference to another engine is almost entirely that engine's own rounding.
//
// Shapes: activations are (N, H, W, C). A convolution of G groups reads the filter (KH, KW, Ci/G, Co), in
// which output channel o belongs to group o / (Co/G) and reads the Ci/G input channels of that group.

#include "mobilenet_cost/engine/reference.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/int8_reference.h"
#include "mobilenet_cost/engine/planned_session.h"
#include "mobilenet_cost/engine/reference_loops.h"

namespace mobilenet_cost {

namespace {

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
    for (std::int64_t kh = 0; kh < conv.kernel.h; ++kh) {
        const std::int64_t y = h * conv.stride.h - conv.padding.top + kh * conv.dilation.h;
        if (y < 0 || y >= in.h) continue;
        for (std::int64_t kw = 0; kw < conv.kernel.w; ++kw) {
            const std::int64_t x = w * conv.stride.w - conv.padding.left + kw * conv.dilation.w;
            if (x < 0 || x >= in.w) continue;
            const std::int64_t tap = (kh * conv.kernel.w + kw) * (in.c / conv.groups) * task.layer.output.c;
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
            if (!is_runnable(network.layers[i])) refuse(i);
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
        void operator()(const ByChannel& by_channel) const {
            run_by_channel(layer, by_channel, weights(), first, out);
        }
        void operator()(const Activate& own) const { run_activation(layer, own, first, out); }
        void operator()(const Pad& pad) const { run_pad(layer, pad, first, out); }
        void operator()(const Softmax&) const { run_softmax(layer, first, out); }
        void operator()(const MatMul& matmul) const { run_matmul(layer, matmul, first, second(), out); }
        void operator()(const TransposedConv& conv) const {
            run_transposed_conv(layer, conv, weights(), first, out);
        }
        void operator()(const Operation& op) const {
            if (!is_join(layer)) return run_function(layer, op, first, out);
            float* to = out;
            for (std::int64_t n = 0; n < layer.output.n; ++n) {
                for_each_input(layer, [&](TensorId id) {
                    const std::int64_t size =
                        element_count(tensor_shape(session.network(), id)) / layer.output.n;
                    to = std::copy_n(session.tensor(id) + n * size, size, to);
                });
            }
        }
        void operator()(const Unknown&) const {}
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
                .data_types = {"f32", "i8"},
                .note = "naive loops in double precision, one thread: checks the other engines"};
    }

    std::unique_ptr<Session> make_session(const Network& network, const Weights& weights,
                                          const SessionOptions& options) const override {
        if (options.threads != 1) {
            fail("reference", "runs on 1 thread only, not on " + std::to_string(options.threads));
        }
        if (options.scales) return make_int8_reference(network, weights, options);
        return std::make_unique<ReferenceSession>(network, weights, options);
    }
};

}  // namespace

const Engine* reference_engine() {
    static const ReferenceEngine engine;
    return &engine;
}

}  // namespace mobilenet_cost

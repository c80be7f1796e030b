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
#include <string>

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

/// `gate` is (N, 1, 1, C).
void run_scale(const Layer& layer, const float* in, const float* gate, float* out) {
    const Shape& shape = layer.input;
    for (std::int64_t i = 0; i < element_count(shape); ++i) {
        const double factor = gate[i / (shape.h * shape.w * shape.c) * shape.c + i % shape.c];
        out[i] = static_cast<float>(activate(layer.activation, static_cast<double>(in[i]) * factor));
    }
}

std::string kernel_name(const Layer& layer) {
    if (std::holds_alternative<Conv>(layer.kind)) return "naive convolution";
    if (std::holds_alternative<GlobalPool>(layer.kind)) return "naive pooling";
    return std::holds_alternative<Add>(layer.kind) ? "naive sum" : "naive product";
}

/// One step per layer.
class ReferenceSession final : public PlannedSession {
  public:
    ReferenceSession(const Network& network, const Weights& weights, const SessionOptions& options)
        : PlannedSession(network, options, {.engine = "reference"}), weights_(weights) {
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            add_step(i, kernel_name(network.layers[i]));
            for (const std::vector<float>* values : {&weights_.layers[i].filter, &weights_.layers[i].bias})
                held_.weights.push_back(
                    {reinterpret_cast<const std::byte*>(values->data()), values->size() * sizeof(float)});
        }
    }

  private:
    void execute(std::size_t i) override {
        const Layer& layer = network().layers[i];
        const float* const first = tensor(layer.inputs[0]);
        if (const auto* conv = std::get_if<Conv>(&layer.kind)) {
            run_conv({layer, *conv, weights_.layers[i], first}, output_of(i));
        } else if (std::holds_alternative<GlobalPool>(layer.kind)) {
            run_pool(layer, first, output_of(i));
        } else if (std::holds_alternative<Add>(layer.kind)) {
            run_add(layer, first, tensor(layer.inputs[1]), output_of(i));
        } else {
            run_scale(layer, first, tensor(layer.inputs[1]), output_of(i));
        }
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

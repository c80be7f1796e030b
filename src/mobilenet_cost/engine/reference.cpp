// Naive loops, the oracle of every other engine: written to be obviously correct, not fast. One thread. Each
// output value is accumulated in double and rounded to float once, after the activation, so that what is left
// of the difference to another engine is that engine's own rounding.
//
// Shapes: activations are (N, H, W, C). A convolution of G groups reads the filter (KH, KW, Ci/G, Co), in
// which output channel o belongs to group o / (Co/G) and reads the Ci/G input channels of that group.

#include "mobilenet_cost/engine/reference.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/model/liveness.h"

namespace mobilenet_cost {

namespace {

using Tensor = std::vector<float>;

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
    }
    return x;
}

std::size_t offset(const Shape& shape, std::int64_t n, std::int64_t h, std::int64_t w) {
    return static_cast<std::size_t>(((n * shape.h + h) * shape.w + w) * shape.c);
}

struct ConvTask {
    const Layer& layer;
    const Conv& conv;
    const LayerWeights& weights;
    const Tensor& in;
};

/// Adds what one pixel of the input, `pixel` (Ci), gives through one tap of the filter, `tap` (Ci/G, Co), to
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
        const std::int64_t y = h * conv.stride - conv.padding.top + kh;
        if (y < 0 || y >= in.h) continue;
        for (std::int64_t kw = 0; kw < conv.kernel; ++kw) {
            const std::int64_t x = w * conv.stride - conv.padding.left + kw;
            if (x < 0 || x >= in.w) continue;
            const std::int64_t tap = (kh * conv.kernel + kw) * (in.c / conv.groups) * task.layer.output.c;
            add_tap(task, task.in.data() + offset(in, n, y, x), task.weights.filter.data() + tap, sums);
        }
    }
}

void run_conv(const ConvTask& task, Tensor& out) {
    const Shape& shape = task.layer.output;
    std::vector<double> sums(static_cast<std::size_t>(shape.c));
    for (std::int64_t n = 0; n < shape.n; ++n) {
        for (std::int64_t h = 0; h < shape.h; ++h) {
            for (std::int64_t w = 0; w < shape.w; ++w) {
                conv_pixel(task, n, h, w, sums);
                float* pixel = out.data() + offset(shape, n, h, w);
                for (std::size_t o = 0; o < sums.size(); ++o)
                    pixel[o] = static_cast<float>(activate(task.layer.activation, sums[o]));
            }
        }
    }
}

void run_pool(const Layer& layer, const Tensor& in, Tensor& out) {
    const Shape& shape = layer.input;
    const double count = static_cast<double>(shape.h * shape.w);
    for (std::int64_t n = 0; n < shape.n; ++n) {
        for (std::int64_t c = 0; c < shape.c; ++c) {
            double sum = 0;
            for (std::int64_t h = 0; h < shape.h; ++h)
                for (std::int64_t w = 0; w < shape.w; ++w)
                    sum += static_cast<double>(in[offset(shape, n, h, w) + static_cast<std::size_t>(c)]);
            out[static_cast<std::size_t>(n * shape.c + c)] =
                static_cast<float>(activate(layer.activation, sum / count));
        }
    }
}

void run_add(const Layer& layer, const Tensor& a, const Tensor& b, Tensor& out) {
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<float>(
            activate(layer.activation, static_cast<double>(a[i]) + static_cast<double>(b[i])));
}

/// `gate` is (N, 1, 1, C).
void run_scale(const Layer& layer, const Tensor& in, const Tensor& gate, Tensor& out) {
    const auto channels = static_cast<std::size_t>(layer.input.c);
    const std::size_t image = in.size() / static_cast<std::size_t>(layer.input.n);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double factor = gate[i / image * channels + i % channels];
        out[i] = static_cast<float>(activate(layer.activation, static_cast<double>(in[i]) * factor));
    }
}

std::string kernel_name(const Layer& layer) {
    if (std::holds_alternative<Conv>(layer.kind)) return "naive convolution";
    if (std::holds_alternative<GlobalPool>(layer.kind)) return "naive pooling";
    return std::holds_alternative<Add>(layer.kind) ? "naive sum" : "naive product";
}

class ReferenceSession final : public Session {
  public:
    ReferenceSession(const Network& network, const Weights& weights, const SessionOptions& options)
        : network_(network), weights_(weights), keep_activations_(options.keep_activations) {
        tensors_.emplace_back(static_cast<std::size_t>(element_count(network.input)));
        for (const Layer& layer : network.layers)
            tensors_.emplace_back(static_cast<std::size_t>(element_count(layer.output)));
    }

    std::span<float> input() override { return tensors_.front(); }

    void run() override {
        for (std::size_t i = 0; i < network_.layers.size(); ++i)
            run_layer(i);
    }

    void run_timed(std::span<std::int64_t> nanoseconds) override {
        using Clock = std::chrono::steady_clock;
        auto start = Clock::now();
        for (std::size_t i = 0; i < network_.layers.size(); ++i) {
            run_layer(i);
            const auto end = Clock::now();
            nanoseconds[i] += std::chrono::nanoseconds(end - start).count();
            start = end;
        }
    }

    std::vector<float> output() const override { return tensors_.back(); }

    // Every tensor has its own memory in any case; the answer must not depend on the engine.
    std::vector<float> layer_output(std::size_t layer) const override {
        if (!keep_activations_) fail("reference", "layer outputs are readable with keep_activations only");
        return tensors_.at(layer + 1);
    }

    std::vector<std::string> kernels() const override {
        std::vector<std::string> names;
        for (const Layer& layer : network_.layers)
            names.push_back(kernel_name(layer));
        return names;
    }

    SessionMemory memory_use() const override {
        SessionMemory memory;
        const SessionRegions held = regions();
        for (const MemoryRegion& region : held.weights)
            memory.weight_bytes += static_cast<std::int64_t>(region.bytes);
        for (const MemoryRegion& region : held.others)
            memory.activation_bytes += static_cast<std::int64_t>(region.bytes);
        memory.kept_bytes = memory.activation_bytes -
                            peak_memory(network_, Overlap::none).elements * element_bytes(DataType::f32);
        return memory;
    }

    SessionRegions regions() const override {
        SessionRegions regions;
        for (const LayerWeights& layer : weights_.layers) {
            regions.weights.push_back(region_of(layer.filter));
            regions.weights.push_back(region_of(layer.bias));
        }
        for (const Tensor& tensor : tensors_)
            regions.others.push_back(region_of(tensor));
        return regions;
    }

  private:
    static MemoryRegion region_of(const std::vector<float>& values) {
        return {reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(float)};
    }

    const Tensor& tensor(TensorId id) const { return tensors_[static_cast<std::size_t>(id)]; }

    void run_layer(std::size_t i) {
        const Layer& layer = network_.layers[i];
        const Tensor& first = tensor(layer.inputs[0]);
        Tensor& out = tensors_[i + 1];
        if (const auto* conv = std::get_if<Conv>(&layer.kind)) {
            run_conv({layer, *conv, weights_.layers[i], first}, out);
        } else if (std::holds_alternative<GlobalPool>(layer.kind)) {
            run_pool(layer, first, out);
        } else if (std::holds_alternative<Add>(layer.kind)) {
            run_add(layer, first, tensor(layer.inputs[1]), out);
        } else {
            run_scale(layer, first, tensor(layer.inputs[1]), out);
        }
    }

    Network network_;
    Weights weights_;
    bool keep_activations_;
    std::vector<Tensor> tensors_;  // by TensorId
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

std::shared_ptr<const Engine> reference_engine() {
    return std::make_shared<ReferenceEngine>();
}

}  // namespace mobilenet_cost

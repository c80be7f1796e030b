// Naive loops in 8 bits. Shapes as in reference.cpp; every sum is an exact integer (int8_refusal() leaves out
// what 32 bits do not hold), and becomes 8 bits in requantise().

#include "mobilenet_cost/engine/int8_reference.h"

#include <algorithm>
#include <string>

#include "mobilenet_cost/engine/int8_session.h"
#include "mobilenet_cost/engine/reference_loops.h"

namespace mobilenet_cost {

namespace {

using Values = const std::int8_t*;

struct ConvTask {
    const Layer& layer;
    const Conv& conv;
    const QuantisedLayer& quantised;
    Values in;
};

/// Adds the products of one pixel of the input (Ci) and one tap of the filter (Ci/G, Co) to `sums` (Co).
void add_tap(const ConvTask& task, Values pixel, Values tap, std::vector<std::int32_t>& sums) {
    const std::int64_t groups = task.conv.groups;
    const std::int64_t in_channels = task.layer.input.c / groups;
    const std::int64_t out_channels = task.layer.output.c / groups;
    for (std::int64_t g = 0; g < groups; ++g) {
        for (std::int64_t i = 0; i < in_channels; ++i) {
            const std::int32_t x = pixel[g * in_channels + i] - task.quantised.first_zero;
            Values filter = tap + i * task.layer.output.c + g * out_channels;
            std::int32_t* sum = sums.data() + g * out_channels;
            for (std::int64_t o = 0; o < out_channels; ++o)
                sum[o] += x * filter[o];
        }
    }
}

/// The sums of one output pixel. Padding stands for 0, the zero point: it adds nothing.
void conv_pixel(const ConvTask& task, std::int64_t n, std::int64_t h, std::int64_t w,
                std::vector<std::int32_t>& sums) {
    const Shape& in = task.layer.input;
    const Conv& conv = task.conv;
    std::copy(task.quantised.bias.begin(), task.quantised.bias.end(), sums.begin());
    for (std::int64_t kh = 0; kh < conv.kernel.h; ++kh) {
        const std::int64_t y = h * conv.stride.h - conv.padding.top + kh * conv.dilation.h;
        if (y < 0 || y >= in.h) continue;
        for (std::int64_t kw = 0; kw < conv.kernel.w; ++kw) {
            const std::int64_t x = w * conv.stride.w - conv.padding.left + kw * conv.dilation.w;
            if (x < 0 || x >= in.w) continue;
            const std::int64_t tap = (kh * conv.kernel.w + kw) * (in.c / conv.groups) * task.layer.output.c;
            add_tap(task, task.in + offset(in, n, y, x), task.quantised.filter.data() + tap, sums);
        }
    }
}

void run_conv(const ConvTask& task, std::int8_t* out) {
    const Shape& shape = task.layer.output;
    std::vector<std::int32_t> sums(static_cast<std::size_t>(shape.c));
    for (std::int64_t n = 0; n < shape.n; ++n) {
        for (std::int64_t h = 0; h < shape.h; ++h) {
            for (std::int64_t w = 0; w < shape.w; ++w) {
                conv_pixel(task, n, h, w, sums);
                std::int8_t* const pixel = out + offset(shape, n, h, w);
                for (std::size_t o = 0; o < sums.size(); ++o)
                    pixel[o] = requantise(sums[o], task.quantised.factors[o], task.quantised.output);
            }
        }
    }
}

void run_pool(const Layer& layer, const QuantisedLayer& quantised, Values in, std::int8_t* out) {
    const Shape& shape = layer.input;
    const std::int64_t pixels = shape.h * shape.w;
    for (std::int64_t n = 0; n < shape.n; ++n) {
        for (std::int64_t c = 0; c < shape.c; ++c) {
            std::int32_t sum = 0;
            for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
                sum += in[(n * pixels + pixel) * shape.c + c] - quantised.first_zero;
            out[n * shape.c + c] = requantise(sum, quantised.factors[0], quantised.output);
        }
    }
}

std::int8_t add(const QuantisedLayer& quantised, std::int32_t a, std::int32_t b) {
    const SumFactors& sum = quantised.sum;
    const std::int32_t exact = (a - quantised.first_zero) * sum.first +
                               (b - quantised.second_zero) * sum.second + (1 << (sum.shift - 1));
    const Requantisation& output = quantised.output;
    const std::int32_t q = std::clamp((exact >> sum.shift) + output.zero_point, output.low, output.high);
    return output.table ? (*output.table)[static_cast<std::size_t>(q - kLowestInt8)]
                        : static_cast<std::int8_t>(q);
}

class Int8Reference final : public Int8Session {
  public:
    Int8Reference(const Network& network, const Weights& weights, const SessionOptions& options)
        : Int8Session(network, weights, options, {.engine = "reference"}, Stored::with_sign) {
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            add_step(i, "naive " + std::string(op_name(network.layers[i])) + " of 8 bits");
            const QuantisedLayer& made = quantised(i);
            held_.weights.push_back(region(made.filter));
            held_.weights.push_back(region(made.bias));
            held_.weights.push_back(region(made.factors));
        }
    }

  private:
    template <typename Value>
    static MemoryRegion region(const std::vector<Value>& values) {
        return {reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(Value)};
    }

    std::int8_t* values(TensorId id) const { return reinterpret_cast<std::int8_t*>(memory_of(id)); }

    /// Runs one kind of layer.
    struct Run {
        const Int8Reference& session;
        const Layer& layer;
        const QuantisedLayer& quantised;
        Values first;
        std::int8_t* out;

        [[nodiscard]] Values second() const { return session.values(layer.inputs[1]); }

        void operator()(const Conv& conv) const { run_conv({layer, conv, quantised, first}, out); }
        void operator()(const GlobalPool&) const { run_pool(layer, quantised, first, out); }
        void operator()(const Add&) const {
            for (std::int64_t i = 0; i < element_count(layer.output); ++i)
                out[i] = add(quantised, first[i], second()[i]);
        }
        void operator()(const Scale& scale) const {
            const Shape& shape = layer.input;
            for (std::int64_t i = 0; i < element_count(shape); ++i) {
                const std::int64_t gate = i / (shape.h * shape.w * shape.c) * shape.c + i % shape.c;
                const std::int32_t product = (first[i] - quantised.first_zero) *
                                             (second()[scale.by_value ? i : gate] - quantised.second_zero);
                out[i] = requantise(product, quantised.factors[0], quantised.output);
            }
        }
        void operator()(const Activate&) const {
            for (std::int64_t i = 0; i < element_count(layer.output); ++i)
                out[i] = (*quantised.output.table)[static_cast<std::size_t>(first[i] - kLowestInt8)];
        }
        template <typename Other>
        void operator()(const Other&) const {}  // refused when the session was made
    };

    void execute(std::size_t i) override {
        const Layer& layer = network().layers[i];
        std::visit(
            Run{*this, layer, quantised(i), values(layer.inputs[0]), values(static_cast<TensorId>(i + 1))},
            layer.kind);
    }
};

}  // namespace

std::unique_ptr<Session> make_int8_reference(const Network& network, const Weights& weights,
                                             const SessionOptions& options) {
    return std::make_unique<Int8Reference>(network, weights, options);
}

}  // namespace mobilenet_cost

// XNNPACK as a plug-in, by its operator interface of early 2022: create and set up once, then only run. f32.
//
// Operators and not the subgraph: they are the same kernels, but each layer can be timed inside the pass and
// its output kept, and memory comes from our plan. XNNPACK fuses nothing but an output range, so ReLU and
// ReLU6 are free and every other activation is an operator of its own, in place behind its layer. A hard
// sigmoid is clip(x / 6 + 1/2, 0, 1): a 1x1 convolution of one weight and one bias per channel, with a range.
//
// XNNPACK has denormals count as zero on every thread while an operator runs, by itself.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>

#include <pthreadpool.h>
#include <xnnpack.h>

#include "mobilenet_cost/engine/activation_plan.h"
#include "mobilenet_cost/engine/arena.h"
#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/engine/thread_limit.h"
#include "mobilenet_cost/engine/xnnpack_memory.h"
#include "mobilenet_cost/error.h"
#include "mobilenet_cost/liveness.h"

namespace mobilenet_cost {

namespace {

struct OperatorDelete {
    void operator()(xnn_operator* made) const { xnn_delete_operator(made); }
};
using Operator = std::unique_ptr<xnn_operator, OperatorDelete>;

struct PoolDelete {
    void operator()(pthreadpool* pool) const { pthreadpool_destroy(pool); }
};
using Pool = std::unique_ptr<pthreadpool, PoolDelete>;

std::string status_text(xnn_status status) {
    switch (status) {
        case xnn_status_success:
            return "success";
        case xnn_status_uninitialized:
            return "it is not initialized";
        case xnn_status_invalid_parameter:
            return "invalid parameter";
        case xnn_status_invalid_state:
            return "invalid state";
        case xnn_status_unsupported_parameter:
            return "unsupported parameter";
        case xnn_status_unsupported_hardware:
            return "unsupported hardware";
        case xnn_status_out_of_memory:
            return "out of memory";
    }
    return "status " + std::to_string(static_cast<int>(status));
}

/// Null for one thread: then XNNPACK computes on the calling one.
Pool make_pool(int threads) {
    check_threads("xnnpack", threads);
    if (threads == 1) return nullptr;
    Pool pool(pthreadpool_create(static_cast<std::size_t>(threads)));
    if (!pool) fail("xnnpack", "could not start " + std::to_string(threads) + " threads");
    return pool;
}

struct Range {
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();
};

/// What an operator does of an activation itself.
Range output_range(Activation activation) {
    if (activation == Activation::relu) return {.low = 0};
    if (activation == Activation::relu6) return {.low = 0, .high = 6};
    return {};
}

std::size_t size(std::int64_t count) {
    return static_cast<std::size_t>(count);
}

std::uint32_t narrow(std::int64_t count) {
    return static_cast<std::uint32_t>(count);
}

std::array<std::size_t, 4> dimensions(const Shape& shape) {
    return {size(shape.n), size(shape.h), size(shape.w), size(shape.c)};
}

/// (KH, KW, Ci/G, Co) as (G, Co/G, KH, KW, Ci/G).
std::vector<float> regroup(const Layer& layer, const Conv& conv, const std::vector<float>& filter) {
    const std::size_t taps = size(conv.kernel * conv.kernel);
    const std::size_t in = size(layer.input.c / conv.groups);
    const std::size_t out = size(layer.output.c);
    std::vector<float> grouped(filter.size());
    for (std::size_t tap = 0; tap < taps; ++tap)
        for (std::size_t i = 0; i < in; ++i)
            for (std::size_t o = 0; o < out; ++o)
                grouped[(o * taps + tap) * in + i] = filter[(tap * in + i) * out + o];
    return grouped;
}

/// XNNPACK does not tell which kernel it chose; this is its rule (convolution-nhwc.c). A depthwise filter of
/// another size than 2x2, 3x3 and 5x5 falls back to a matrix product per channel.
std::string conv_kernel(const Layer& layer, const Conv& conv) {
    const bool plain = conv.kernel == 1 && conv.stride == 1 && conv.padding == Padding{};
    if (layer.input.c == conv.groups && layer.output.c == conv.groups) {
        if (plain) return "vmulcaddc";
        if (conv.kernel == 2 || conv.kernel == 3 || conv.kernel == 5) return "dwconv";
    }
    return plain ? "gemm" : "igemm";
}

struct Step {
    Operator made;
    std::size_t layer = 0;
};

class XnnpackSession final : public Session {
  public:
    XnnpackSession(const Network& network, const Weights& weights, const SessionOptions& options)
        : network_(network),
          options_(options),
          pool_(make_pool(options.threads)),
          last_uses_(last_uses(network)),
          plan_(plan()),
          arena_(make_arena(plan_.bytes)) {
        const LedgerScope scope(memory_);
        for (std::size_t i = 0; i < network.layers.size(); ++i)
            add_layer(i, weights.layers[i]);
    }

    std::span<float> input() override { return values(0); }

    void run() override {
        for (const Step& step : steps_)
            execute(step);
        let_workers_sleep();
    }

    void run_timed(std::span<std::int64_t> nanoseconds) override {
        using Clock = std::chrono::steady_clock;
        auto start = Clock::now();
        for (const Step& step : steps_) {
            execute(step);
            const auto end = Clock::now();
            nanoseconds[step.layer] += std::chrono::nanoseconds(end - start).count();
            start = end;
        }
        let_workers_sleep();
    }

    std::vector<float> output() const override { return copy(network_.layers.size()); }

    std::vector<float> layer_output(std::size_t layer) const override {
        if (!options_.keep_activations)
            fail("xnnpack", "layer outputs are readable with keep_activations only");
        return copy(layer + 1);
    }

    std::vector<std::string> kernels() const override { return kernels_; }

    SessionMemory memory_use() const override {
        SessionMemory memory = plan_.memory;
        memory.weight_bytes = memory_.bytes(BlockUse::weights);
        memory.scratch_bytes = memory_.bytes(BlockUse::scratch);
        return memory;
    }

    SessionRegions regions() const override {
        SessionRegions regions{.weights = memory_.regions(BlockUse::weights),
                               .others = memory_.regions(BlockUse::scratch)};
        regions.others.push_back({arena_.get(), plan_.bytes});
        return regions;
    }

  private:
    ActivationPlan plan() const {
        return plan_activations(network_, {.keep_all = options_.keep_activations,
                                           .extra_bytes = XNN_EXTRA_BYTES,
                                           .overwritten = [this](std::size_t i) {
                                               return dying_operand(network_, last_uses_, i);
                                           }});
    }

    void add_layer(std::size_t i, const LayerWeights& weights) {
        const Layer& layer = network_.layers[i];
        if (const auto* conv = std::get_if<Conv>(&layer.kind)) {
            const std::vector<float> filter = regroup(layer, *conv, weights.filter);
            add_conv(i, layer, *conv, {filter, weights.bias}, output_range(layer.activation));
            kernels_.push_back("convolution2d_nhwc " + conv_kernel(layer, *conv));
        } else if (std::holds_alternative<GlobalPool>(layer.kind)) {
            add_pool(i);
            kernels_.emplace_back("global_average_pooling_nwc");
        } else if (std::holds_alternative<Scale>(layer.kind)) {
            add_binary(i, xnn_create_multiply_nd_f32, xnn_setup_multiply_nd_f32);
            kernels_.emplace_back("multiply_nd");
        } else {
            add_binary(i, xnn_create_add_nd_f32, xnn_setup_add_nd_f32);
            kernels_.emplace_back("add_nd");
        }
        add_activation(i);
    }

    /// `layer` is layer i, or what stands behind it in its output.
    void add_conv(std::size_t i, const Layer& layer, const Conv& conv, const LayerWeights& weights,
                  const Range& range) {
        const Shape& in = layer.input;
        const Shape& out = layer.output;
        const Padding& pad = conv.padding;
        const xnn_operator_t made = make(i, [&](xnn_operator_t* result) {
            return xnn_create_convolution2d_nhwc_f32(
                narrow(pad.top), narrow(pad.right), narrow(pad.bottom), narrow(pad.left), narrow(conv.kernel),
                narrow(conv.kernel), narrow(conv.stride), narrow(conv.stride), 1, 1, narrow(conv.groups),
                size(in.c / conv.groups), size(out.c / conv.groups), size(in.c), size(out.c),
                weights.filter.data(), weights.bias.data(), range.low, range.high, 0, result);
        });
        check(i, xnn_setup_convolution2d_nhwc_f32(made, size(in.n), size(in.h), size(in.w),
                                                  tensor(layer.inputs[0]), output_of(i), pool_.get()));
    }

    void add_pool(std::size_t i) {
        const Layer& layer = network_.layers[i];
        const Shape& in = layer.input;
        const Range range = output_range(layer.activation);
        const xnn_operator_t made = make(i, [&](xnn_operator_t* result) {
            return xnn_create_global_average_pooling_nwc_f32(size(in.c), size(in.c), size(in.c), range.low,
                                                             range.high, 0, result);
        });
        check(i,
              xnn_setup_global_average_pooling_nwc_f32(made, size(in.n), size(in.h * in.w),
                                                       tensor(layer.inputs[0]), output_of(i), pool_.get()));
    }

    /// Sum, or product with one value per channel and image.
    void add_binary(std::size_t i, decltype(&xnn_create_add_nd_f32) create,
                    decltype(&xnn_setup_add_nd_f32) setup) {
        const Layer& layer = network_.layers[i];
        const Range range = output_range(layer.activation);
        const xnn_operator_t made =
            make(i, [&](xnn_operator_t* result) { return create(range.low, range.high, 0, result); });
        const std::array<std::size_t, 4> a = dimensions(layer.input);
        const std::array<std::size_t, 4> b = dimensions(tensor_shape(network_, layer.inputs[1]));
        check(i, setup(made, a.size(), a.data(), b.size(), b.data(), tensor(layer.inputs[0]),
                       tensor(layer.inputs[1]), output_of(i), pool_.get()));
    }

    /// What output_range() does not cover.
    void add_activation(std::size_t i) {
        const Layer& layer = network_.layers[i];
        if (layer.activation == Activation::hard_swish) {
            add_hard_swish(i);
            kernels_.back() += " + hardswish_nc";
        } else if (layer.activation == Activation::hard_sigmoid) {
            add_hard_sigmoid(i);
            kernels_.back() += " + convolution2d_nhwc vmulcaddc";
        }
    }

    void add_hard_swish(std::size_t i) {
        const Shape& shape = network_.layers[i].output;
        const std::size_t channels = size(shape.c);
        const xnn_operator_t made = make(i, [&](xnn_operator_t* result) {
            return xnn_create_hardswish_nc_f32(channels, channels, channels, 0, result);
        });
        check(i, xnn_setup_hardswish_nc_f32(made, size(shape.n * shape.h * shape.w), output_of(i),
                                            output_of(i), pool_.get()));
    }

    void add_hard_sigmoid(std::size_t i) {
        Layer behind = network_.layers[i];
        behind.input = behind.output;
        behind.inputs = {static_cast<TensorId>(i + 1), kNoTensor};
        const std::size_t channels = size(behind.input.c);
        const LayerWeights weights{std::vector<float>(channels, 1.0F / 6), std::vector<float>(channels, 0.5)};
        add_conv(i, behind, {.groups = behind.input.c, .padding = {}}, weights, {.low = 0, .high = 1});
    }

    /// Adds the operator that `create` makes as the next step.
    template <typename Create>
    xnn_operator_t make(std::size_t layer, const Create& create) {
        xnn_operator_t made = nullptr;
        memory_.use = BlockUse::weights;
        check(layer, create(&made));
        memory_.use = BlockUse::scratch;  // the set-up that follows: pointers into the input
        steps_.push_back({Operator(made), layer});
        return made;
    }

    void check(std::size_t layer, xnn_status status) const {
        if (status == xnn_status_success) return;
        fail(layer_name(network_, layer), "XNNPACK cannot run this layer: " + status_text(status));
    }

    void execute(const Step& step) const {
        check(step.layer, xnn_run_operator(step.made.get(), pool_.get()));
    }

    /// Between operators the workers wait awake, and after the last one would go on for some 10 ms, at the
    /// expense of whatever runs next. XNN_FLAG_YIELD_WORKERS on the last operator is not enough: a small one
    /// runs without the workers.
    void let_workers_sleep() const {
        if (!pool_) return;
        pthreadpool_parallelize_1d(
            pool_.get(), [](void*, std::size_t) {}, nullptr, size(options_.threads),
            PTHREADPOOL_FLAG_YIELD_WORKERS);
    }

    std::span<float> values(std::size_t id) const {
        const Shape& shape = tensor_shape(network_, static_cast<TensorId>(id));
        return {reinterpret_cast<float*>(arena_.get() + plan_.offsets[id]), size(element_count(shape))};
    }

    std::vector<float> copy(std::size_t id) const {
        const std::span<float> from = values(id);
        return {from.begin(), from.end()};
    }

    const float* tensor(TensorId id) const { return values(static_cast<std::size_t>(id)).data(); }
    float* output_of(std::size_t layer) const { return values(layer + 1).data(); }

    Network network_;
    SessionOptions options_;
    Pool pool_;
    std::vector<std::size_t> last_uses_;
    ActivationPlan plan_;
    Arena arena_;
    MemoryLedger memory_;  // of the operators
    std::vector<Step> steps_;
    std::vector<std::string> kernels_;  // by layer
};

/// The widest of the instruction sets that XNNPACK has f32 convolution kernels for (init.c), which it asks
/// the processor for in this order.
std::string instruction_set() {
#if defined(__x86_64__) || defined(__i386__)
    if (__builtin_cpu_supports("avx512f") != 0) return "AVX-512";
    if (__builtin_cpu_supports("fma") != 0) return "AVX, FMA3";
    return __builtin_cpu_supports("avx") != 0 ? "AVX" : "SSE";
#elif defined(__aarch64__)
    return "NEON";
#else
    return "";
#endif
}

class XnnpackEngine final : public Engine {
  public:
    EngineInfo info() const override {
        return {.name = "xnnpack",
                .version = "",  // neither the header nor the library tells
                .instruction_set = instruction_set(),
                .data_types = {"f32"},
                .note =
                    "operators one by one; pthreadpool; tells neither its version nor its kernels: "
                    "those named follow from its rules"};
    }

    std::unique_ptr<Session> make_session(const Network& network, const Weights& weights,
                                          const SessionOptions& options) const override {
        const xnn_status status = xnn_initialize(&counting_allocator());  // once; later calls only ask
        if (status != xnn_status_success) fail("xnnpack", "does not run here: " + status_text(status));
        return std::make_unique<XnnpackSession>(network, weights, options);
    }
};

}  // namespace

}  // namespace mobilenet_cost

extern "C" __attribute__((visibility("default"))) mobilenet_cost::Engine* mobilenet_cost_engine(
    int engine_interface) {
    static mobilenet_cost::XnnpackEngine engine;
    return engine_interface == mobilenet_cost::kEngineInterface ? &engine : nullptr;
}

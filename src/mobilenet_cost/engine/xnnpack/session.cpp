// XNNPACK as a plug-in, by its operators (operators.h): made ready once, then only run. f32.
//
// Operators and not the subgraph: they are the same kernels, but each layer can be timed inside the pass and
// its output kept, and memory comes from our plan. XNNPACK fuses nothing but an output range, so ReLU and
// ReLU6 are free (since 2024 behind convolutions only) and every other activation is an operator of its own,
// in place behind its layer. A hard sigmoid is clip(x / 6 + 1/2, 0, 1): a 1x1 convolution of one weight and
// one bias per channel, with a range. A swish is a sigmoid, in scratch memory, and a product.
//
// XNNPACK has denormals count as zero on every thread while an operator runs, by itself.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <pthreadpool.h>
#include <xnnpack.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/planned_session.h"
#include "mobilenet_cost/engine/xnnpack/memory.h"
#include "mobilenet_cost/engine/xnnpack/operators.h"

namespace mobilenet_cost {

namespace {

using Pool = std::shared_ptr<pthreadpool>;

/// Null for one thread: then XNNPACK computes on the calling one.
Pool make_pool(int threads) {
    if (threads == 1) return nullptr;
    Pool pool(pthreadpool_create(static_cast<std::size_t>(threads)), pthreadpool_destroy);
    if (!pool) fail("xnnpack", "could not start " + std::to_string(threads) + " threads");
    return pool;
}

/// The part of an activation that an operator does itself.
Range output_range(Activation activation) {
    if (activation == Activation::relu) return {.low = 0};
    if (activation == Activation::relu6) return {.low = 0, .high = 6};
    return {};
}

std::size_t size(std::int64_t count) {
    return static_cast<std::size_t>(count);
}

/// (KH, KW, Ci/G, Co) as (G, Co/G, KH, KW, Ci/G).
std::vector<float> regroup(const Layer& layer, const Conv& conv, const std::vector<float>& filter) {
    const std::size_t taps = size(area(conv.kernel));
    const std::size_t in = size(layer.input.c / conv.groups);
    const std::size_t out = size(layer.output.c);
    std::vector<float> grouped(filter.size());
    for (std::size_t tap = 0; tap < taps; ++tap)
        for (std::size_t i = 0; i < in; ++i)
            for (std::size_t o = 0; o < out; ++o)
                grouped[(o * taps + tap) * in + i] = filter[(tap * in + i) * out + o];
    return grouped;
}

/// For the sigmoids of the largest swish; 0: there is none.
std::size_t sigmoid_bytes(const Network& network) {
    std::int64_t most = 0;
    for (const Layer& layer : network.layers)
        if (layer.activation == Activation::swish) most = std::max(most, element_count(layer.output));
    return most == 0 ? 0 : size(most) * sizeof(float) + XNN_EXTRA_BYTES;
}

class XnnpackSession final : public PlannedSession {
  public:
    XnnpackSession(const Network& network, const Weights& weights, const SessionOptions& options)
        : PlannedSession(network, options, {.engine = "xnnpack", .memory = {.extra_bytes = XNN_EXTRA_BYTES}}),
          pool_(make_pool(options.threads)) {
        MemoryLedger ledger;
        const OperatorSite site{pool_.get(), &ledger};
        sigmoids_ = reinterpret_cast<float*>(scratch_memory(sigmoid_bytes(network)));
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            try {
                add_layer(site, i, weights.layers[i]);
            } catch (const OperatorError& error) {
                fail(layer_name(network, i), cannot_run(error.what()));
            }
        }
        ledger.add_to(held_);
    }

  private:
    void pass(const std::function<void()>& body) override {
        body();
        let_workers_sleep();
    }

    void execute(std::size_t step) override {
        const xnn_status status = xnn_run_operator(operators_[step].get(), pool_.get());
        if (status != xnn_status_success) fail(layer_of(step), cannot_run(status_text(status)));
    }

    /// Between operators the workers wait awake, and after the last one would go on for some 10 ms, at the
    /// expense of whatever runs next. XNN_FLAG_YIELD_WORKERS on the last operator is not enough: a small one
    /// runs without the workers.
    void let_workers_sleep() const {
        if (!pool_) return;
        pthreadpool_parallelize_1d(
            pool_.get(), [](void*, std::size_t) {}, nullptr, size(options().threads),
            PTHREADPOOL_FLAG_YIELD_WORKERS);
    }

    void add_layer(const OperatorSite& site, std::size_t i, const LayerWeights& weights) {
        const Layer& layer = network().layers[i];
        const Range range = output_range(layer.activation);
        if (const auto* conv = std::get_if<Conv>(&layer.kind)) {
            const std::vector<float> filter = regroup(layer, *conv, weights.filter);
            add(i, make_convolution(site, layer, *conv, {filter, weights.bias}, range, operands(i)));
        } else if (std::holds_alternative<GlobalPool>(layer.kind)) {
            add(i, make_pooling(site, layer.input, range, operands(i)));
        } else if (!is_binary(layer)) {
            refuse(i);
        } else {
            const Binary kind = std::holds_alternative<Scale>(layer.kind) ? Binary::product : Binary::sum;
            const std::array<Shape, 2> inputs = {layer.input, tensor_shape(network(), layer.inputs[1])};
            add(i, make_binary(site, kind, inputs, range, operands(i)));
        }
        add_activation(site, i);
    }

    /// What output_range() does not cover, in place.
    void add_activation(const OperatorSite& site, std::size_t i) {
        const Layer& layer = network().layers[i];
        const Operands in_place = {.a = output_of(i), .out = output_of(i)};
        if (layer.activation == Activation::hard_swish) {
            add(i, make_hard_swish(site, layer.output, in_place));
        } else if (layer.activation == Activation::hard_sigmoid) {
            Layer behind = layer;
            behind.input = behind.output;
            const std::size_t channels = size(behind.input.c);
            const LayerWeights weights{std::vector<float>(channels, 1.0F / 6),
                                       std::vector<float>(channels, 0.5)};
            const Conv conv{.groups = behind.input.c, .padding = {}};
            add(i, make_convolution(site, behind, conv, weights, {.low = 0, .high = 1}, in_place));
        } else if (layer.activation == Activation::sigmoid) {
            add(i, make_sigmoid(site, layer.output, in_place));
        } else if (layer.activation == Activation::swish) {
            add(i, make_sigmoid(site, layer.output, {.a = output_of(i), .out = sigmoids_}));
            add(i, make_binary(site, Binary::product, {layer.output, layer.output}, {},
                               {.a = output_of(i), .b = sigmoids_, .out = output_of(i)}));
        }
    }

    void add(std::size_t layer, MadeOperators made) {
        name_kernel(layer, made.kernel);
        for (Operator& next : made.operators) {
            add_step(layer);
            operators_.push_back(std::move(next));
        }
    }

    Operands operands(std::size_t i) const {
        const auto& [a, b] = network().layers[i].inputs;
        return {.a = tensor(a), .b = b == kNoTensor ? nullptr : tensor(b), .out = output_of(i)};
    }

    static std::string cannot_run(const std::string& why) { return "XNNPACK cannot run this layer: " + why; }

    Pool pool_;
    float* sigmoids_ = nullptr;        // of one swish at a time
    std::vector<Operator> operators_;  // by step
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
                    "operators one by one; pthreadpool; reports neither version nor kernels; kernel names "
                    "are inferred"};
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

MOBILENET_COST_ENGINE_MODULE(XnnpackEngine)

// XNNPACK as a plug-in, by its operators (xnnpack_operators.h): made ready once, then only run. f32.
//
// Operators and not the subgraph: they are the same kernels, but each layer can be timed inside the pass and
// its output kept, and memory comes from our plan. XNNPACK fuses nothing but an output range, so ReLU and
// ReLU6 are free (since 2024 behind convolutions only) and every other activation is an operator of its own,
// in place behind its layer. A hard sigmoid is clip(x / 6 + 1/2, 0, 1): a 1x1 convolution of one weight and
// one bias per channel, with a range.
//
// XNNPACK has denormals count as zero on every thread while an operator runs, by itself.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include <pthreadpool.h>
#include <xnnpack.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/activation_plan.h"
#include "mobilenet_cost/engine/arena.h"
#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/engine/thread_limit.h"
#include "mobilenet_cost/engine/xnnpack/memory.h"
#include "mobilenet_cost/engine/xnnpack/operators.h"
#include "mobilenet_cost/model/liveness.h"

namespace mobilenet_cost {

namespace {

struct PoolDelete {
    void operator()(pthreadpool* pool) const { pthreadpool_destroy(pool); }
};
using Pool = std::unique_ptr<pthreadpool, PoolDelete>;

/// Null for one thread: then XNNPACK computes on the calling one.
Pool make_pool(int threads) {
    check_threads("xnnpack", threads);
    if (threads == 1) return nullptr;
    Pool pool(pthreadpool_create(static_cast<std::size_t>(threads)));
    if (!pool) fail("xnnpack", "could not start " + std::to_string(threads) + " threads");
    return pool;
}

/// What an operator does of an activation itself.
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
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            try {
                add_layer(i, weights.layers[i]);
            } catch (const OperatorError& error) {
                fail(layer_name(network, i), cannot_run(error.what()));
            }
        }
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
        const Range range = output_range(layer.activation);
        kernels_.emplace_back();
        if (const auto* conv = std::get_if<Conv>(&layer.kind)) {
            const std::vector<float> filter = regroup(layer, *conv, weights.filter);
            add(i, make_convolution(site(), layer, *conv, {filter, weights.bias}, range, operands(i)));
        } else if (std::holds_alternative<GlobalPool>(layer.kind)) {
            add(i, make_pooling(site(), layer.input, range, operands(i)));
        } else {
            const Binary kind = std::holds_alternative<Scale>(layer.kind) ? Binary::product : Binary::sum;
            const std::array<Shape, 2> inputs = {layer.input, tensor_shape(network_, layer.inputs[1])};
            add(i, make_binary(site(), kind, inputs, range, operands(i)));
        }
        add_activation(i);
    }

    /// What output_range() does not cover, in place.
    void add_activation(std::size_t i) {
        const Layer& layer = network_.layers[i];
        const Operands in_place = {.a = output_of(i), .out = output_of(i)};
        if (layer.activation == Activation::hard_swish) {
            add(i, make_hard_swish(site(), layer.output, in_place));
        } else if (layer.activation == Activation::hard_sigmoid) {
            Layer behind = layer;
            behind.input = behind.output;
            const std::size_t channels = size(behind.input.c);
            const LayerWeights weights{std::vector<float>(channels, 1.0F / 6),
                                       std::vector<float>(channels, 0.5)};
            const Conv conv{.groups = behind.input.c, .padding = {}};
            add(i, make_convolution(site(), behind, conv, weights, {.low = 0, .high = 1}, in_place));
        }
    }

    /// Operators of layer i, whose entry of kernels_ is the last.
    void add(std::size_t i, MadeOperators made) {
        for (Operator& next : made.operators)
            steps_.push_back({std::move(next), i});
        for (Workspace& workspace : made.workspaces)
            workspaces_.push_back(std::move(workspace));
        kernels_.back() += (kernels_.back().empty() ? "" : " + ") + made.kernel;
    }

    OperatorSite site() { return {pool_.get(), &memory_}; }

    Operands operands(std::size_t i) const {
        const std::array<TensorId, 2>& inputs = network_.layers[i].inputs;
        return {.a = tensor(inputs[0]),
                .b = inputs[1] == kNoTensor ? nullptr : tensor(inputs[1]),
                .out = output_of(i)};
    }

    static std::string cannot_run(const std::string& why) { return "XNNPACK cannot run this layer: " + why; }

    void execute(const Step& step) const {
        const xnn_status status = xnn_run_operator(step.made.get(), pool_.get());
        if (status != xnn_status_success)
            fail(layer_name(network_, step.layer), cannot_run(status_text(status)));
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
    std::vector<Workspace> workspaces_;
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

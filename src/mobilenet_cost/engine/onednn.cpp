// oneDNN 2.x (op-descriptor API) as a plug-in. f32 only.
//
// Logical dimensions are oneDNN's (N, C, H, W) and, for filters, (Co, Ci, KH, KW) or (G, Co/G, Ci/G, KH, KW);
// in memory, every activation is NHWC. Left to choose ("any"), oneDNN takes NHWC with AVX-512 and blocks of 8
// channels with AVX2, where NHWC is as fast on separable networks; it must then be asked for on both sides of
// a convolution, or only the unoptimised reference kernel fits. Filters are packed once into the layout that
// the kernel asks for. A layer's activation is a post-op of its primitive, and a residual sum right behind
// its convolution is a post-op of that convolution.
//
// Convolutions use the direct algorithm: Winograd multiplies less than the cost model counts, so that times
// and MACs would no longer be about the same work, and it is less accurate.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <dnnl.hpp>
#include <omp.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "mobilenet_cost/engine/arena.h"
#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/error.h"
#include "mobilenet_cost/liveness.h"

namespace mobilenet_cost {

namespace {

using dnnl::memory;
using Tag = memory::format_tag;

/// What a call into oneDNN needs of the calling thread, undone afterwards. The number of OpenMP threads:
/// oneDNN splits the work by omp_get_max_threads() both when a primitive is made and when it runs, and that
/// is a setting of the calling thread. Denormals count as zero; OpenMP's threads inherit that when they
/// start.
class CallScope {
  public:
    explicit CallScope(int threads) : threads_before_(omp_get_max_threads()) {
        if (threads != threads_before_) omp_set_num_threads(threads);
#if defined(__SSE2__)
        constexpr unsigned kFlushToZero = 0x8000;
        constexpr unsigned kDenormalsAreZero = 0x0040;
        control_before_ = _mm_getcsr();
        _mm_setcsr(control_before_ | kFlushToZero | kDenormalsAreZero);
#endif
    }
    ~CallScope() {
        if (omp_get_max_threads() != threads_before_) omp_set_num_threads(threads_before_);
#if defined(__SSE2__)
        _mm_setcsr(control_before_);
#endif
    }
    CallScope(const CallScope&) = delete;
    CallScope& operator=(const CallScope&) = delete;

  private:
    int threads_before_;
    unsigned control_before_ = 0;
};

memory::desc activation_desc(const Shape& shape) {
    return {{shape.n, shape.c, shape.h, shape.w}, memory::data_type::f32, Tag::nhwc};
}

void append_activation(dnnl::post_ops& ops, Activation activation) {
    using dnnl::algorithm;
    switch (activation) {
        case Activation::none:
            break;
        case Activation::relu:
            ops.append_eltwise(1, algorithm::eltwise_relu, 0, 0);
            break;
        case Activation::relu6:
            ops.append_eltwise(1, algorithm::eltwise_clip, 0, 6);
            break;
        case Activation::hard_swish:
            ops.append_eltwise(1, algorithm::eltwise_hardswish, 0, 0);
            break;
        case Activation::hard_sigmoid:  // clip(x / 6 + 1/2, 0, 1): 2.6 has no primitive of its own for it
            ops.append_eltwise(1, algorithm::eltwise_linear, 1.0F / 6, 0.5F);
            ops.append_eltwise(1, algorithm::eltwise_clip, 0, 1);
            break;
    }
}

dnnl::primitive_attr attributes(const dnnl::post_ops& ops) {
    dnnl::primitive_attr attr;
    attr.set_post_ops(ops);
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attr;
}

dnnl::primitive_attr attributes(Activation activation) {
    dnnl::post_ops ops;
    append_activation(ops, activation);
    return attributes(ops);
}

memory::desc filter_desc(const Layer& layer, const Conv& conv, bool as_stored) {
    const memory::dim in = layer.input.c / conv.groups;
    const memory::dim out = layer.output.c / conv.groups;
    const memory::dim k = conv.kernel;
    if (conv.groups == 1) return {{out, in, k, k}, memory::data_type::f32, as_stored ? Tag::hwio : Tag::any};
    return {{conv.groups, out, in, k, k}, memory::data_type::f32, as_stored ? Tag::hwigo : Tag::any};
}

dnnl::convolution_forward::primitive_desc conv_primitive(const dnnl::engine& engine, const Layer& layer,
                                                         const Conv& conv, const dnnl::post_ops& ops) {
    const memory::desc bias({layer.output.c}, memory::data_type::f32, Tag::x);
    const Padding& pad = conv.padding;
    const dnnl::convolution_forward::desc desc(
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, activation_desc(layer.input),
        filter_desc(layer, conv, false), bias, activation_desc(layer.output), {conv.stride, conv.stride},
        {pad.top, pad.left}, {pad.bottom, pad.right});
    return {desc, attributes(ops), engine};
}

/// The other input of the residual sum `sum` if the sum can be part of the convolution right before it, which
/// then adds into that input's memory: the convolution stays linear, nobody else reads its output, and nobody
/// reads the other input later, or in the convolution itself. The network's own input is never overwritten.
std::optional<TensorId> fused_residual(const Network& network, const std::vector<std::size_t>& last,
                                       std::size_t sum) {
    if (sum == 0 || sum >= network.layers.size()) return std::nullopt;
    const Layer& conv = network.layers[sum - 1];
    const Layer& layer = network.layers[sum];
    if (!std::holds_alternative<Add>(layer.kind) || !std::holds_alternative<Conv>(conv.kind))
        return std::nullopt;
    const auto produced = static_cast<TensorId>(sum);  // by the convolution
    const TensorId other = layer.inputs[layer.inputs[0] == produced ? 1 : 0];
    const bool reads_both = other != produced && layer.inputs[other == layer.inputs[0] ? 1 : 0] == produced;
    const bool dies =
        last[static_cast<std::size_t>(produced)] == sum && last[static_cast<std::size_t>(other)] == sum;
    const bool legal =
        reads_both && dies && other != 0 && conv.inputs[0] != other && conv.activation == Activation::none;
    return legal ? std::optional(other) : std::nullopt;
}

/// A primitive and its arguments, as run() hands them over.
struct Step {
    dnnl::primitive primitive;
    std::vector<dnnl_exec_arg_t> arguments;
    std::size_t layer = 0;
};

class OnednnSession final : public Session {
  public:
    OnednnSession(const Network& network, const Weights& weights, const SessionOptions& options)
        : network_(network),
          options_(options),
          engine_(dnnl::engine::kind::cpu, 0),
          stream_(engine_),
          last_uses_(last_uses(network)) {
        const CallScope scope(options.threads);
        plan_activations();
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            try {
                add_layer(i, weights.layers[i]);
            } catch (const dnnl::error& error) {
                fail(layer_name(network, i), std::string("oneDNN cannot run this layer: ") + error.what());
            }
        }
        add_scratch();
    }

    std::span<float> input() override { return values(0); }

    void run() override {
        const CallScope scope(options_.threads);
        for (const Step& step : steps_)
            execute(step);
    }

    void run_timed(std::span<std::int64_t> nanoseconds) override {
        using Clock = std::chrono::steady_clock;
        const CallScope scope(options_.threads);
        auto start = Clock::now();
        for (const Step& step : steps_) {
            execute(step);
            const auto end = Clock::now();
            nanoseconds[step.layer] += std::chrono::nanoseconds(end - start).count();
            start = end;
        }
    }

    std::vector<float> output() const override { return copy(network_.layers.size()); }

    std::vector<float> layer_output(std::size_t layer) const override {
        if (!options_.keep_activations)
            fail("onednn", "layer outputs are readable with keep_activations only");
        return copy(layer + 1);
    }

    std::vector<std::string> kernels() const override { return kernels_; }

    std::int64_t memory_bytes() const override {
        return static_cast<std::int64_t>(weight_bytes_ + arena_bytes_ + scratch_bytes_);
    }

  private:
    /// The tensor whose memory layer i may write its output into, if there is one: it dies here.
    std::optional<TensorId> overwritten(std::size_t i) const {
        const Layer& layer = network_.layers[i];
        if (const auto residual = fused_residual(network_, last_uses_, i + 1)) return residual;
        if (fused_residual(network_, last_uses_, i)) return static_cast<TensorId>(i);
        const bool element_wise =
            std::holds_alternative<Add>(layer.kind) || std::holds_alternative<Scale>(layer.kind);
        const TensorId first = layer.inputs[0];
        const bool legal = element_wise && first != 0 && first != layer.inputs[1] &&
                           last_uses_[static_cast<std::size_t>(first)] == i;
        return legal ? std::optional(first) : std::nullopt;
    }

    /// One block per tensor, or per chain of tensors that overwrite each other. The input outlives the pass:
    /// it is written once and read by every pass. So does the output.
    void plan_activations() {
        const std::size_t end = network_.layers.size();
        std::vector<ArenaBlock> blocks = {{activation_desc(network_.input).get_size(), 0, end}};
        std::vector<std::size_t> block_of = {0};  // by TensorId
        for (std::size_t i = 0; i < end; ++i) {
            const std::size_t last = options_.keep_activations ? end : std::max(last_uses_[i + 1], i);
            const auto old = options_.keep_activations ? std::nullopt : overwritten(i);
            if (old) {
                block_of.push_back(block_of[static_cast<std::size_t>(*old)]);
                blocks[block_of.back()].last = std::max(blocks[block_of.back()].last, last);
            } else {
                block_of.push_back(blocks.size());
                blocks.push_back({activation_desc(network_.layers[i].output).get_size(), i, last});
            }
        }
        arena_bytes_ = place_blocks(blocks);
        arena_ = make_arena(arena_bytes_);
        for (const std::size_t block : block_of)
            offsets_.push_back(blocks[block].offset);
    }

    void add_layer(std::size_t i, const LayerWeights& weights) {
        const Layer& layer = network_.layers[i];
        if (const auto* conv = std::get_if<Conv>(&layer.kind)) {
            add_conv(i, *conv, weights);
        } else if (std::holds_alternative<GlobalPool>(layer.kind)) {
            add_pool(i);
        } else if (std::holds_alternative<Scale>(layer.kind)) {
            add_binary(i, dnnl::algorithm::binary_mul);
        } else if (!options_.keep_activations && fused_residual(network_, last_uses_, i)) {
            kernels_.push_back("fused into " + layer_name(network_, i - 1));
        } else {
            add_binary(i, dnnl::algorithm::binary_add);
        }
    }

    void add_conv(std::size_t i, const Conv& conv, const LayerWeights& weights) {
        const Layer& layer = network_.layers[i];
        dnnl::post_ops ops;
        append_activation(ops, layer.activation);
        if (!options_.keep_activations && fused_residual(network_, last_uses_, i + 1)) {
            ops.append_sum(1);
            append_activation(ops, network_.layers[i + 1].activation);
        }
        const auto pd = conv_primitive(engine_, layer, conv, ops);
        const memory filter = pack(filter_desc(layer, conv, true), weights.filter, pd.weights_desc());
        const memory bias = pack(pd.bias_desc(), weights.bias, pd.bias_desc());
        add_step(i, pd, dnnl::convolution_forward(pd),
                 {{DNNL_ARG_SRC, tensor(layer.inputs[0])},
                  {DNNL_ARG_WEIGHTS, filter},
                  {DNNL_ARG_BIAS, bias},
                  {DNNL_ARG_DST, output_of(i)}});
    }

    void add_pool(std::size_t i) {
        const Layer& layer = network_.layers[i];
        const dnnl::pooling_forward::desc desc(dnnl::prop_kind::forward_inference,
                                               dnnl::algorithm::pooling_avg_exclude_padding,
                                               activation_desc(layer.input), activation_desc(layer.output),
                                               {1, 1}, {layer.input.h, layer.input.w}, {0, 0}, {0, 0});
        const dnnl::pooling_forward::primitive_desc pd(desc, attributes(layer.activation), engine_);
        add_step(i, pd, dnnl::pooling_forward(pd),
                 {{DNNL_ARG_SRC, tensor(layer.inputs[0])}, {DNNL_ARG_DST, output_of(i)}});
    }

    /// Sum, or product with one value per channel and image.
    void add_binary(std::size_t i, dnnl::algorithm algorithm) {
        const Layer& layer = network_.layers[i];
        const memory second = tensor(layer.inputs[1]);
        const dnnl::binary::desc desc(algorithm, activation_desc(layer.input), second.get_desc(),
                                      activation_desc(layer.output));
        const dnnl::binary::primitive_desc pd(desc, attributes(layer.activation), engine_);
        add_step(i, pd, dnnl::binary(pd),
                 {{DNNL_ARG_SRC_0, tensor(layer.inputs[0])},
                  {DNNL_ARG_SRC_1, second},
                  {DNNL_ARG_DST, output_of(i)}});
    }

    void add_step(std::size_t layer, const dnnl::primitive_desc_base& pd, const dnnl::primitive& primitive,
                  const std::vector<std::pair<int, memory>>& arguments) {
        Step step{primitive, {}, layer};
        for (const auto& [argument, bound] : arguments)
            bind(step, argument, bound);
        steps_.push_back(std::move(step));
        scratch_descs_.push_back(pd.scratchpad_desc());
        scratch_bytes_ = std::max(scratch_bytes_, scratch_descs_.back().get_size());
        kernels_.emplace_back(pd.impl_info_str());
    }

    /// One scratch memory, large enough for any step, shared by all.
    void add_scratch() {
        scratch_ = make_arena(scratch_bytes_);
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (scratch_descs_[i].get_size() == 0) continue;
            bind(steps_[i], DNNL_ARG_SCRATCHPAD, memory(scratch_descs_[i], engine_, scratch_.get()));
        }
    }

    void bind(Step& step, int argument, const memory& bound) {
        memories_.push_back(bound);  // keeps alive what the step's argument refers to
        step.arguments.push_back({argument, bound.get()});
    }

    /// A copy of `values` in the layout that the kernel wants.
    memory pack(const memory::desc& stored, const std::vector<float>& values, const memory::desc& wanted) {
        memory from(stored, engine_, const_cast<float*>(values.data()));  // only read
        memory to(wanted, engine_);
        dnnl::reorder(from, to).execute(stream_, from, to);
        stream_.wait();
        weight_bytes_ += wanted.get_size();
        return to;
    }

    // The C function: dnnl::primitive::execute() builds a list of arguments on every call.
    void execute(const Step& step) const {
        const auto count = static_cast<int>(step.arguments.size());
        const dnnl_status_t status =
            dnnl_primitive_execute(step.primitive.get(), stream_.get(), count, step.arguments.data());
        if (status != dnnl_success) {
            fail(layer_name(network_, step.layer), "oneDNN failed with status " + std::to_string(status));
        }
    }

    std::span<float> values(std::size_t id) const {
        const Shape& shape = tensor_shape(network_, static_cast<TensorId>(id));
        return {reinterpret_cast<float*>(arena_.get() + offsets_[id]),
                static_cast<std::size_t>(element_count(shape))};
    }

    std::vector<float> copy(std::size_t id) const {
        const std::span<float> from = values(id);
        return {from.begin(), from.end()};
    }

    memory tensor(TensorId id) const {
        return {activation_desc(tensor_shape(network_, id)), engine_,
                values(static_cast<std::size_t>(id)).data()};
    }
    memory output_of(std::size_t layer) const { return tensor(static_cast<TensorId>(layer + 1)); }

    Network network_;
    SessionOptions options_;
    dnnl::engine engine_;
    dnnl::stream stream_;
    std::vector<std::size_t> last_uses_;
    std::vector<std::size_t> offsets_;  // into the arena, by TensorId
    Arena arena_;
    Arena scratch_;
    std::vector<memory> memories_;
    std::vector<Step> steps_;
    std::vector<memory::desc> scratch_descs_;  // by step
    std::vector<std::string> kernels_;         // by layer
    std::size_t weight_bytes_ = 0;
    std::size_t arena_bytes_ = 0;
    std::size_t scratch_bytes_ = 0;
};

std::string instruction_set() {
    using dnnl::cpu_isa;
    switch (dnnl::get_effective_cpu_isa()) {
        case cpu_isa::sse41:
            return "SSE4.1";
        case cpu_isa::avx:
            return "AVX";
        case cpu_isa::avx2:
            return "AVX2";
        case cpu_isa::avx2_vnni:
            return "AVX2 VNNI";
        case cpu_isa::avx512_core:
            return "AVX-512";
        case cpu_isa::avx512_core_vnni:
            return "AVX-512 VNNI";
        case cpu_isa::avx512_core_bf16:
            return "AVX-512 BF16";
        case cpu_isa::avx512_core_amx:
            return "AMX";
        default:
            return "";
    }
}

class OnednnEngine final : public Engine {
  public:
    EngineInfo info() const override {
        const dnnl_version_t& version = *dnnl::version();
        return {.name = "onednn",
                .version = std::to_string(version.major) + '.' + std::to_string(version.minor) + '.' +
                           std::to_string(version.patch),
                .instruction_set = instruction_set(),
                .data_types = {"f32"},
                .note = "direct convolutions; OpenMP threads"};
    }

    std::unique_ptr<Session> make_session(const Network& network, const Weights& weights,
                                          const SessionOptions& options) const override {
        if (options.threads < 1) fail("onednn", "the number of threads must be at least 1");
        try {
            return std::make_unique<OnednnSession>(network, weights, options);
        } catch (const dnnl::error& error) {
            fail("onednn", error.what());
        }
    }
};

}  // namespace

}  // namespace mobilenet_cost

extern "C" __attribute__((visibility("default"))) mobilenet_cost::Engine* mobilenet_cost_engine(
    int engine_interface) {
    static mobilenet_cost::OnednnEngine engine;
    return engine_interface == mobilenet_cost::kEngineInterface ? &engine : nullptr;
}

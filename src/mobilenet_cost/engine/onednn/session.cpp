// oneDNN, 2.x or 3.x, as a plug-in. f32 only.
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

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/activation_plan.h"
#include "mobilenet_cost/engine/arena.h"
#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/engine/onednn/descriptors.h"
#include "mobilenet_cost/engine/thread_limit.h"
#include "mobilenet_cost/model/liveness.h"

namespace mobilenet_cost {

namespace {

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
          last_uses_(last_uses(network)),
          plan_(plan()),
          arena_(make_arena(plan_.bytes)) {
        const CallScope scope(options.threads);
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

    SessionMemory memory_use() const override {
        SessionMemory memory = plan_.memory;
        memory.weight_bytes = static_cast<std::int64_t>(weight_bytes_);
        memory.scratch_bytes = static_cast<std::int64_t>(scratch_bytes_);
        return memory;
    }

    SessionRegions regions() const override {
        return {.weights = weight_regions_,
                .others = {{arena_.get(), plan_.bytes}, {scratch_.get(), scratch_bytes_}}};
    }

  private:
    ActivationPlan plan() const {
        const auto overwritten = [this](std::size_t i) {
            if (const auto residual = fused_residual(network_, last_uses_, i + 1)) return residual;
            if (fused_residual(network_, last_uses_, i)) return std::optional(static_cast<TensorId>(i));
            return dying_operand(network_, last_uses_, i);
        };
        return plan_activations(network_,
                                {.keep_all = options_.keep_activations, .overwritten = overwritten});
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
            kernels_.push_back(std::string(kFusedInto) + layer_name(network_, i - 1));
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
        const auto pd = pool_primitive(engine_, layer);
        add_step(i, pd, dnnl::pooling_forward(pd),
                 {{DNNL_ARG_SRC, tensor(layer.inputs[0])}, {DNNL_ARG_DST, output_of(i)}});
    }

    /// Sum, or product with one value per channel and image.
    void add_binary(std::size_t i, dnnl::algorithm algorithm) {
        const Layer& layer = network_.layers[i];
        const memory second = tensor(layer.inputs[1]);
        const auto pd = binary_primitive(engine_, layer, algorithm, second.get_desc());
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
        weight_regions_.push_back({static_cast<const std::byte*>(to.get_data_handle()), wanted.get_size()});
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
        return {reinterpret_cast<float*>(arena_.get() + plan_.offsets[id]),
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
    ActivationPlan plan_;
    Arena arena_;
    Arena scratch_;
    std::vector<memory> memories_;
    std::vector<Step> steps_;
    std::vector<memory::desc> scratch_descs_;  // by step
    std::vector<std::string> kernels_;         // by layer
    std::vector<MemoryRegion> weight_regions_;
    std::size_t weight_bytes_ = 0;
    std::size_t scratch_bytes_ = 0;
};

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
        check_threads("onednn", options.threads);
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

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
#include <cstddef>
#include <string>
#include <utility>

#include <dnnl.hpp>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/onednn/descriptors.h"
#include "mobilenet_cost/engine/planned_session.h"

namespace mobilenet_cost {

namespace {

/// A primitive and its arguments, as run() hands them over.
struct Step {
    dnnl::primitive primitive;
    std::vector<dnnl_exec_arg_t> arguments = {};
};

class OnednnSession final : public PlannedSession {
  public:
    OnednnSession(const Network& network, const Weights& weights, const SessionOptions& options)
        : PlannedSession(network, options, {.engine = "onednn", .sums = SumFusion::in_place}),
          engine_(dnnl::engine::kind::cpu, 0),
          stream_(engine_) {
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

  private:
    void pass(const std::function<void()>& body) override {
        const CallScope scope(options().threads);
        body();
    }

    // The C function: dnnl::primitive::execute() builds a list of arguments on every call.
    void execute(std::size_t index) override {
        const Step& step = steps_[index];
        const auto count = static_cast<int>(step.arguments.size());
        const dnnl_status_t status =
            dnnl_primitive_execute(step.primitive.get(), stream_.get(), count, step.arguments.data());
        if (status != dnnl_success)
            fail(layer_of(index), "oneDNN failed with status " + std::to_string(status));
    }

    void add_layer(std::size_t i, const LayerWeights& weights) {
        const Layer& layer = network().layers[i];
        if (const auto* conv = std::get_if<Conv>(&layer.kind)) {
            add_conv(i, *conv, weights);
        } else if (std::holds_alternative<GlobalPool>(layer.kind)) {
            add_step(i, pool_primitive(engine_, layer), {});
        } else if (std::holds_alternative<Scale>(layer.kind)) {
            add_binary(i, dnnl::algorithm::binary_mul);
        } else if (!std::holds_alternative<Add>(layer.kind)) {
            refuse(i);
        } else if (residual(i)) {
            name_fused(i);
        } else {
            add_binary(i, dnnl::algorithm::binary_add);
        }
    }

    void add_conv(std::size_t i, const Conv& conv, const LayerWeights& weights) {
        const Layer& layer = network().layers[i];
        dnnl::post_ops ops;
        append_activation(ops, layer.activation);
        if (residual(i + 1)) {
            ops.append_sum(1);
            append_activation(ops, network().layers[i + 1].activation);
        }
        const auto pd = conv_primitive(engine_, layer, conv, ops);
        const memory filter = pack(filter_desc(layer, conv, true), weights.filter, pd.weights_desc());
        const memory bias = pack(pd.bias_desc(), weights.bias, pd.bias_desc());
        add_step(i, pd, {{DNNL_ARG_WEIGHTS, filter}, {DNNL_ARG_BIAS, bias}});
    }

    /// Sum, or product with one value per channel and image.
    void add_binary(std::size_t i, dnnl::algorithm algorithm) {
        const Layer& layer = network().layers[i];
        const memory second = activation(layer.inputs[1]);
        add_step(i, binary_primitive(engine_, layer, algorithm, second.get_desc()),
                 {{DNNL_ARG_SRC_1, second}});
    }

    /// `others`: the arguments beside the layer's first input and its output.
    void add_step(std::size_t i, const dnnl::primitive_desc_base& pd,
                  const std::vector<std::pair<int, memory>>& others) {
        PlannedSession::add_step(i, pd.impl_info_str());
        Step& step = steps_.emplace_back(Step{dnnl::primitive(pd.get())});
        bind(step, DNNL_ARG_SRC, activation(network().layers[i].inputs[0]));
        bind(step, DNNL_ARG_DST, activation(static_cast<TensorId>(i + 1)));
        for (const auto& [argument, bound] : others)
            bind(step, argument, bound);
        scratch_descs_.push_back(pd.scratchpad_desc());
    }

    /// One scratch memory, large enough for any step, shared by all.
    void add_scratch() {
        std::size_t bytes = 0;
        for (const memory::desc& desc : scratch_descs_)
            bytes = std::max(bytes, desc.get_size());
        std::byte* const scratch = scratch_memory(bytes);
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (scratch_descs_[i].get_size() == 0) continue;
            bind(steps_[i], DNNL_ARG_SCRATCHPAD, memory(scratch_descs_[i], engine_, scratch));
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
        held_.weights.push_back({static_cast<const std::byte*>(to.get_data_handle()), wanted.get_size()});
        return to;
    }

    memory activation(TensorId id) const {
        return {activation_desc(tensor_shape(network(), id)), engine_, tensor(id)};
    }

    dnnl::engine engine_;
    dnnl::stream stream_;
    std::vector<memory> memories_;
    std::vector<Step> steps_;
    std::vector<memory::desc> scratch_descs_;  // by step
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
        try {
            return std::make_unique<OnednnSession>(network, weights, options);
        } catch (const dnnl::error& error) {
            fail("onednn", error.what());
        }
    }
};

}  // namespace

}  // namespace mobilenet_cost

MOBILENET_COST_ENGINE_MODULE(OnednnEngine)

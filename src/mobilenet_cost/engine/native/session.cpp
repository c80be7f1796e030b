// The engine of this project, with kernels of its own (compute.cpp, docs/kernels.md) and no neural-network
// library. A plug-in, because it needs Highway's and pthreadpool's libraries.
//
// Activations are NHWC, each pixel padded to whole vectors; the network's input is dense. A layer's
// activation, and a residual sum right behind its convolution, are part of the convolution. Work is split
// over outputs and never over a sum, so that results are the same, bit by bit, for every number of threads.

#include "mobilenet_cost/engine/native/int8/session.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include <unistd.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/engine/native/bands.h"
#include "mobilenet_cost/engine/native/conv.h"
#include "mobilenet_cost/engine/native/depthwise.h"
#include "mobilenet_cost/engine/native/plain_steps.h"
#include "mobilenet_cost/engine/native/steps.h"
#include "mobilenet_cost/engine/native/threads.h"
#include "mobilenet_cost/engine/planned_session.h"
#include "mobilenet_cost/model/liveness.h"

namespace mobilenet_cost {

namespace {

/// With the caches that the C library knows of, unless the options say otherwise.
CoreModel core_model(const SessionOptions& options) {
    CoreModel core;
#ifdef _SC_LEVEL1_DCACHE_SIZE
    if (const long bytes = sysconf(_SC_LEVEL1_DCACHE_SIZE); bytes > 0) core.l1_bytes = bytes;
    if (const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE); bytes > 0) core.l2_bytes = bytes;
#endif
    if (options.l2_bytes > 0) core.l2_bytes = options.l2_bytes;
    return core;
}

/// Whether plain_step() runs a layer.
bool is_plain(const Layer& layer) {
    const auto* const scale = std::get_if<Scale>(&layer.kind);
    if (scale != nullptr) return scale->by_value;
    return !std::holds_alternative<Conv>(layer.kind) && !std::holds_alternative<GlobalPool>(layer.kind) &&
           !std::holds_alternative<Add>(layer.kind);
}

/// Whether a layer reads the network's input in whole vectors, as all do but products of matrices.
bool reads_input_by_vectors(const Network& network) {
    return std::any_of(network.layers.begin(), network.layers.end(), [](const Layer& layer) {
        const bool product = std::holds_alternative<Conv>(layer.kind) && !is_plain_depthwise(layer);
        return !product && !is_plain(layer) && (layer.inputs[0] == 0 || layer.inputs[1] == 0);
    });
}

SessionRules session_rules(const Network& network, const SessionOptions& options) {
    SessionRules rules{.engine = "native", .sums = SumFusion::in_output};
    rules.memory.channel_multiple = best_compute_kernels().lanes;
    if (!options.keep_activations)
        rules.memory.together = banded_layers(network, last_uses(network), core_model(options));
    return rules;
}

float* floats(std::byte* memory) {
    return reinterpret_cast<float*>(memory);
}

std::size_t bytes_of(std::int64_t count) {
    return static_cast<std::size_t>(count) * sizeof(float);
}

/// The place of `count` floats among the packed weights; moves `end` to the next cache line behind them.
std::int64_t reserve(std::int64_t& end, std::int64_t count) {
    const std::int64_t place = end;
    end += divide_up(count, kCacheLine) * kCacheLine;
    return place;
}

struct PackedWeights {
    float* filter = nullptr;
    float* bias = nullptr;
};

/// How a convolution runs, and where its filter and biases lie among the packed weights.
struct PlannedConv {
    std::unique_ptr<NativeConv> product;  ///< null: it is depthwise, or the layer is no convolution
    NativeDepthwise depthwise;
    std::int64_t filter = 0;
    std::int64_t bias = 0;
};

class NativeSession final : public PlannedSession {
  public:
    NativeSession(const Network& network, const Weights& weights, const SessionOptions& options,
                  const SessionRules& rules)
        : PlannedSession(network, options, rules),
          shared_{&best_compute_kernels(), options.threads},
          threads_(options.threads),
          convs_(network.layers.size()) {
        if (reads_input_by_vectors(network) && padded(network.input.c) != network.input.c) spread_input();
        make_room_for_repeated();
        pack(weights);
        add_layers(rules.memory.together);
    }

    void run_timed(std::span<std::int64_t> nanoseconds) override {
        time_parts(true);
        PlannedSession::run_timed(nanoseconds);
        time_parts(false);
    }

  private:
    void pass(const std::function<void()>& body) override { threads_.pass(body); }

    void execute(std::size_t step) override { threads_.execute(steps_[step], step + 1 == steps_.size()); }

    void charge(std::size_t step, std::int64_t spent, std::span<std::int64_t> nanoseconds) const override {
        if (const auto& parts = steps_[step].parts) return parts->share(spent, nanoseconds);
        PlannedSession::charge(step, spent, nanoseconds);
    }

    void time_parts(bool on) {
        for (const NativeStep& step : steps_)
            if (step.parts) step.parts->on = on;
    }

    std::int64_t padded(std::int64_t channels) const {
        return divide_up(channels, shared_.kernels->lanes) * shared_.kernels->lanes;
    }

    /// The network's input once more, in whole vectors.
    void spread_input() {
        const Shape& shape = network().input;
        const std::int64_t pixel = padded(shape.c);
        spread_ = floats(scratch_memory(bytes_of(shape.n * shape.h * shape.w * pixel)));
        add(0, spread_step(shape, {tensor(0), shape.c}, {spread_, pixel}));
    }

    void pack(const Weights& weights) {
        const CoreModel core = core_model(options());
        std::int64_t size = 0;  // floats
        for (std::size_t i = 0; i < convs_.size(); ++i)
            if (const auto* conv = std::get_if<Conv>(&network().layers[i].kind)) plan(i, *conv, core, size);
        plain_weights_.resize(convs_.size());
        for (std::size_t i = 0; i < convs_.size(); ++i)
            if (is_plain(network().layers[i])) plain_weights_[i] = weights.layers[i];
        float* const packed = floats(weight_memory(bytes_of(size)));
        for (std::size_t i = 0; i < convs_.size(); ++i)
            if (const auto* conv = std::get_if<Conv>(&network().layers[i].kind))
                pack(i, *conv, weights.layers[i], {packed + convs_[i].filter, packed + convs_[i].bias});
    }

    /// Plans a convolution, whose packed filter depends on it, and makes room behind the first `size` floats.
    void plan(std::size_t i, const Conv& conv, const CoreModel& core, std::int64_t& size) {
        const Layer& layer = network().layers[i];
        const std::int64_t channels = padded(layer.output.c);
        std::int64_t filter = packed_depthwise_size(conv, channels);
        if (!is_depthwise(layer)) {
            convs_[i].product = std::make_unique<NativeConv>(plan_native_conv(
                layer, conv, {shared_.kernels, core, shared_.threads, view(layer.inputs[0]).pixel}));
            filter = packed_filter_size(*convs_[i].product);
        }
        convs_[i].filter = reserve(size, filter);
        convs_[i].bias = reserve(size, channels);
    }

    void pack(std::size_t i, const Conv& conv, const LayerWeights& from, const PackedWeights& to) {
        const Layer& layer = network().layers[i];
        std::copy(from.bias.begin(), from.bias.end(), to.bias);
        if (NativeConv* const product = convs_[i].product.get()) {
            pack_filter(*product, from.filter, to.filter);
            product->filter = to.filter;
            product->bias = to.bias;
            product->input = view(layer.inputs[0]);
            product->output = output_view(i);
            const auto other = residual(i + 1);
            if (other) product->residual = view(*other);
            product->finish = finish_of(network().layers[other ? i + 1 : i].activation);
            return;
        }
        pack_depthwise(conv, padded(layer.output.c), from.filter, to.filter);
        convs_[i].depthwise = plan_depthwise(*shared_.kernels, layer, conv, {to.filter, to.bias});
    }

    /// Where the repeated channels of one depthwise convolution at a time lie.
    void make_room_for_repeated() {
        std::int64_t most = 0;
        for (const Layer& layer : network().layers) {
            if (!is_depthwise(layer) || is_plain_depthwise(layer)) continue;
            most = std::max(most, element_count(layer.input) / layer.input.c * padded(layer.output.c));
        }
        if (most > 0) repeated_ = floats(scratch_memory(bytes_of(most)));
    }

    /// Layers that run band by band are one step.
    void add_layers(const std::vector<LayerRange>& banded) {
        std::int64_t scratch_size = 0;
        for (const LayerRange& range : banded) {
            bands_.push_back(std::make_unique<NativeBands>(band_layers(range), shared_.threads));
            scratch_size = std::max(scratch_size, bands_.back()->scratch_size());
        }
        float* const scratch = scratch_size > 0 ? floats(scratch_memory(bytes_of(scratch_size))) : nullptr;
        std::size_t next = 0;
        for (std::size_t k = 0; k < banded.size(); next = banded[k++].end) {
            add_whole_layers({next, banded[k].begin});
            add_bands(banded[k], *bands_[k], scratch);
        }
        add_whole_layers({next, convs_.size()});
    }

    std::vector<BandLayer> band_layers(const LayerRange& range) const {
        std::vector<BandLayer> layers;
        for (std::size_t i = range.begin; i < range.end; ++i)
            layers.push_back({i, convs_[i].product.get(), convs_[i].depthwise});
        return layers;
    }

    void add_bands(const LayerRange& range, NativeBands& bands, float* scratch) {
        const std::size_t last = range.end - 1;
        const View input = view(network().layers[range.begin].inputs[0]);
        add(last, bands.step({input, output_view(last), convs_[last].product->residual}, scratch));
        for (std::size_t i = range.begin; i < range.end; ++i)
            name_kernel(i, conv_name(i) + ", in bands");
    }

    void add_whole_layers(const LayerRange& range) {
        const std::string target = std::string(":") + shared_.kernels->target;
        for (std::size_t i = range.begin; i < range.end; ++i) {
            const Layer& layer = network().layers[i];
            if (std::holds_alternative<Conv>(layer.kind)) {
                if (is_depthwise(layer) && !is_plain_depthwise(layer))
                    add(i, repeat_step(shared_, layer, view(layer.inputs[0]), repeated(layer)), "repeat");
                add(i, conv_step(i), conv_name(i));
            } else if (!is_runnable(layer)) {
                refuse(i);
            } else if (is_plain(layer)) {
                add(i, plain_step(shared_, layer, plain_views(i), plain_weights_[i]), "plain loops");
            } else if (std::holds_alternative<GlobalPool>(layer.kind)) {
                add(i, pool_step(shared_, layer, views(i)), "mean" + target);
            } else if (std::holds_alternative<Scale>(layer.kind)) {
                add(i, pair_step(shared_, layer, views(i)), "scale" + target);
            } else if (residual(i)) {
                name_fused(i);
            } else {
                add(i, pair_step(shared_, layer, views(i)), "add" + target);
            }
        }
    }

    NativeStep conv_step(std::size_t i) const {
        const NativeConv* const product = convs_[i].product.get();
        if (product == nullptr) {
            const Layer& layer = network().layers[i];
            const View input = is_plain_depthwise(layer) ? view(layer.inputs[0]) : repeated(layer);
            return depthwise_step(shared_, convs_[i].depthwise, {input, {}, output_view(i)});
        }
        return {.tasks = task_count(*product),
                .run = [product](std::int64_t task) { run_task(*product, task); }};
    }

    std::string conv_name(std::size_t i) const {
        return convs_[i].product ? kernel_name(*convs_[i].product)
                                 : depthwise_name(*shared_.kernels, convs_[i].depthwise.conv);
    }

    void add(std::size_t layer, NativeStep step, const std::string& kernel = "") {
        add_step(layer, kernel);
        steps_.push_back(std::move(step));
    }

    /// Of the network's input, the copy in whole vectors where there is one.
    View view(TensorId id) const {
        if (id == 0 && spread_ != nullptr) return {spread_, padded(network().input.c)};
        return {tensor(id), pixel(id)};
    }
    View output_view(std::size_t layer) const { return view(static_cast<TensorId>(layer + 1)); }

    View repeated(const Layer& layer) const { return {repeated_, padded(layer.output.c)}; }

    StepViews views(std::size_t layer) const {
        const auto& [first, second] = network().layers[layer].inputs;
        return {view(first), second == kNoTensor ? View{} : view(second), output_view(layer)};
    }

    PlainViews plain_views(std::size_t i) const {
        PlainViews views{.inputs = {}, .shapes = {}, .output = output_view(i)};
        for_each_input(network().layers[i], [&](TensorId id) {
            views.inputs.push_back(view(id));
            views.shapes.push_back(tensor_shape(network(), id));
        });
        return views;
    }

    StepOptions shared_;
    NativeThreads threads_;
    float* spread_ = nullptr;                  // null: not needed
    float* repeated_ = nullptr;                // null: not needed
    std::vector<PlannedConv> convs_;           // by layer
    std::vector<LayerWeights> plain_weights_;  // by layer; of plain steps alone
    std::vector<std::unique_ptr<NativeBands>> bands_;
    std::vector<NativeStep> steps_;
};

class NativeEngine final : public Engine {
  public:
    EngineInfo info() const override {
        return {.name = "native",
                .version = std::string(build_info().version),
                .instruction_set = best_compute_kernels().target,
                .data_types = {"f32", "i8"},
                .note = std::string("kernels of this project, in ") + compute_library() +
                        "; direct convolutions; pthreadpool"};
    }

    std::unique_ptr<Session> make_session(const Network& network, const Weights& weights,
                                          const SessionOptions& options) const override {
        if (options.scales) return make_native_int8(network, weights, options, core_model(options).l2_bytes);
        return std::make_unique<NativeSession>(network, weights, options, session_rules(network, options));
    }
};

}  // namespace

}  // namespace mobilenet_cost

MOBILENET_COST_ENGINE_MODULE(NativeEngine)

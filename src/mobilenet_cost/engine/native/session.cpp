// The engine of this project, with kernels of its own (kernels/compute.cpp, docs/kernels.md) and no
// neural-network library. A plug-in, because it needs Highway's and pthreadpool's libraries.
//
// Activations are NHWC, each pixel padded to whole vectors; the network's input is dense. A layer's
// activation, and a residual sum right behind its convolution, are part of the convolution. Work is split
// over outputs and never over a sum, so that results are the same, bit by bit, for every number of threads.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

#include <unistd.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/activation_plan.h"
#include "mobilenet_cost/engine/arena.h"
#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/engine/native/bands.h"
#include "mobilenet_cost/engine/native/conv.h"
#include "mobilenet_cost/engine/native/depthwise.h"
#include "mobilenet_cost/engine/native/fusion.h"
#include "mobilenet_cost/engine/native/steps.h"
#include "mobilenet_cost/engine/native/threads.h"
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

std::size_t bytes_of(std::int64_t floats) {
    return static_cast<std::size_t>(floats) * sizeof(float);
}

/// Memory for `floats` values from `bytes` on, which it moves to the next cache line behind them.
std::size_t reserve(std::size_t& bytes, std::int64_t floats) {
    const std::size_t place = bytes;
    bytes += (bytes_of(floats) + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
    return place;
}

/// A layer's filter and biases among all packed weights.
struct WeightPlace {
    std::size_t filter = 0;
    std::size_t bias = 0;
};

class NativeSession final : public Session {
  public:
    NativeSession(const Network& network, const Weights& weights, const SessionOptions& options)
        : network_(network),
          options_(options),
          shared_{&best_compute_kernels(), options.threads},
          threads_(options.threads),
          last_uses_(last_uses(network)),
          core_(core_model(options)),
          banded_(options.keep_activations ? std::vector<LayerRange>()
                                           : banded_layers(network, last_uses_, core_)),
          plan_(plan()),
          arena_(make_arena(plan_.bytes)) {
        if (reads_input_by_vectors(network_) && padded(network_.input.c) != network_.input.c) spread_input();
        place_weights();
        for (std::size_t i = 0; i < network.layers.size(); ++i)
            add_layer(i, weights.layers[i]);
        make_bands();
    }

    std::span<float> input() override {
        return {values(0), static_cast<std::size_t>(element_count(network_.input))};
    }

    void run() override {
        threads_.pass([this] {
            for (const NativeStep& step : steps_)
                threads_.execute(step, &step == &steps_.back());
        });
    }

    void run_timed(std::span<std::int64_t> nanoseconds) override {
        using Clock = std::chrono::steady_clock;
        threads_.pass([&] {
            auto start = Clock::now();
            for (const NativeStep& step : steps_) {
                if (step.parts) start_parts(*step.parts);
                threads_.execute(step, &step == &steps_.back());
                const auto end = Clock::now();
                const std::int64_t spent = std::chrono::nanoseconds(end - start).count();
                if (step.parts) {
                    share(spent, *step.parts, nanoseconds);
                } else {
                    nanoseconds[step.layer] += spent;
                }
                start = end;
            }
        });
    }

    std::vector<float> output() const override { return copy(network_.layers.size()); }

    std::vector<float> layer_output(std::size_t layer) const override {
        if (!options_.keep_activations)
            fail("native", "layer outputs are readable with keep_activations only");
        return copy(layer + 1);
    }

    std::vector<std::string> kernels() const override { return kernel_names_; }

    SessionMemory memory_use() const override {
        SessionMemory memory = plan_.memory;
        memory.weight_bytes = static_cast<std::int64_t>(weight_bytes_);
        memory.scratch_bytes = static_cast<std::int64_t>(spread_bytes_ + scratch_bytes_);
        return memory;
    }

    SessionRegions regions() const override {
        return {.weights = {{weights_.get(), weight_bytes_}},
                .others = {{arena_.get(), plan_.bytes},
                           {spread_.get(), spread_bytes_},
                           {scratch_.get(), scratch_bytes_}}};
    }

  private:
    bool fused(std::size_t sum) const {
        return !options_.keep_activations && residual_of(network_, last_uses_, sum).has_value();
    }

    ActivationPlan plan() const {
        const auto overwritten = [this](std::size_t i) {
            return fused(i) ? std::optional(static_cast<TensorId>(i))
                            : dying_operand(network_, last_uses_, i);
        };
        return plan_activations(network_, {.keep_all = options_.keep_activations,
                                           .channel_multiple = shared_.kernels->lanes,
                                           .overwritten = overwritten,
                                           .together = banded_});
    }

    std::int64_t padded(std::int64_t channels) const {
        return divide_up(channels, shared_.kernels->lanes) * shared_.kernels->lanes;
    }

    /// The network's input once more, in whole vectors.
    void spread_input() {
        const Shape& shape = network_.input;
        const std::int64_t pixel = padded(shape.c);
        spread_bytes_ = bytes_of(shape.n * shape.h * shape.w * pixel);
        spread_ = make_arena(spread_bytes_);
        steps_.push_back(
            spread_step(shape, {values(0), shape.c}, {reinterpret_cast<float*>(spread_.get()), pixel}));
    }

    /// Plans the products of matrices, whose packed filters depend on it, and makes room for all weights.
    void place_weights() {
        for (const Layer& layer : network_.layers) {
            std::unique_ptr<NativeConv> product;
            WeightPlace place;
            if (const auto* conv = std::get_if<Conv>(&layer.kind)) {
                const std::int64_t pixel = padded(layer.output.c);
                std::int64_t filter = conv->kernel * conv->kernel * pixel;
                if (!runs_depthwise(layer, *conv)) {
                    product = std::make_unique<NativeConv>(plan_native_conv(
                        layer, *conv,
                        {shared_.kernels, core_, options_.threads, view(layer.inputs[0]).pixel}));
                    filter = packed_filter_size(*product);
                }
                place = {reserve(weight_bytes_, filter), reserve(weight_bytes_, pixel)};
            }
            products_.push_back(std::move(product));
            weight_places_.push_back(place);
        }
        weights_ = make_arena(weight_bytes_);
    }

    void add_layer(std::size_t i, const LayerWeights& weights) {
        const Layer& layer = network_.layers[i];
        if (products_[i]) {
            add_product(i, weights);
        } else if (const auto* conv = std::get_if<Conv>(&layer.kind)) {
            add_depthwise(i, *conv, weights);
        } else if (std::holds_alternative<GlobalPool>(layer.kind)) {
            add_step(i, pool_step(shared_, layer, views(i)), with_target("mean"));
        } else if (std::holds_alternative<Scale>(layer.kind)) {
            add_step(i, product_step(shared_, layer, views(i)), with_target("scale"));
        } else if (fused(i)) {
            kernel_names_.push_back(std::string(kFusedInto) + layer_name(network_, i - 1));
        } else {
            add_step(i, sum_step(shared_, layer, views(i)), with_target("add"));
        }
    }

    void add_product(std::size_t i, const LayerWeights& weights) {
        NativeConv& conv = *products_[i];
        pack_filter(conv, weights.filter, packed(weight_places_[i].filter));
        std::copy(weights.bias.begin(), weights.bias.end(), packed(weight_places_[i].bias));
        conv.filter = packed(weight_places_[i].filter);
        conv.bias = packed(weight_places_[i].bias);
        conv.input = view(network_.layers[i].inputs[0]);
        conv.output = view(static_cast<TensorId>(i + 1));
        conv.finish = finish_of(network_.layers[i].activation);
        if (fused(i + 1)) {
            conv.residual = view(*residual_of(network_, last_uses_, i + 1));
            conv.finish = finish_of(network_.layers[i + 1].activation);
        }
        const auto run = [&conv](std::int64_t task) { run_task(conv, task); };
        add_step(i, {.layer = i, .tasks = task_count(conv), .run = run}, kernel_name(conv));
    }

    void add_depthwise(std::size_t i, const Conv& conv, const LayerWeights& weights) {
        const std::int64_t channels = network_.layers[i].output.c;
        float* const filter = packed(weight_places_[i].filter);
        for (std::int64_t tap = 0; tap < conv.kernel * conv.kernel; ++tap)
            std::copy_n(weights.filter.data() + tap * channels, channels, filter + tap * padded(channels));
        float* const bias = packed(weight_places_[i].bias);
        std::copy(weights.bias.begin(), weights.bias.end(), bias);
        depthwise_.resize(network_.layers.size());
        depthwise_[i] = plan_depthwise(*shared_.kernels, network_.layers[i], conv, {filter, bias});
        add_step(i, depthwise_step(shared_, depthwise_[i], views(i)), depthwise_name(*shared_.kernels, conv));
    }

    /// Replaces the steps of layers that run band by band.
    void make_bands() {
        std::int64_t scratch = 0;
        for (const LayerRange& range : banded_) {
            std::vector<BandLayer> layers;
            for (std::size_t i = range.begin; i < range.end; ++i)
                layers.push_back({i, products_[i].get(), products_[i] ? NativeDepthwise() : depthwise_[i]});
            bands_.push_back(std::make_unique<NativeBands>(std::move(layers), options_.threads));
            scratch = std::max(scratch, bands_.back()->scratch_size());
        }
        scratch_bytes_ = bytes_of(scratch);
        if (scratch > 0) scratch_ = make_arena(scratch_bytes_);
        for (std::size_t k = 0; k < banded_.size(); ++k)
            replace_steps(banded_[k], *bands_[k]);
    }

    void replace_steps(const LayerRange& range, NativeBands& bands) {
        const auto inside = [&](const NativeStep& step) {
            return range.begin <= step.layer && step.layer < range.end;
        };
        const auto first = std::find_if(steps_.begin() + (spread_ ? 1 : 0), steps_.end(), inside);
        const auto end = std::find_if_not(first, steps_.end(), inside);
        const View residual = products_[range.end - 1]->residual;
        *first = bands.step(
            {view(network_.layers[range.begin].inputs[0]), view(static_cast<TensorId>(range.end)), residual},
            reinterpret_cast<float*>(scratch_.get()));
        steps_.erase(first + 1, end);
        for (std::size_t i = range.begin; i < range.end; ++i)
            kernel_names_[i] += ", in bands";
    }

    static void start_parts(PartTimes& parts) {
        for (std::atomic<std::int64_t>& part : parts.nanoseconds)
            part = 0;
        parts.on = true;
    }

    /// The step's time among its layers, by the time that the threads spent in each.
    static void share(std::int64_t spent, PartTimes& parts, std::span<std::int64_t> nanoseconds) {
        parts.on = false;
        double sum = 0;
        for (const std::int64_t part : parts.nanoseconds)
            sum += static_cast<double>(part + 1);
        for (std::size_t i = 0; i < parts.layers.size(); ++i) {
            const double fraction = static_cast<double>(parts.nanoseconds[i] + 1) / sum;
            nanoseconds[parts.layers[i]] +=
                std::max<std::int64_t>(1, std::llround(fraction * static_cast<double>(spent)));
        }
    }

    void add_step(std::size_t i, NativeStep step, std::string kernel) {
        step.layer = i;
        steps_.push_back(std::move(step));
        kernel_names_.push_back(std::move(kernel));
    }

    std::string with_target(const std::string& kernel) const {
        return kernel + ":" + shared_.kernels->target;
    }

    float* packed(std::size_t place) const { return reinterpret_cast<float*>(weights_.get() + place); }

    float* values(std::size_t id) const { return reinterpret_cast<float*>(arena_.get() + plan_.offsets[id]); }

    /// Of the network's input, the copy in whole vectors where there is one.
    View view(TensorId id) const {
        const std::int64_t channels = tensor_shape(network_, id).c;
        if (id != 0) return {values(static_cast<std::size_t>(id)), padded(channels)};
        if (spread_) return {reinterpret_cast<float*>(spread_.get()), padded(channels)};
        return {values(0), channels};
    }

    StepViews views(std::size_t layer) const {
        const auto& [first, second] = network_.layers[layer].inputs;
        return {view(first), second == kNoTensor ? View{} : view(second),
                view(static_cast<TensorId>(layer + 1))};
    }

    /// A layer's output without what pads its pixels.
    std::vector<float> copy(std::size_t id) const {
        const Shape& shape = tensor_shape(network_, static_cast<TensorId>(id));
        const View from = view(static_cast<TensorId>(id));
        std::vector<float> dense(static_cast<std::size_t>(element_count(shape)));
        for (std::int64_t pixel = 0; pixel < shape.n * shape.h * shape.w; ++pixel)
            std::copy_n(from.values + pixel * from.pixel, shape.c, dense.data() + pixel * shape.c);
        return dense;
    }

    Network network_;
    SessionOptions options_;
    StepOptions shared_;
    NativeThreads threads_;
    std::vector<std::size_t> last_uses_;
    CoreModel core_;
    std::vector<LayerRange> banded_;
    ActivationPlan plan_;
    Arena arena_;
    Arena spread_;  // null: not needed
    std::size_t spread_bytes_ = 0;
    std::vector<std::unique_ptr<NativeConv>> products_;  // by layer; null: the layer is none
    std::vector<NativeDepthwise> depthwise_;             // by layer
    std::vector<std::unique_ptr<NativeBands>> bands_;
    Arena scratch_;  // null: not needed
    std::size_t scratch_bytes_ = 0;
    std::vector<WeightPlace> weight_places_;  // by layer
    Arena weights_;
    std::size_t weight_bytes_ = 0;
    std::vector<NativeStep> steps_;
    std::vector<std::string> kernel_names_;  // by layer
};

class NativeEngine final : public Engine {
  public:
    EngineInfo info() const override {
        return {.name = "native",
                .version = std::string(build_info().version),
                .instruction_set = best_compute_kernels().target,
                .data_types = {"f32"},
                .note = std::string("kernels of this project, in ") + compute_library() +
                        "; direct convolutions; pthreadpool"};
    }

    std::unique_ptr<Session> make_session(const Network& network, const Weights& weights,
                                          const SessionOptions& options) const override {
        return std::make_unique<NativeSession>(network, weights, options);
    }
};

}  // namespace

}  // namespace mobilenet_cost

extern "C" __attribute__((visibility("default"))) mobilenet_cost::Engine* mobilenet_cost_engine(
    int engine_interface) {
    static mobilenet_cost::NativeEngine engine;
    return engine_interface == mobilenet_cost::kEngineInterface ? &engine : nullptr;
}

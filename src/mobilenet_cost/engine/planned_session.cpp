#include "mobilenet_cost/engine/planned_session.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/thread_limits.h"
#include "mobilenet_cost/model/liveness.h"

namespace mobilenet_cost {

namespace {

void check_threads(const std::string& engine, int threads) {
    if (threads < 1) fail(engine, "the number of threads must be at least 1");
    const int most = std::max(64, 4 * static_cast<int>(std::thread::hardware_concurrency()));
    if (threads > most) {
        fail(engine,
             "runs on at most " + std::to_string(most) + " threads here, not on " + std::to_string(threads));
    }
    const std::string refusal = threads == 1 ? "" : thread_refusal(threads - 1);
    if (!refusal.empty()) fail(engine, "only " + refusal);
}

/// See SumFusion; `last` are the last_uses() of the network.
std::optional<TensorId> fused_residual(const Network& network, const std::vector<std::size_t>& last,
                                       SumFusion fusion, std::size_t sum) {
    if (sum == 0 || fusion == SumFusion::none) return std::nullopt;
    const Layer& conv = network.layers[sum - 1];
    const Layer& layer = network.layers[sum];
    const auto& [a, b] = layer.inputs;
    const auto produced = static_cast<TensorId>(sum);  // by the convolution
    const bool once = (a == produced) != (b == produced);
    if (!once || !std::holds_alternative<Add>(layer.kind) || !std::holds_alternative<Conv>(conv.kind) ||
        conv.activation != Activation::none || last[sum] != sum)
        return std::nullopt;
    const TensorId other = a == produced ? b : a;
    const bool dies = last[static_cast<std::size_t>(other)] == sum;
    const bool legal =
        fusion == SumFusion::in_place ? dies && other != 0 && conv.inputs[0] != other : !is_depthwise(conv);
    return legal ? std::optional(other) : std::nullopt;
}

}  // namespace

PlannedSession::PlannedSession(const Network& network, const SessionOptions& options,
                               const SessionRules& rules)
    : network_(network),
      options_(options),
      engine_(rules.engine),
      channel_multiple_(rules.memory.channel_multiple),
      kernels_(network.layers.size()) {
    check_threads(engine_, options.threads);
    const std::vector<std::size_t> last = last_uses(network);
    const SumFusion fusion = options.keep_activations ? SumFusion::none : rules.sums;
    for (std::size_t i = 0; i < network.layers.size(); ++i)
        residuals_.push_back(fused_residual(network, last, fusion, i));
    const auto overwritten = [&](std::size_t i) {
        if (fusion == SumFusion::in_place && residual(i + 1)) return residual(i + 1);
        return residual(i) ? std::optional(static_cast<TensorId>(i)) : dying_operand(network, last, i);
    };
    ActivationRules memory = rules.memory;
    memory.keep_all = options.keep_activations;
    memory.overwritten = overwritten;
    plan_ = plan_activations(network, memory);
    memory_ = hold(held_.others, plan_.bytes);
}

std::span<float> PlannedSession::input() {
    return {tensor(0), static_cast<std::size_t>(element_count(network_.input))};
}

void PlannedSession::run() {
    prepare();
    pass([this] {
        for (std::size_t step = 0; step < step_count(); ++step)
            execute(step);
    });
}

void PlannedSession::run_timed(std::span<std::int64_t> nanoseconds) {
    using Clock = std::chrono::steady_clock;
    prepare();
    pass([&] {
        auto start = Clock::now();
        for (std::size_t step = 0; step < step_count(); ++step) {
            execute(step);
            const auto end = Clock::now();
            charge(step, std::chrono::nanoseconds(end - start).count(), nanoseconds);
            start = end;
        }
    });
}

void PlannedSession::charge(std::size_t step, std::int64_t spent, std::span<std::int64_t> nanoseconds) const {
    nanoseconds[step_layers_[step]] += spent;
}

std::vector<float> PlannedSession::output() const {
    std::vector<float> values;
    for (const TensorId id : output_tensors(network_)) {
        const std::vector<float> one = copy(id);
        values.insert(values.end(), one.begin(), one.end());
    }
    return values;
}

void PlannedSession::refuse(std::size_t layer) const {
    fail(layer_name(network_, layer),
         fmt::format("{} has no kernel for {}", engine_, op_name(network_.layers[layer])));
}

std::vector<float> PlannedSession::layer_output(std::size_t layer) const {
    if (!options_.keep_activations) fail(engine_, "layer outputs are readable with keep_activations only");
    return copy(static_cast<TensorId>(layer + 1));
}

SessionMemory PlannedSession::memory_use() const {
    const auto bytes_of = [](const std::vector<MemoryRegion>& regions) {
        std::int64_t sum = 0;
        for (const MemoryRegion& region : regions)
            sum += static_cast<std::int64_t>(region.bytes);
        return sum;
    };
    SessionMemory memory = plan_.memory;
    memory.weight_bytes = bytes_of(held_.weights);
    memory.scratch_bytes = bytes_of(held_.others) - memory.activation_bytes;
    return memory;
}

std::optional<TensorId> PlannedSession::residual(std::size_t sum) const {
    return sum < residuals_.size() ? residuals_[sum] : std::nullopt;
}

std::int64_t PlannedSession::pixel(TensorId id) const {
    const std::int64_t channels = tensor_shape(network_, id).c;
    if (id == 0) return channels;  // written by the caller
    return (channels + channel_multiple_ - 1) / channel_multiple_ * channel_multiple_;
}

void PlannedSession::add_step(std::size_t layer, const std::string& kernel) {
    step_layers_.push_back(layer);
    name_kernel(layer, kernel);
}

void PlannedSession::name_kernel(std::size_t layer, const std::string& kernel) {
    const bool both = !kernels_[layer].empty() && !kernel.empty();
    kernels_[layer] += (both ? " + " : "") + kernel;
}

void PlannedSession::name_fused(std::size_t sum) {
    kernels_[sum] = std::string(kFusedInto) + layer_name(network_, sum - 1);
}

std::byte* PlannedSession::hold(std::vector<MemoryRegion>& regions, std::size_t bytes) {
    arenas_.push_back(make_arena(bytes));
    regions.push_back({arenas_.back().get(), bytes});
    return arenas_.back().get();
}

/// Without what pads the pixels.
std::vector<float> PlannedSession::copy(TensorId id) const {
    const Shape& shape = tensor_shape(network_, id);
    std::vector<float> dense(static_cast<std::size_t>(element_count(shape)));
    for (std::int64_t i = 0; i < shape.n * shape.h * shape.w; ++i)
        std::copy_n(tensor(id) + i * pixel(id), shape.c, dense.data() + i * shape.c);
    return dense;
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/measure/isolated_layers.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/measure/calibration.h"
#include "mobilenet_cost/measure/layer_recorder.h"
#include "mobilenet_cost/measure/session_setup.h"

namespace mobilenet_cost {

namespace {

/// Shorter than for whole networks: there are hundreds of cells, and each repeats the same few kernels.
constexpr double kBlockSeconds = 0.002;

/// Appends a layer that reads `inputs` and returns the tensor that it writes.
TensorId append(Network& network, Layer layer, TensorId first, TensorId second = kNoTensor) {
    layer.inputs = {first, second};
    network.layers.push_back(layer);
    return static_cast<TensorId>(network.layers.size());
}

Layer helper(const LayerKind& kind, std::int32_t block, const Shape& input, const Shape& output) {
    return {.kind = kind, .block = block, .input = input, .output = output};
}

/// Convolution and sum: the other addend comes from a convolution of the same shape.
void append_with_sum(const Network& from, std::size_t index, IsolatedLayer& isolated) {
    const Layer& conv = from.layers[index];
    const Layer& sum = from.layers[index + 1];
    const TensorId other = append(isolated.network, conv, 0);
    const TensorId produced = append(isolated.network, conv, 0);
    const bool produced_first = sum.inputs[0] == static_cast<TensorId>(index + 1);
    append(isolated.network, sum, produced_first ? produced : other, produced_first ? other : produced);
    isolated.first = 1;
    isolated.count = 2;
}

/// Sum or product: the first operand is not the network's input, so that it may be overwritten as there.
void append_binary(const Layer& layer, IsolatedLayer& isolated) {
    Network& network = isolated.network;
    const TensorId first = append(network, helper(Add{}, layer.block, layer.input, layer.input), 0, 0);
    TensorId second = 0;
    if (const auto* const scale = std::get_if<Scale>(&layer.kind); scale != nullptr && !scale->by_value) {
        const Shape gate{layer.input.n, 1, 1, layer.input.c};
        second = append(network, helper(GlobalPool{}, layer.block, layer.input, gate), 0);
    }
    append(network, layer, first, second);
    isolated.first = network.layers.size() - 1;
}

/// The second input is made of the first: as many channels, then as many rows and columns.
void append_matmul(const Network& from, const Layer& layer, IsolatedLayer& isolated) {
    Network& network = isolated.network;
    const Shape second = tensor_shape(from, layer.inputs[1]);
    Shape narrow = layer.input;
    narrow.c = second.c;
    const LayerKind fit = narrow.c > layer.input.c ? LayerKind(Pad{.padding = {}}) : LayerKind(Slice{});
    const TensorId channels = append(network, helper(fit, layer.block, layer.input, narrow), 0);
    const TensorId matrix = append(network, helper(Resize{}, layer.block, narrow, second), channels);
    append(network, layer, 0, matrix);
    isolated.first = network.layers.size() - 1;
}

/// Slices of one tensor as wide as all the parts make what it joins.
void append_concat(const Network& from, const Layer& layer, IsolatedLayer& isolated) {
    Network& network = isolated.network;
    network.input = layer.output;
    Layer concat = layer;
    std::int64_t channel = 0;
    for_each_input(concat, [&](TensorId& id) {
        const Shape shape = tensor_shape(from, id);
        id = append(network, helper(Slice{.begin = channel}, layer.block, layer.output, shape), 0);
        channel += shape.c;
    });
    network.layers.push_back(concat);
    isolated.first = network.layers.size() - 1;
}

/// The session of an isolated layer and its recorder, which has one range.
struct Recorded {
    std::unique_ptr<Session> session;
    std::shared_ptr<LayerRecorder> recorder;  // null: fused into the layer before it
    std::string kernel;
};

/// Only a sum right behind its convolution: a layer that an engine fuses in another way is timed by itself.
bool is_fused(const Network& network, const std::vector<std::string>& kernels, std::size_t layer) {
    if (layer == 0 || layer >= kernels.size()) return false;
    return std::holds_alternative<Add>(network.layers[layer].kind) &&
           std::holds_alternative<Conv>(network.layers[layer - 1].kind) &&
           kernels[layer] == std::string(kFusedInto) + layer_name(network, layer - 1);
}

/// One target's cells: whole passes first, then a recorder for each layer that is not fused.
struct TargetCells {
    std::vector<std::string> kernels;  // of the whole network's session
    std::size_t whole = 0;             // index of the cell; the recorders' cells follow
    std::vector<Recorded> layers;
    std::string failure;
    bool late = false;  // the time limit is the failure
};

Recorded record_layer(const Network& network, const Weights& weights, std::size_t layer, bool with_sum,
                      const IsolatedTarget& target) {
    const IsolatedLayer isolated = isolate_layer(network, weights, layer, with_sum);
    Recorded made;
    made.session =
        make_ready_session(*target.engine, isolated.network, isolated.weights, {.threads = target.threads});
    made.kernel = made.session->kernels()[isolated.first];
    made.recorder = std::make_shared<LayerRecorder>(*made.session, isolated.network.layers.size(),
                                                    std::vector{LayerRange{isolated.first, isolated.count}});
    return made;
}

/// Throws what the engine throws.
TargetCells make_target_cells(const Network& network, const Weights& weights, const IsolatedTarget& target,
                              const std::function<bool()>& too_late) {
    TargetCells made;
    made.kernels = target.whole.session->kernels();
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        made.late = too_late();
        if (made.late) {
            made.failure = kNotMadeReady;
            break;
        }
        const bool with_sum = is_fused(network, made.kernels, i + 1);
        made.layers.push_back(is_fused(network, made.kernels, i)
                                  ? Recorded{}
                                  : record_layer(network, weights, i, with_sum, target));
    }
    return made;
}

void add_cells(const IsolatedTarget& target, TargetCells& made, std::vector<MeasuredCell>& cells) {
    made.whole = cells.size();
    cells.push_back(plain_cell(*target.whole.session, target.whole.pin_cpu, target.whole.before_pass));
    for (const Recorded& layer : made.layers) {
        if (!layer.recorder) continue;
        cells.push_back(recorded_cell(layer.recorder, target.whole.pin_cpu,
                                      target.before_pass ? target.before_pass(*layer.session) : nullptr));
    }
}

/// Why this profile cannot be made; empty: it can.
std::string obstacle(const Network& network, const TargetCells& made, const std::vector<CellSamples>& samples,
                     Ended ended) {
    std::string reason = missing_times(samples[made.whole], ended);
    std::size_t cell = made.whole;
    for (std::size_t i = 0; i < made.layers.size() && reason.empty(); ++i) {
        if (!made.layers[i].recorder) continue;
        reason = missing_times(samples[++cell], ended);
        if (!reason.empty()) reason = fmt::format("{}: {}", layer_name(network, i), reason);
    }
    return reason;
}

BenchStatus status_of(const TargetCells& made, const std::string& reason, const Measurement& measurement,
                      const MeasureHooks& hooks) {
    if (reason.empty()) return BenchStatus::ok;
    if (made.late ||
        (made.failure.empty() && measurement.order.empty() && measurement.ended == Ended::time_limit))
        return BenchStatus::late;
    const bool interrupted = made.failure.empty() && hooks.stop != nullptr && hooks.stop->load();
    return interrupted ? BenchStatus::skipped : BenchStatus::failed;
}

void fill(const Network& network, const TargetCells& made, double confidence, LayerProfile& profile) {
    for (std::size_t i = 0; i < made.layers.size(); ++i) {
        const LayerRecorder* recorder = made.layers[i].recorder.get();
        LayerTime time =
            describe_layer(network, i, recorder != nullptr ? made.layers[i].kernel : made.kernels[i],
                           read_typed_name(profile.engine).data_type);
        if (recorder != nullptr) {
            recorder->set_times(0, confidence, time);
            profile.passes =
                profile.passes == 0 ? recorder->passes() : std::min(profile.passes, recorder->passes());
        }
        profile.layers.push_back(std::move(time));
    }
}

}  // namespace

IsolatedLayer isolate_layer(const Network& network, const Weights& weights, std::size_t index,
                            bool with_sum) {
    const Layer& layer = network.layers[index];
    IsolatedLayer isolated;
    isolated.network.block_names = network.block_names;
    isolated.network.input = layer.input;
    if (with_sum) {
        append_with_sum(network, index, isolated);
    } else if (is_binary(layer)) {
        append_binary(layer, isolated);
    } else if (std::holds_alternative<MatMul>(layer.kind)) {
        append_matmul(network, layer, isolated);
    } else if (std::holds_alternative<Concat>(layer.kind)) {
        append_concat(network, layer, isolated);
    } else {
        append(isolated.network, layer, 0);
    }
    check_network(isolated.network);
    isolated.weights = make_weights(isolated.network, kDataSeed);
    isolated.weights.layers[isolated.first] = weights.layers[index];
    return isolated;
}

void measure_isolated_layers(const Network& network, const Weights& weights,
                             const std::vector<IsolatedTarget>& targets, const MeasureSettings& settings,
                             const MeasureHooks& hooks, std::vector<LayerProfile>& profiles) {
    std::vector<TargetCells> made(targets.size());
    std::vector<MeasuredCell> cells;
    const Stopwatch watch(hooks.world->clock());
    const auto too_late = [&] { return is_late(watch, settings.max_seconds); };
    for (std::size_t i = 0; i < targets.size(); ++i) {
        try {
            made[i] = make_target_cells(network, weights, targets[i], too_late);
            if (!made[i].late) add_cells(targets[i], made[i], cells);
        } catch (...) {
            made[i].failure = current_failure().reason;
        }
    }
    MeasureSettings short_blocks = settings;
    short_blocks.block_seconds = std::min(settings.block_seconds, kBlockSeconds);
    const Measurement measurement = measure(cells, short_blocks, hooks);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        LayerProfile& profile = profiles[targets[i].whole.profile];
        profile.reason = made[i].failure.empty()
                             ? obstacle(network, made[i], measurement.cells, measurement.ended)
                             : made[i].failure;
        profile.status = status_of(made[i], profile.reason, measurement, hooks);
        if (profile.status != BenchStatus::ok) continue;
        fill(network, made[i], settings.confidence, profile);
        summarize_layers(measurement.cells[made[i].whole], settings.confidence, profile);
    }
}

}  // namespace mobilenet_cost

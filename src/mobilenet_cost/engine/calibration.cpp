#include "mobilenet_cost/engine/calibration.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace mobilenet_cost {

namespace {

constexpr int kRangeBits = 10;
constexpr TensorScale kSigmoidScale = {.scale = 1.0F / 256, .zero_point = kLowestInt8};

/// A network whose curved activations are layers of their own, so that what they are applied to is a tensor.
struct Apart {
    Network network;
    Weights weights;
    std::vector<TensorId> outputs;  // by the original's TensorId
    std::vector<TensorId> sums;     // by the original's layer; kNoTensor: no curve
};

void add_layer(const Layer& layer, LayerWeights weights, Apart& apart) {
    apart.network.layers.push_back(layer);
    apart.weights.layers.push_back(std::move(weights));
}

Apart with_activations_apart(const Network& network, const Weights& weights) {
    Apart apart{.network = network, .weights = {}, .outputs = {0}, .sums = {}};
    apart.network.layers.clear();
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        Layer layer = network.layers[i];
        for_each_input(layer, [&](TensorId& id) { id = apart.outputs[static_cast<std::size_t>(id)]; });
        const bool curved = is_table(layer.activation) && !std::holds_alternative<Activate>(layer.kind);
        Layer activation = layer;
        if (curved) layer.activation = Activation::none;
        add_layer(layer, weights.layers[i], apart);
        const auto written = static_cast<TensorId>(apart.network.layers.size());
        apart.sums.push_back(curved ? written : kNoTensor);
        if (curved) {
            activation.kind = Activate{};
            activation.follows = true;
            activation.inputs = {written, kNoTensor};
            activation.input = layer.output;
            add_layer(activation, {}, apart);
        }
        apart.outputs.push_back(static_cast<TensorId>(apart.network.layers.size()));
    }
    for (TensorId& tap : apart.network.taps)
        tap = apart.outputs[static_cast<std::size_t>(tap)];
    return apart;
}

/// Away from zero, to kRangeBits bits, but for what is beyond one of these values by rounding alone: many
/// ranges end at 1 or 6 exactly.
float rounded_outwards(float value) {
    constexpr float kSlack = 1.0F / 64;
    int exponent = 0;
    const float steps = std::ldexp(std::abs(std::frexp(value, &exponent)), kRangeBits);
    return std::copysign(std::ldexp(std::ceil(steps - kSlack), exponent - kRangeBits), value);
}

void widen(std::span<const float> values, ValueRange& range) {
    for (const float value : values) {
        range.low = std::min(range.low, value);
        range.high = std::max(range.high, value);
    }
}

/// By TensorId.
std::vector<ValueRange> ranges_of(const Engine& engine, const Apart& apart, std::uint64_t seed) {
    const std::unique_ptr<Session> session =
        engine.make_session(apart.network, apart.weights, {.keep_activations = true});
    std::vector<ValueRange> ranges(apart.network.layers.size() + 1);
    for (int i = 0; i < kCalibrationInputs; ++i) {
        const std::vector<float> input =
            make_input(apart.network.input, seed + static_cast<std::uint64_t>(i));
        std::copy(input.begin(), input.end(), session->input().begin());
        session->run();
        widen(input, ranges[0]);
        for (std::size_t layer = 0; layer < apart.network.layers.size(); ++layer)
            widen(session->layer_output(layer), ranges[layer + 1]);
    }
    for (ValueRange& range : ranges)
        range = {rounded_outwards(range.low), rounded_outwards(range.high)};
    return ranges;
}

}  // namespace

NetworkScales calibrate(const Engine& engine, const Network& network, const Weights& weights,
                        std::uint64_t seed) {
    const Apart apart = with_activations_apart(network, weights);
    const std::vector<ValueRange> ranges = ranges_of(engine, apart, seed);
    const auto scale = [&](TensorId id) { return scale_of(ranges[static_cast<std::size_t>(id)]); };
    NetworkScales made;
    for (const TensorId id : apart.outputs)
        made.tensors.push_back(scale(id));
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const TensorId sums = apart.sums[i];
        made.sums.push_back(sums == kNoTensor ? made.tensors[i + 1] : scale(sums));
        if (network.layers[i].activation == Activation::sigmoid) made.tensors[i + 1] = kSigmoidScale;
    }
    return made;
}

}  // namespace mobilenet_cost

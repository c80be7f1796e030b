#include "mobilenet_cost/quantise/quantisation.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/model/activation.h"

namespace mobilenet_cost {

namespace {

constexpr std::int32_t kSteps = kHighestInt8 - kLowestInt8;

std::int32_t clamp_to_int8(double value) {
    return static_cast<std::int32_t>(
        std::clamp(value, static_cast<double>(kLowestInt8), static_cast<double>(kHighestInt8)));
}

/// Of a sum of 32 bits, half is for the products and half for the bias.
constexpr double kMostOfProducts = 1 << 30;

/// Halves away from zero.
std::int32_t bias_of(double value) {
    return static_cast<std::int32_t>(std::clamp(std::round(value), -kMostOfProducts, kMostOfProducts));
}

/// Of each output channel: 127 is its largest magnitude. A channel of zeros has any.
std::vector<float> filter_scales(const std::vector<float>& filter, std::size_t channels) {
    std::vector<float> scales(channels, 0);
    for (std::size_t i = 0; i < filter.size(); ++i)
        scales[i % channels] = std::max(scales[i % channels], std::abs(filter[i]));
    for (float& scale : scales)
        scale = scale > 0 ? scale / static_cast<float>(kHighestInt8) : 1;
    return scales;
}

Requantisation clamped(Activation activation, const TensorScale& to) {
    Requantisation output{.zero_point = to.zero_point};
    if (activation == Activation::relu || activation == Activation::relu6)
        output.low = std::max(kLowestInt8, to.zero_point);
    if (activation == Activation::relu6) output.high = quantise(6, to);
    return output;
}

/// The table goes from the values of the sums to those of the output.
Requantisation through_table(Activation activation, double slope, const TensorScale& sums,
                             const TensorScale& to) {
    Requantisation output{.zero_point = sums.zero_point};
    std::array<std::int8_t, 256>& table = output.table.emplace();
    for (std::int32_t q = kLowestInt8; q <= kHighestInt8; ++q) {
        const double x = static_cast<double>(sums.scale) * (q - sums.zero_point);
        table[static_cast<std::size_t>(q - kLowestInt8)] = quantise(activate(activation, x, slope), to);
    }
    return output;
}

/// The larger factor has 21 bits, so that the sum of two products of 8 bits fits in 32.
SumFactors sum_factors(const TensorScale& first, const TensorScale& second, const TensorScale& to) {
    const float a = first.scale / to.scale;
    const float b = second.scale / to.scale;
    SumFactors factors;
    factors.shift = std::clamp(20 - std::ilogb(std::max(a, b)), 1, 30);
    const auto fixed = [&](float value) {
        return std::min(static_cast<std::int32_t>(std::lrint(std::ldexp(value, factors.shift))), 1 << 21);
    };
    factors.first = fixed(a);
    factors.second = fixed(b);
    return factors;
}

/// Makes one layer.
struct Maker {
    const Network& network;
    const NetworkScales& scales;
    const LayerWeights& weights;
    std::size_t index;

    [[nodiscard]] const Layer& layer() const { return network.layers[index]; }
    [[nodiscard]] const TensorScale& scale(TensorId id) const {
        return scales.tensors[static_cast<std::size_t>(id)];
    }
    [[nodiscard]] const TensorScale& output() const { return scales.tensors[index + 1]; }
    /// Of what is rounded to 8 bits.
    [[nodiscard]] const TensorScale& sums() const {
        return is_table(layer().activation) ? scales.sums[index] : output();
    }

    [[nodiscard]] QuantisedLayer start() const {
        QuantisedLayer made;
        made.first_zero = scale(layer().inputs[0]).zero_point;
        if (layer().inputs[1] != kNoTensor) made.second_zero = scale(layer().inputs[1]).zero_point;
        made.output = is_table(layer().activation) ? through_table(layer().activation, 0, sums(), output())
                                                   : clamped(layer().activation, output());
        return made;
    }

    QuantisedLayer operator()(const Conv&) const {
        QuantisedLayer made = start();
        const auto channels = static_cast<std::size_t>(layer().output.c);
        const double in = scale(layer().inputs[0]).scale;
        const std::vector<float> steps = filter_scales(weights.filter, channels);
        made.filter.resize(weights.filter.size());
        for (std::size_t i = 0; i < made.filter.size(); ++i)
            made.filter[i] = quantise(weights.filter[i], {.scale = steps[i % channels]});
        for (std::size_t o = 0; o < channels; ++o) {
            made.bias.push_back(bias_of(weights.bias[o] / (in * steps[o])));
            made.factors.push_back(static_cast<float>(in * steps[o] / sums().scale));
        }
        return made;
    }
    QuantisedLayer operator()(const GlobalPool&) const {
        QuantisedLayer made = start();
        const auto pixels = static_cast<double>(layer().input.h * layer().input.w);
        const double in = scale(layer().inputs[0]).scale;
        made.factors = {static_cast<float>(in / (pixels * sums().scale))};
        return made;
    }
    QuantisedLayer operator()(const Add&) const {
        QuantisedLayer made = start();
        made.sum = sum_factors(scale(layer().inputs[0]), scale(layer().inputs[1]), sums());
        return made;
    }
    QuantisedLayer operator()(const Scale&) const {
        QuantisedLayer made = start();
        const double product =
            static_cast<double>(scale(layer().inputs[0]).scale) * scale(layer().inputs[1]).scale;
        made.factors = {static_cast<float>(product / sums().scale)};
        return made;
    }
    QuantisedLayer operator()(const Activate& own) const {
        QuantisedLayer made;
        made.output = through_table(layer().activation, own.slope, scale(layer().inputs[0]), output());
        return made;
    }
    template <typename Other>
    QuantisedLayer operator()(const Other&) const {
        return {};  // int8_refusal() knows it
    }
};

}  // namespace

TensorScale scale_of(const ValueRange& range) {
    const double low = std::min(range.low, 0.0F);
    const double high = std::max(range.high, 0.0F);
    if (low == high) return {};
    TensorScale made;
    made.scale = static_cast<float>((high - low) / kSteps);
    made.zero_point = clamp_to_int8(std::round(kLowestInt8 - low / made.scale));
    return made;
}

std::int8_t quantise(double value, const TensorScale& scale) {
    return static_cast<std::int8_t>(
        clamp_to_int8(std::round(value / static_cast<double>(scale.scale)) + scale.zero_point));
}

bool is_table(Activation activation) {
    return activation != Activation::none && activation != Activation::relu &&
           activation != Activation::relu6;
}

std::string int8_refusal(const Layer& layer) {
    if (const auto* conv = std::get_if<Conv>(&layer.kind)) {
        const auto most = static_cast<std::int64_t>(kMostOfProducts) / (kSteps * -kLowestInt8);
        if (conv_taps(layer, *conv) > most)
            return fmt::format("sums of more than {} products of 8 bits do not fit in 32 bits", most);
        return {};
    }
    if (std::holds_alternative<GlobalPool>(layer.kind) || std::holds_alternative<Add>(layer.kind) ||
        std::holds_alternative<Scale>(layer.kind) || std::holds_alternative<Activate>(layer.kind))
        return {};
    return fmt::format("{} has no 8-bit form here", op_name(layer));
}

std::vector<QuantisedLayer> quantise_layers(const Network& network, const Weights& weights,
                                            const NetworkScales& scales) {
    std::vector<QuantisedLayer> layers;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const std::string refusal = int8_refusal(network.layers[i]);
        if (!refusal.empty()) fail(layer_name(network, i), refusal);
        layers.push_back(std::visit(Maker{network, scales, weights.layers[i], i}, network.layers[i].kind));
    }
    return layers;
}

std::int8_t requantise(std::int32_t sum, float factor, const Requantisation& output) {
    const float scaled = static_cast<float>(sum) * factor;
    const float clamped = std::clamp(scaled, static_cast<float>(output.low - output.zero_point),
                                     static_cast<float>(output.high - output.zero_point));
    const std::int32_t q = static_cast<std::int32_t>(std::nearbyint(clamped)) + output.zero_point;
    return output.table ? (*output.table)[static_cast<std::size_t>(q - kLowestInt8)]
                        : static_cast<std::int8_t>(q);
}

}  // namespace mobilenet_cost

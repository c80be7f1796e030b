#include "mobilenet_cost/model/weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "mobilenet_cost/base/random.h"
#include "mobilenet_cost/model/imported_model.h"

namespace mobilenet_cost {

namespace {

// SplitMix64 as a counter: value k of a stream depends on nothing else, and integers are the same on every
// platform.
enum class Purpose : std::uint64_t { input = 1, filter = 2, bias = 3 };

std::uint64_t stream_of(std::uint64_t seed, std::size_t layer, Purpose purpose) {
    const std::uint64_t of_layer = splitmix64(splitmix64(seed + kGoldenGamma) + (layer + 1) * kGoldenGamma);
    return splitmix64(of_layer + static_cast<std::uint64_t>(purpose) * kGoldenGamma);
}

// Uniform in (-1, 1) on the grid of odd multiples of 2^-23. All of it is exact in float, symmetric, and at
// least 2^-23 away from zero, so that scaling it gives no denormals.
float symmetric_uniform(std::uint64_t stream, std::uint64_t k) {
    const auto top23 = static_cast<std::int64_t>(splitmix64(stream + (k + 1) * kGoldenGamma) >> 41);
    return static_cast<float>(2 * top23 + 1 - (std::int64_t{1} << 23)) * 0x1p-23F;
}

std::vector<float> uniform_values(std::int64_t count, double limit, std::uint64_t stream) {
    std::vector<float> values(static_cast<std::size_t>(count));
    const auto factor = static_cast<float>(limit);
    for (std::size_t k = 0; k < values.size(); ++k)
        values[k] = factor * symmetric_uniform(stream, k);
    return values;
}

// What the weights assume about an activation.
//
// `spread`: standard deviation of a convolution's output before the activation: 1 where it stays linear, so
// that residual sums grow slowly. 2 before an activation, so that the upper ends of ReLU6 (6) and of the hard
// sigmoid (3) are reached. 3 before a swish, hard or not, which is like ReLU (gain 1/2) for large values but
// like x / 2 (gain 1/4) for small ones: near its bend, a small loss of scale would grow from layer to layer.
//
// `mean_square`: E[f(z)^2] of the activation f over z normal with mean 0 and that standard deviation. By the
// trapezoidal rule over 12 standard deviations to each side, where there is no closed form.
struct ActivationScale {
    double spread;
    double mean_square;
};
constexpr std::array<ActivationScale, kFinishingActivations> kScales = {
    {{1, 1}, {2, 2}, {2, 1.99}, {3, 4.31}, {2, 0.34}, {3, 4.25}, {2, 0.35}}};

ActivationScale scale_of(Activation activation) {
    return kScales.at(static_cast<std::size_t>(activation));
}

// Biases are uniform with this limit, in units of the spread: 2 % of the variance.
constexpr double kBiasLimit = 0.25;

// Mean number of filter rows (or columns) that meet the map and not the padding. On the 2x2 maps of a small
// network most taps of a 5x5 filter see zeros.
struct FilterSide {
    std::int64_t in = 1;
    std::int64_t out = 1;
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t dilation = 1;
    std::int64_t before = 0;  ///< padding
};

double mean_taps(const FilterSide& side) {
    const auto steps = [&](std::int64_t distance) { return (distance + side.dilation - 1) / side.dilation; };
    std::int64_t taps = 0;
    for (std::int64_t o = 0; o < side.out; ++o) {
        const std::int64_t first = o * side.stride - side.before;
        const std::int64_t outside = std::max<std::int64_t>(0, steps(-first));
        taps += std::max<std::int64_t>(0, std::min(side.kernel, steps(side.in - first)) - outside);
    }
    return static_cast<double>(taps) / static_cast<double>(side.out);
}

double fan_in(const Layer& layer, const Conv& conv) {
    const double taps = mean_taps({layer.input.h, layer.output.h, conv.kernel.h, conv.stride.h,
                                   conv.dilation.h, conv.padding.top}) *
                        mean_taps({layer.input.w, layer.output.w, conv.kernel.w, conv.stride.w,
                                   conv.dilation.w, conv.padding.left});
    const std::int64_t group_inputs = layer.input.c / conv.groups;
    return std::max(1.0, taps * static_cast<double>(group_inputs));
}

// A uniform value in (-limit, limit) has variance limit^2 / 3. Over random weights, the output's variance is
// fan-in x weight variance x E[x^2]; behind a ReLU, E[x^2] is half the variance, which makes the weight
// variance 2 / fan-in: He et al., arXiv 1502.01852, equation 10.
struct RandomWeights {
    const Layer& layer;
    double input_mean_square;
    std::uint64_t seed;
    std::size_t index;

    [[nodiscard]] LayerWeights values(std::int64_t filters, double fan_in, bool has_bias) const {
        const double spread = scale_of(layer.activation).spread;
        const double limit = spread * std::sqrt(3 / (fan_in * input_mean_square));
        return {filter(filters, limit), uniform_values(layer.output.c, has_bias ? kBiasLimit * spread : 0,
                                                       stream_of(seed, index, Purpose::bias))};
    }

    [[nodiscard]] std::vector<float> filter(std::int64_t count, double limit) const {
        return uniform_values(count, limit, stream_of(seed, index, Purpose::filter));
    }

    LayerWeights operator()(const Conv& conv) const {
        const std::int64_t filters = area(conv.kernel) * (layer.input.c / conv.groups) * layer.output.c;
        return values(filters, fan_in(layer, conv), conv.batch_norm || conv.bias);
    }
    /// Of K x K taps, one in as many as the stride's area meets an output.
    LayerWeights operator()(const TransposedConv& conv) const {
        const std::int64_t inputs = area(conv.kernel) * layer.input.c;
        const double met = static_cast<double>(inputs) / static_cast<double>(area(conv.stride));
        return values(inputs * layer.output.c, std::max(1.0, met), conv.batch_norm || conv.bias);
    }
    LayerWeights operator()(const ByChannel& by_channel) const {
        constexpr double kSlopes = 0.5;
        if (by_channel.rule == ByChannel::Rule::batch_norm) return values(layer.output.c, 1, true);
        const bool slopes = by_channel.rule == ByChannel::Rule::prelu;
        return {filter(layer.output.c, slopes ? kSlopes : std::sqrt(3)), {}};
    }
    /// No engine runs one with weights: of the right size is enough.
    LayerWeights operator()(const Operation& op) const {
        return {filter(op.weights, 1), std::vector<float>(static_cast<std::size_t>(op.biases))};
    }
    template <typename Kind>
    LayerWeights operator()(const Kind& /*has none*/) const {
        return {};
    }
};

/// E[y^2] of what tensors hold, by TensorId.
class MeanSquares {
  public:
    explicit MeanSquares(const Network& network) : network_(network) {}

    [[nodiscard]] double operator[](TensorId id) const { return values_[static_cast<std::size_t>(id)]; }

    /// What layer `index` writes.
    void add(std::size_t index) {
        constexpr double kSmallest =
            1e-6;  // beyond them, the next layer's weights would be no numbers to use
        constexpr double kLargest = 1e6;
        values_.push_back(std::clamp(of(network_.layers[index]), kSmallest, kLargest));
    }

  private:
    [[nodiscard]] double of(const Layer& layer) const {
        const auto* const by_channel = std::get_if<ByChannel>(&layer.kind);
        const bool normal = by_channel != nullptr && by_channel->rule == ByChannel::Rule::batch_norm;
        if (normal || std::holds_alternative<Conv>(layer.kind) ||
            std::holds_alternative<TransposedConv>(layer.kind))
            return scale_of(layer.activation).mean_square;
        switch (layer.activation) {
            case Activation::none:
                return linear(layer);
            case Activation::sigmoid:
            case Activation::hard_sigmoid:  // between 0 and 1
                return scale_of(layer.activation).mean_square;
            default:  // those that cut one side off leave half of what has two
                return two_sided(layer) ? linear(layer) / 2 : linear(layer);
        }
    }

    /// Without the activation.
    [[nodiscard]] double linear(const Layer& layer) const {
        const double first = (*this)[layer.inputs[0]];
        if (std::holds_alternative<Add>(layer.kind)) return first + (*this)[layer.inputs[1]];
        if (std::holds_alternative<Scale>(layer.kind)) return first * (*this)[layer.inputs[1]];
        if (const auto* const matmul = std::get_if<MatMul>(&layer.kind))
            return first * (*this)[layer.inputs[1]] * static_cast<double>(matmul->depth) * matmul->factor *
                   matmul->factor;
        // About 1 / c each.
        if (std::holds_alternative<Softmax>(layer.kind))
            return std::numbers::e / std::pow(static_cast<double>(layer.output.c), 2);
        // Pooling: between 1/pi behind a ReLU (positions independent) and 1 (positions equal).
        if (std::holds_alternative<GlobalPool>(layer.kind)) return first / 2;
        if (!std::holds_alternative<Concat>(layer.kind)) return first;
        double sum = 0;
        for_each_input(layer, [&](TensorId id) {
            sum += (*this)[id] * static_cast<double>(tensor_shape(network_, id).c);
        });
        return sum / static_cast<double>(layer.output.c);
    }

    /// Whether one of the inputs was left linear.
    [[nodiscard]] bool two_sided(const Layer& layer) const {
        bool found = false;
        for_each_input(layer, [&](TensorId id) {
            found = found || id == 0 ||
                    network_.layers[static_cast<std::size_t>(id) - 1].activation == Activation::none;
        });
        return found;
    }

    const Network& network_;
    std::vector<double> values_ = {1.0 / 3};  // the input is uniform in (-1, 1)
};

}  // namespace

std::optional<Weights> weights_of_file(const Network& network) {
    return network.weights == nullptr ? std::nullopt : network.weights->of(network);
}

Weights make_weights(const Network& network, std::uint64_t seed) {
    if (auto of_file = weights_of_file(network)) return *std::move(of_file);
    return random_weights(network, seed);
}

Weights random_weights(const Network& network, std::uint64_t seed) {
    Weights weights;
    MeanSquares mean_squares(network);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        weights.layers.push_back(
            std::visit(RandomWeights{layer, mean_squares[layer.inputs[0]], seed, i}, layer.kind));
        mean_squares.add(i);
    }
    return weights;
}

std::vector<float> make_input(const Shape& shape, std::uint64_t seed) {
    return uniform_values(element_count(shape), 1, stream_of(seed, 0, Purpose::input));
}

}  // namespace mobilenet_cost

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "mobilenet_cost/model/network.h"
#include "mobilenet_cost/model/weights.h"

namespace mobilenet_cost {

// 8-bit arithmetic as TensorFlow Lite deploys it (its quantization specification): activations of 8 bits with
// one scale and zero point a tensor, weights of 8 bits symmetric around 0 with a scale for each output
// channel, sums and biases of 32 bits. A sum becomes a value of 8 bits as in XNNPACK, whose kernels
// TensorFlow Lite runs: times a float, rounded to the nearest integer, ties to even.

/// The values that 8 bits hold.
inline constexpr std::int32_t kLowestInt8 = -128;
inline constexpr std::int32_t kHighestInt8 = 127;

/// A tensor's value is scale * (q - zero_point).
struct TensorScale {
    float scale = 1;
    std::int32_t zero_point = 0;

    bool operator==(const TensorScale&) const = default;
};

/// The least and the largest value of a tensor.
struct ValueRange {
    float low = 0;
    float high = 0;
};

/// 0 is one of the 256 values, as padding needs it.
[[nodiscard]] TensorScale scale_of(const ValueRange& range);

/// The nearest of the 256 values, halves away from zero.
[[nodiscard]] std::int8_t quantise(double value, const TensorScale& scale);

[[nodiscard]] inline float dequantise(std::int32_t q, const TensorScale& scale) {
    return scale.scale * static_cast<float>(q - scale.zero_point);
}

/// The scales of a network.
struct NetworkScales {
    std::vector<TensorScale> tensors;  ///< by TensorId
    /// By layer: of what its activation is applied to, where that is a curve (is_table()).
    std::vector<TensorScale> sums;
};

/// How a sum becomes a value of 8 bits: clamp(round(sum * factor) + zero_point, low, high), then, of a layer
/// with a curved activation, what the table says of it.
struct Requantisation {
    std::int32_t zero_point = 0;
    std::int32_t low = kLowestInt8;
    std::int32_t high = kHighestInt8;
    std::optional<std::array<std::int8_t, 256>> table = {};  ///< by value + 128
};

/// A residual sum: ((a - its zero point) * first + (b - its zero point) * second + 2^(shift - 1)) >> shift,
/// in 32 bits, as XNNPACK adds (src/operators/binary-elementwise-nd.c).
struct SumFactors {
    std::int32_t first = 0;
    std::int32_t second = 0;
    int shift = 1;
};

/// A layer in 8 bits.
struct QuantisedLayer {
    std::vector<std::int8_t> filter;  ///< in the order of LayerWeights
    std::vector<std::int32_t> bias;   ///< Co
    std::vector<float> factors;       ///< Co of a convolution, otherwise one, or none
    SumFactors sum;
    std::int32_t first_zero = 0;  ///< zero points of the inputs
    std::int32_t second_zero = 0;
    Requantisation output;
};

/// Whether an activation is a table of 256 values, and not the ends of the range.
[[nodiscard]] bool is_table(Activation activation);

/// Why a layer has no 8-bit form here, or does not fit one; empty: it has.
[[nodiscard]] std::string int8_refusal(const Layer& layer);

/// Every layer; `scales` are of this network. Throws Error naming a layer that int8_refusal() refuses.
[[nodiscard]] std::vector<QuantisedLayer> quantise_layers(const Network& network, const Weights& weights,
                                                          const NetworkScales& scales);

/// The nearest integer of sum * factor, ties to even, clamped to [low, high] - zero_point before it is
/// rounded.
[[nodiscard]] std::int8_t requantise(std::int32_t sum, float factor, const Requantisation& output);

}  // namespace mobilenet_cost

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {

/// Values of one layer, batch norm folded in. Empty for layers without weights.
struct LayerWeights {
    /// (KH, KW, Ci/groups, Co): depthwise (KH, KW, 1, C). Output channels are innermost.
    std::vector<float> filter;
    std::vector<float> bias;  ///< Co values
};

/// One entry per layer of the network.
struct Weights {
    std::vector<LayerWeights> layers;
};

/// Of weights and inputs wherever a user asks for no other: what is measured and what is exported are the
/// same.
inline constexpr std::uint64_t kDataSeed = 1;

/// The weights of the file that the network was read from, where it is that file's own network.
[[nodiscard]] std::optional<Weights> weights_of_file(const Network& network);

/// Those, if there are any; otherwise random_weights().
[[nodiscard]] Weights make_weights(const Network& network, std::uint64_t seed);

/// Reproducible values from a seed, the same for every engine. He-scaled for the layer's activation, so that
/// activations keep their magnitude through the network; no denormals.
[[nodiscard]] Weights random_weights(const Network& network, std::uint64_t seed);

/// An input image batch (n, h, w, c) with values in [-1, 1).
[[nodiscard]] std::vector<float> make_input(const Shape& shape, std::uint64_t seed);

}  // namespace mobilenet_cost

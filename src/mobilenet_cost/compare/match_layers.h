#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {

/// Of each layer what it does: op_name(), and of an operator that is not known what its file calls it.
[[nodiscard]] std::vector<std::string> layer_ops(const ModelConfig& config, const Network& network);

/// A network, and what its layers do.
struct MatchedNetwork {
    Network network;
    std::vector<std::string> ops;
};

/// Layers of two networks that stand for each other; a layer of one of them alone has no other side.
struct LayerPair {
    std::optional<std::size_t> base;
    std::optional<std::size_t> contender;

    bool operator==(const LayerPair&) const = default;
};

/// Every layer of both, in order: the alignment in which as much as possible stays what it is. Layers belong
/// together that do the same on maps of the same sizes, or else are of one kind; names decide only where
/// there are several. Throws Error where both have too many layers that the other one does not have.
[[nodiscard]] std::vector<LayerPair> match_layers(const MatchedNetwork& base,
                                                  const MatchedNetwork& contender);

/// The window of a layer that has one.
struct Window {
    Sides kernel = 0;
    Sides stride = 0;
    Sides dilation = 1;
    std::int64_t groups = 1;
    Padding padding;
};
[[nodiscard]] Window window_of(const Layer& layer);

}  // namespace mobilenet_cost

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "mobilenet_cost/model/layer.h"

namespace mobilenet_cost {

class ImportedWeights;

/// Layers in execution order; each reads tensors that earlier layers wrote.
struct Network {
    std::shared_ptr<const std::vector<std::string>> block_names;
    Shape input;
    std::vector<Layer> layers;
    std::vector<TensorId> taps = {};  ///< outputs beside the last layer's
    bool chain = false;               ///< known to be made of blocks that each read the one before
    /// Where a block's definition gives several names: by its index, the block that they are parts of. Null:
    /// each name is a block.
    std::shared_ptr<const std::vector<std::string>> part_of = nullptr;
    std::shared_ptr<const ImportedWeights> weights = nullptr;  ///< those of a file of others, if it has them
};

/// Every tensor that the network gives: its taps, then what its last layer writes.
[[nodiscard]] std::vector<TensorId> output_tensors(const Network& network);

/// Block name and role, for example "Conv2d_3_pointwise" or "expanded_conv_2/project".
[[nodiscard]] std::string layer_name(const Network& network, std::size_t index);
[[nodiscard]] const std::string& block_name(const Network& network, std::size_t index);

/// Index of the layer of that name. Throws Error naming the nearest layer.
[[nodiscard]] std::size_t find_layer(const Network& network, const std::string& name);

/// Shape of a tensor: of the input (0) or of a layer's output (index + 1).
[[nodiscard]] const Shape& tensor_shape(const Network& network, TensorId tensor);

/// Throws Error if a layer reads a tensor that is not written before it, or shapes do not agree.
void check_network(const Network& network);

[[nodiscard]] Cost total_cost(const Network& network);

}  // namespace mobilenet_cost

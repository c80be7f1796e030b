#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/model/block_list.h"
#include "mobilenet_cost/model/model_config.h"

namespace mobilenet_cost {

// Internal: included by model_config.cpp alone.

inline constexpr std::int64_t kMostConfigChannels = 1 << 20;
inline constexpr std::int64_t kLargestKernel = 255;
inline constexpr std::int64_t kLargestStride = 16;
inline constexpr double kLargestConfigAlpha = 1000;

/// What "kind" may say of a block, without the model's own definitions.
[[nodiscard]] std::vector<std::string> block_kind_names();

/// Throws Error. `activation`: the model's.
[[nodiscard]] Block read_block(const ListedBlock& listed, const std::string& file, Activation activation);

/// Whether it has a convolution. Everything divides by the MACs and parameters of a network.
[[nodiscard]] bool has_weights(const Block& block);

}  // namespace mobilenet_cost

#pragma once

#include <vector>

#include "mobilenet_cost/import/model_blocks.h"

namespace mobilenet_cost {

/// Lets the width multiplier scale the channels of convolutions, wherever neither the network's input nor one
/// of its outputs says how many there are: those that are added or multiplied stay the same number, and
/// what is cut out of channels, moved among them or grouped keeps its own. Returns the divisor of all numbers
/// that scale (8, 4, 2 or 1), by which the model then rounds: at alpha 1 it is the file's own network.
/// `used`: blocks that an output depends on.
std::int64_t let_scale(std::vector<ImportedBlock>& blocks, const std::vector<bool>& used);

}  // namespace mobilenet_cost

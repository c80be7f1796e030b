#pragma once

#include <string>
#include <vector>

#include "passes.h"

namespace mobilenet_cost {

/// The counting itself: no engine, no weights.
void register_analyzer();

/// Every bundled model at each published width multiplier and resolution, with separable and with standard
/// convolutions, on each engine and number of threads.
void register_networks(Passes& passes, const std::vector<std::string>& engines);

/// Each distinct layer of each bundled model at its native resolution and alpha 1, alone, on one thread.
void register_layers(Passes& passes, const std::vector<std::string>& engines);

}  // namespace mobilenet_cost

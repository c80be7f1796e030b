#pragma once

#include <atomic>

namespace mobilenet_cost::app {

/// From now on the first Ctrl-C sets the flag, so that the run ends after its current round; a second one
/// kills.
const std::atomic<bool>& catch_interrupt();

}  // namespace mobilenet_cost::app

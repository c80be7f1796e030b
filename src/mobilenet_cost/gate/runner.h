#pragma once

#include "mobilenet_cost/gate/gate.h"

namespace mobilenet_cost {

/// A round has four blocks of each cell, and warm-up and calibration take as many. At most
/// kLongestBlockSeconds.
[[nodiscard]] double longest_block_seconds(double max_seconds, std::size_t cells);

/// Throws Error when this number of cells leaves no time for blocks of this length.
void check_blocks(const GateSettings& settings, std::size_t cells);

/// Measures the cells on both workers and judges them. Throws Error for wrong input, before anything is
/// timed.
[[nodiscard]] GateRun run_gate(GateWorker& base, GateWorker& head, const std::vector<GateCell>& cells,
                               const GateSettings& settings, const GateHooks& hooks);

}  // namespace mobilenet_cost

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/gate/gate.h"

#include "options.h"
#include "progress_line.h"
#include "timing_options.h"

namespace mobilenet_cost::app {

/// The options that `gate` and `self-test` share.
struct GateOptions {
    VariantOptions variant;
    TimingOptions timing;
    std::vector<NetworkKind> networks = {NetworkKind::separable};
    std::string cells;  ///< a file; empty: the cells that the flags name
    GateSettings settings;
    std::optional<double> block_seconds;
    bool no_layers = false;
    Progress progress = Progress::automatic;
};

void add_gate_options(Command& command, GateOptions& options);

// Each throws Error naming the flag.

[[nodiscard]] GateSettings read_gate_settings(const GateOptions& options);

/// Cells of the file, where one is given; what a cell of it leaves out is taken from the flags.
[[nodiscard]] std::vector<GateCell> read_gate_cells(const GateOptions& options);

/// Shortens the blocks to what the time limit allows, or refuses a length that the user gave and the limit
/// does not allow. `share`: the part of the limit that the shortest gate of the command has.
void fit_blocks(const GateOptions& options, std::size_t cells, double share, GateSettings& settings);

/// A program, and the flag that named it.
struct BuildUnderTest {
    std::string flag;
    std::string program;
};

/// Starts both as workers and runs the gate. Throws Error for a program that is missing or is not ours.
[[nodiscard]] GateRun run_builds(const BuildUnderTest& base, const BuildUnderTest& head,
                                 const std::vector<GateCell>& cells, const GateSettings& settings,
                                 const GateHooks& hooks);

[[nodiscard]] std::string gate_progress_text(const GateProgress& progress);

}  // namespace mobilenet_cost::app

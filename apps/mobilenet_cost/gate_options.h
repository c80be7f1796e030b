#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "mobilenet_cost/gate/gate.h"

#include "options.h"
#include "timing_options.h"

namespace mobilenet_cost::app {

/// What `gate` and `self-test` have in common, as typed; empty: not given.
struct GateOptions {
    VariantOptions variant;
    TimingOptions timing;
    std::vector<std::string> networks;
    std::string cells;
    std::string threshold;
    std::string tolerance;
    std::string significance;
    std::string require_cells;
    std::string block_seconds;
    std::string answer_seconds;
    bool no_layers = false;
    std::string progress = "auto";
};

void add_gate_options(CLI::App& command, GateOptions& options);

// Each throws Error naming the flag.

[[nodiscard]] GateSettings read_gate_settings(const GateOptions& options);

/// Of the file, where one is given; the flags say what a cell of it leaves out.
[[nodiscard]] std::vector<GateCell> read_gate_cells(const GateOptions& options);

/// Shortens the blocks to what the time limit allows where the user named no length, or refuses the named
/// one. `share`: of the limit, for the shortest gate of the command.
void fit_blocks(const GateOptions& options, std::size_t cells, double share, GateSettings& settings);

/// A program, and the flag that named it.
struct BuildUnderTest {
    std::string flag;
    std::string program;
};

/// Starts both as workers and runs the gate. Throws Error for what is not there or not ours.
[[nodiscard]] GateRun run_builds(const BuildUnderTest& base, const BuildUnderTest& head,
                                 const std::vector<GateCell>& cells, const GateSettings& settings,
                                 const GateHooks& hooks);

[[nodiscard]] std::string gate_progress_text(const GateProgress& progress);

}  // namespace mobilenet_cost::app

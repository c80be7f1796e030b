#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/count/grid.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/sweep/runner.h"

#include "options.h"
#include "progress_line.h"
#include "report_pictures.h"
#include "sweep_output.h"
#include "timing_options.h"

namespace mobilenet_cost::app {

inline constexpr const char* kBenchGroup = "With --bench";

struct SweepOptions {
    VariantOptions variant;
    SweepOutputOptions outputs;
    PictureOptions pictures;
    std::string convention = "paper";
    std::optional<Runtime> runtime;  ///< whose RAM and flash a grid that is not timed has
    bool bench = false;
    TimingOptions timing;
    SweepTiming settings;  ///< of --bench, but for what `timing` has
    bool no_layers = false;
    bool predict = false;
    std::uint64_t spots = 2;
    std::string log;
    std::string resume;
    Progress progress = Progress::automatic;
};

/// The cells of every family and what they have in common.
struct Grid {
    std::vector<ModelConfig> configs;
    std::vector<SweepCell> cells;
    std::vector<RuntimeNeed> needs;  ///< one for each cell, or none
    SweepSettings settings;
};

/// Throws Error naming the flag.
[[nodiscard]] Grid read_grid(const SweepOptions& options);

void add_bench_options(Command& command, SweepOptions& options);

/// `sweep --bench` and `sweep --resume LOG`.
[[nodiscard]] int run_measured(SweepOptions options);
[[nodiscard]] int run_resumed(const SweepOptions& options);

}  // namespace mobilenet_cost::app

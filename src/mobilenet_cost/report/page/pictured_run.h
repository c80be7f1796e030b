#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

namespace mobilenet_cost {

/// A measured sweep, and what its pictures need beside it.
struct PicturedRun {
    std::string name;  ///< shown: of its files
    SweepRun run;
    SweepResult result;
    std::optional<Prediction> prediction;
    std::vector<Analysis> analyses;           ///< one per cell; empty: its models are not known here
    std::vector<std::optional<double>> top1;  ///< published, one per cell, 0 to 1; empty: none is known
};

}  // namespace mobilenet_cost

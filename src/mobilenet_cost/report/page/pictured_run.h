#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/pick/candidates.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

namespace mobilenet_cost {

/// The cell that pictures of one cell begin with.
struct ChosenCell {
    double alpha = 1;
    Resolution resolution;
};

/// A sweep, and what its pictures need beside it. One that was only counted has no points.
struct PicturedRun {
    std::string name;  ///< shown: of its files
    SweepRun run;
    SweepResult result;
    std::optional<Prediction> prediction;
    std::vector<Analysis> analyses;           ///< one per cell; empty: its models are not known here
    std::vector<std::optional<double>> top1;  ///< published, one per cell, 0 to 1; empty: none is known
    std::vector<PublishedNetwork> published;  ///< of all families; empty: not to be shown
    std::optional<ChosenCell> chosen;         ///< absent: the base of each model
};

}  // namespace mobilenet_cost

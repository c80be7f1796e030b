#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/sweep/predict.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/run.h"

namespace mobilenet_cost {

/// At most this many cells of a model are timed to predict the rest.
inline constexpr std::size_t kTimedForPrediction = 4;

/// Which cells to time: the corners of each model's grid, and `spots` others in random order (of all models
/// together), which only check the prediction.
[[nodiscard]] PredictionPlan plan_prediction(const std::vector<SweepCell>& cells, std::size_t spots,
                                             std::uint64_t seed);

/// One network of the grid. `low` and `high` are twice the spread of the errors that the model makes for each
/// timed network when it is left out of the fit; absent with fewer than three timed.
struct PredictedPoint {
    std::size_t cell = 0;
    std::string engine;
    int threads = 1;
    NetworkKind network = NetworkKind::separable;
    double seconds = 0;
    std::optional<double> low;
    std::optional<double> high;
    std::optional<double> speedup;   ///< over the base cell
    std::optional<double> residual;  ///< of a spot check: predicted / measured - 1
};

struct Prediction {
    std::vector<PredictedPoint> points;     ///< of all cells that were not timed for the fit
    std::vector<std::string> obstacles;     ///< what could not be predicted, and why
    std::optional<double> median_residual;  ///< of the absolute residuals of the spot checks
    std::optional<double> largest_residual;
};

/// From the points and profiles of a run whose timing has a PredictionPlan.
[[nodiscard]] Prediction predict(const std::vector<ModelConfig>& configs, const SweepRun& run,
                                 const SweepResult& result);

}  // namespace mobilenet_cost

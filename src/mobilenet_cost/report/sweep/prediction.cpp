#include "mobilenet_cost/report/sweep/prediction.h"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/report/sweep/points.h"

namespace mobilenet_cost {
namespace {

std::string summary(const SweepRun& run, const Prediction& prediction) {
    std::string text;
    for (const std::string& obstacle : prediction.obstacles)
        text += text_line("not predicted: " + obstacle);
    text += fmt::format(
        "Predicted from {} timed cells, layer by layer; low and high are twice the spread of the errors "
        "when one of them is left out.\n",
        run.timing.prediction->timed.size());
    if (prediction.median_residual)
        text += fmt::format(
            "Cells timed only as a check: predicted / measured - 1 is {:.1f} % (median), {:.1f} % at "
            "most.\n",
            100 * *prediction.median_residual, 100 * *prediction.largest_residual);
    return text;
}

}  // namespace

Section prediction_section(const SweepRun& run, const Prediction& prediction) {
    const std::vector<const char*> keys = {"model",        "alpha",   "resolution", "engine",
                                           "threads",      "network", "seconds",    "low_seconds",
                                           "high_seconds", "speedup", "residual"};
    Section section;
    section.text = summary(run, prediction);
    section.table.caption = "Predicted";
    section.table.columns = predicted_fields().columns(keys);
    for (const PredictedPoint& point : prediction.points)
        section.table.rows.push_back(predicted_fields().cells(keys, predicted_row(run, point)));
    return section;
}

}  // namespace mobilenet_cost

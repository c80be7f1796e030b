#include "mobilenet_cost/sweep/stored_configs.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/count/convention.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost {

std::vector<ModelConfig> configs_of(const SweepRun& run, const std::string& flag) {
    std::vector<ModelConfig> configs;
    const Resolution wanted = run.cells.empty() ? Resolution() : run.cells.front().variant.resolution;
    for (const std::string& model : run.models)
        configs.push_back(
            find_model(model, {.resolution = wanted, .inputs = parse_inputs(run.settings.inputs, flag)}));
    for (const SweepCell& cell : run.cells) {
        const auto config = std::find_if(configs.begin(), configs.end(), [&](const ModelConfig& candidate) {
            return candidate.name == cell.model;
        });
        if (config == configs.end()) fail(flag, fmt::format("expected the model {}, found none", cell.model));
        SweepCell now = sweep(*config, {cell.variant}, find_convention(run.settings.convention)).front();
        now.analytic_speedup = cell.analytic_speedup;
        if (now != cell)
            fail(flag, fmt::format("expected {} to be as it was, found another network",
                                   variant_text(cell.model, cell.variant.alpha, cell.variant.resolution)));
    }
    return configs;
}

std::optional<Prediction> prediction_of(const std::vector<ModelConfig>& configs, const SweepRun& run,
                                        const SweepResult& result) {
    if (!run.timing.prediction) return std::nullopt;
    return predict(configs, run, result);
}

}  // namespace mobilenet_cost

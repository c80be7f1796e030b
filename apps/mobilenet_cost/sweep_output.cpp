#include "sweep_output.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/report/sweep/measured.h"
#include "mobilenet_cost/report/sweep/measured_json.h"

#include "app.h"
#include "timing_options.h"

namespace mobilenet_cost::app {

void add_foreign_options(CLI::App& command, SweepOutputOptions& options) {
    for (std::size_t i = 0; i < foreign_formats().size(); ++i) {
        const ForeignFormat& format = foreign_formats()[i];
        command
            .add_option(fmt::format("--out-{}", format.name), options.foreign[i],
                        fmt::format("for {}", format.reader))
            ->type_name("FILE");
    }
}

SweepOutput::SweepOutput(const SweepOutputOptions& options) : output_(options.output) {
    for (std::size_t i = 0; i < foreign_formats().size(); ++i) {
        if (options.foreign[i].empty()) continue;
        const ForeignFormat& format = foreign_formats()[i];
        foreign_.emplace_back(
            &format, std::make_unique<AtomicFile>(options.foreign[i], fmt::format("--out-{}", format.name)));
    }
}

void SweepOutput::write(const SweepRun& run, const SweepResult& result,
                        const std::optional<Prediction>& prediction) {
    const std::string text =
        output_.rendered({.sections = [&] { return sweep_measured_sections(run, result, prediction); },
                          .csv = [&] { return sweep_measured_table(run, result, prediction); },
                          .json = [&] { return sweep_measured_json(run, result, prediction); },
                          .jsonl = [&] { return sweep_measured_jsonl(run, result, prediction); }});
    std::vector<std::string> foreign;
    for (const auto& [format, file] : foreign_)
        foreign.push_back(format->write(run, result));
    output_.put(text);
    for (std::size_t i = 0; i < foreign_.size(); ++i) {
        AtomicFile& file = *foreign_[i].second;
        std::fwrite(foreign[i].data(), 1, foreign[i].size(), file.stream());
        file.finish();
    }
}

std::vector<ModelConfig> configs_of(const SweepRun& run, const std::string& flag) {
    std::vector<ModelConfig> configs;
    for (const std::string& model : run.models)
        configs.push_back(find_model(model));
    for (const SweepCell& cell : run.cells) {
        const auto config = std::find_if(configs.begin(), configs.end(), [&](const ModelConfig& candidate) {
            return candidate.name == cell.model;
        });
        if (config == configs.end()) fail(flag, fmt::format("expected the model {}, found none", cell.model));
        SweepCell now = sweep(*config, {cell.variant}, find_convention(run.settings.convention)).front();
        now.analytic_speedup = cell.analytic_speedup;
        if (now != cell)
            fail(flag, fmt::format("expected {} alpha {} at {} px to be as it was, found another network",
                                   cell.model, cell.variant.alpha, cell.variant.resolution));
    }
    return configs;
}

std::optional<Prediction> prediction_of(const std::vector<ModelConfig>& configs, const SweepRun& run,
                                        const SweepResult& result) {
    if (!run.timing.prediction) return std::nullopt;
    return predict(configs, run, result);
}

int exit_status(const SweepRun& run, const SweepResult& result) {
    const bool failed = std::any_of(result.points.begin(), result.points.end(), [](const PointResult& point) {
        return point.status == BenchStatus::failed;
    });
    if (failed || run.measurement.ended == Ended::interrupted) return kFailed;
    return timed_nothing(result.points) ? kInconclusive : kFine;
}

}  // namespace mobilenet_cost::app

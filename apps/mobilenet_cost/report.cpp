#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/sweep/join_runs.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/run_log.h"
#include "mobilenet_cost/sweep/run_log_read.h"

#include "app.h"
#include "gate_output.h"
#include "report_pictures.h"
#include "say.h"
#include "sweep_output.h"

namespace mobilenet_cost::app {
namespace {

struct ReportOptions {
    std::vector<std::string> logs;
    SweepOutputOptions outputs;
    PictureOptions pictures;
    bool compare = false;
};

SweepRun read_run(const std::string& path) {
    StoredRun stored = read_run_log(path);
    if (!stored.note.empty()) say("note: {}", stored.note);
    return std::move(stored.run);
}

std::optional<Prediction> stored_prediction(const SweepRun& run, const SweepResult& result,
                                            const std::string& log) {
    if (!run.timing.prediction) return std::nullopt;
    return prediction_of(configs_of(run, log), run, result);
}

/// A run of a model that is missing here, or has changed, is shown without its blocks.
std::vector<ModelConfig> configs_if_known(const SweepRun& run, const std::string& log) try {
    return configs_of(run, log);
} catch (const Error& error) {
    say("note: the page has no separable blocks: {}", error.what());
    return {};
}

std::string name_of(const std::vector<std::string>& logs) {
    std::string name;
    for (const std::string& log : logs)
        name += (name.empty() ? "" : " + ") + std::filesystem::path(log).filename().string();
    return name;
}

PicturedRun evaluated(SweepRun run, const std::vector<std::string>& logs) {
    PicturedRun shown;
    shown.name = name_of(logs);
    shown.run = std::move(run);
    shown.result = evaluate(shown.run);
    shown.prediction = stored_prediction(shown.run, shown.result, logs.front());
    return shown;
}

PicturedRun with_configs(PicturedRun shown, const std::string& log, const PictureOptions& options) {
    const std::vector<ModelConfig> configs = configs_if_known(shown.run, log);
    return pictured(std::move(shown), configs, options);
}

void require_comparable(const ReportOptions& options) {
    if (options.logs.size() != 2)
        fail("--compare", fmt::format("expected two run logs, found {}", options.logs.size()));
    if (!options.pictures.any()) fail("--compare", "expected --html or --svg, found neither");
    const bool documents = !options.outputs.output.paths.empty() || !options.outputs.output.format.empty();
    bool foreign = false;
    for (const std::string& path : options.outputs.foreign)
        foreign = foreign || !path.empty();
    if (documents || foreign)
        fail("--compare",
             "expected only --html and --svg, found another form of output: two runs have no document in "
             "common");
}

int run_side_by_side(const ReportOptions& options) {
    require_comparable(options);
    Pictures pictures(options.pictures);
    std::vector<PicturedRun> runs;
    for (const std::string& log : options.logs)
        runs.push_back(with_configs(evaluated(read_run(log), {log}), log, options.pictures));
    pictures.write(runs);
    return kFine;
}

/// In any form that `gate` writes.
int report_gate(const ReportOptions& options, const GateDocument& gate) {
    const auto refuse = [&](const char* flag) {
        fail(flag, fmt::format("expected run logs of `sweep --bench`, found the document of a gate, {}",
                               options.logs.front()));
    };
    if (options.pictures.any()) refuse(options.pictures.html.empty() ? "--svg" : "--html");
    for (std::size_t i = 0; i < options.outputs.foreign.size(); ++i) {
        if (!options.outputs.foreign[i].empty())
            refuse(fmt::format("--out-{}", foreign_formats()[i].name).c_str());
    }
    Output output(options.outputs.output, gate_formats());
    write_gate(output, gate.report, gate.result);
    return kFine;
}

int run_report(const Command& command, ReportOptions& options) {
    if (options.logs.size() == 1 && !options.compare) {
        if (const auto gate = stored_gate(options.logs.front())) return report_gate(options, *gate);
    }
    if (options.compare) return run_side_by_side(options);
    share_stdout(command, options.pictures, options.outputs);
    Pictures pictures(options.pictures);
    std::vector<SweepRun> runs;
    for (const std::string& path : options.logs)
        runs.push_back(read_run(path));
    PicturedRun shown = evaluated(join_runs(std::move(runs)), options.logs);
    if (options.pictures.any())
        shown = with_configs(std::move(shown), options.logs.front(), options.pictures);
    SweepOutput output(options.outputs);
    output.write(shown.run, shown.result, shown.prediction);
    if (options.pictures.any()) pictures.write({std::move(shown)});
    return kFine;
}

}  // namespace

void setup_report(Command& command) {
    auto options = std::make_shared<ReportOptions>();
    command.texts("logs", "LOG", options->logs, "run logs of `sweep --bench`, or the JSON of a gate")
        ->required();
    add_output_options(command, options->outputs.output, gate_formats());
    add_foreign_options(command, options->outputs);
    add_picture_options(command, options->pictures);
    command.flag("--compare", options->compare, "two logs side by side in --html or --svg, not joined");
    command.on_run([options, &command] { return run_report(command, *options); });
}

}  // namespace mobilenet_cost::app

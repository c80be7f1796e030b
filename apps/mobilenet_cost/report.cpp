#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/run_log.h"
#include "mobilenet_cost/sweep_result.h"

#include "app.h"
#include "sweep_output.h"

namespace mobilenet_cost::app {
namespace {

struct ReportOptions {
    std::vector<std::string> logs;
    SweepOutputOptions outputs;
};

int run_report(const ReportOptions& options) {
    std::vector<SweepRun> runs;
    for (const std::string& path : options.logs) {
        StoredRun stored = read_run_log(path);
        if (!stored.note.empty()) fmt::print(stderr, "mobilenet-cost: note: {}\n", stored.note);
        runs.push_back(std::move(stored.run));
    }
    const SweepRun run = join_runs(std::move(runs));
    const SweepResult result = evaluate(run);
    std::optional<Prediction> prediction;
    if (run.timing.prediction) prediction = prediction_of(configs_of(run, options.logs.front()), run, result);
    SweepOutput output(options.outputs);
    output.write(run, result, prediction);
    return kFine;
}

}  // namespace

Run setup_report(CLI::App& command) {
    auto options = std::make_shared<ReportOptions>();
    command.add_option("logs", options->logs, "run logs of `sweep --bench`; several are joined")
        ->type_name("LOG")
        ->required();
    add_output_options(command, options->outputs.output);
    add_foreign_options(command, options->outputs);
    return [options] { return run_report(*options); };
}

}  // namespace mobilenet_cost::app

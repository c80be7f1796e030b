#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/sweep/plan.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/run_log.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

#include "app.h"
#include "measured_run.h"
#include "progress_line.h"
#include "say.h"
#include "sweep_options.h"

namespace mobilenet_cost::app {
namespace {

Shard read_shard(const std::string& text, const std::string& flag) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos) fail(flag, fmt::format("expected I/N, found {}", in_quotes(text)));
    return {.index = read_count(text.substr(0, slash), flag),
            .count = read_count(text.substr(slash + 1), flag)};
}

double read_between_runs(const std::string& text, const std::string& flag) {
    return text == "0" ? 0 : read_share(text, flag);
}

SweepTiming read_timing(const SweepOptions& options) {
    SweepTiming timing = options.settings;
    const DataType type = options.variant.data_type.value_or(DataType::f32);
    timing.engines = options.timing.engines;
    if (type != DataType::f32) timing.engines = typed_names(engine_statuses(), timing.engines, {type});
    timing.threads = options.timing.threads;
    set_limits(options.timing, timing);
    timing.layers = !options.no_layers;
    timing.pin_cpu = pinned_cpu(options.timing);
    return timing;
}

PredictionPlan read_prediction(const SweepOptions& options, const Grid& grid, std::uint64_t seed) {
    if (options.no_layers) fail("--predict", "expected layers to predict from, found --no-layers");
    return plan_prediction(grid.cells, options.spots, seed);
}

/// Beside the document, or in the current folder; the time and the shard in its name keep the logs of several
/// runs apart, a number those of one second.
std::string default_log(const std::string& output, const SweepRun& run) {
    namespace fs = std::filesystem;
    std::string name;
    for (const char c : run.started) {
        if (c != '-' && c != ':') name += c;
    }
    const Shard& shard = run.timing.shard;
    if (shard.count > 1) name += fmt::format("-{}of{}", shard.index, shard.count);
    std::error_code ignored;
    const bool is_place =
        output != "-" && (!fs::exists(output, ignored) || fs::is_regular_file(output, ignored));
    const fs::path path = is_place ? output : "sweep";  // not beside a device
    const auto log = [&](const std::string& end) {
        return path.parent_path() / fmt::format("{}-{}{}.run.jsonl", path.stem().string(), name, end);
    };
    fs::path free = log("");
    for (int i = 2; fs::exists(free, ignored); ++i)
        free = log(fmt::format("-{}", i));
    return free.string();
}

/// All that a sweep writes; opened before it runs.
struct SweepFiles {
    explicit SweepFiles(const SweepOptions& options)
        : pictured(options.pictures), pictures(options.pictures), output(options.outputs) {}

    PictureOptions pictured;
    Pictures pictures;
    SweepOutput output;
};

WriteRun writer_of(SweepFiles& files, const std::string& log) {
    return [&files, log](const std::vector<ModelConfig>& configs, const SweepRun& run,
                         const SweepResult& result) {
        const auto prediction = prediction_of(configs, run, result);
        files.output.write(run, result, prediction);
        if (!files.pictured.any()) return;
        PicturedRun shown;
        shown.name = std::filesystem::path(log).filename().string();
        shown.run = run;
        shown.result = result;
        shown.prediction = prediction;
        files.pictures.write({pictured(std::move(shown), configs, files.pictured)});
    };
}

}  // namespace

int run_measured(SweepOptions options) {
    const DataType type = options.variant.data_type.value_or(DataType::f32);
    (void)read_computed_type(std::string(data_type_name(type)), "--dtype");
    options.variant.data_type = type;
    Grid grid = read_grid(options);
    for (const ModelConfig& config : grid.configs)
        say_passes_of_f32(config);
    const std::vector<std::string>& models = options.variant.models;
    refuse_namesakes(grid.configs, models);
    require_cell(grid.cells, options.pictures);
    SweepTiming timing = read_timing(options);
    if (options.predict) timing.prediction = read_prediction(options, grid, timing.seed);
    SweepRun run = plan_run(std::move(grid.cells), models, grid.settings, std::move(timing));
    skip_oversubscribed(run);
    ProgressLine line(options.progress);
    SweepFiles files(options);
    RunLog log = begin_log(
        options.log.empty() ? default_log(first_path(options.outputs.output), run) : options.log, run);
    warn_of_build();
    say("log: {}", log.path());
    return time_and_write(grid.configs, run, &log, true, line, writer_of(files, log.path()));
}

int run_resumed(const SweepOptions& options) {
    ResumedRun resumed = read_resumable(options.resume);
    require_cell(resumed.stored.run.cells, options.pictures);
    ProgressLine line(options.progress);
    SweepFiles files(options);
    return resume_and_write(std::move(resumed), true, line, writer_of(files, options.resume));
}

void add_bench_options(Command& command, SweepOptions& options) {
    command.flag("--bench", options.bench, "time real passes of every cell, too");
    command.group(kBenchGroup);
    add_timing_options(command, options.timing, "[at most 1000]", "[300]");
    SweepTiming& settings = options.settings;
    add_networks_option(command, settings.networks, "both");
    command.share("--precision", settings.precision, "half width of a speed-up's interval to stop at [0.02]");
    command.share("--confidence", settings.confidence, "of each interval [0.99]");
    command.value("--between-runs", "SHARE", settings.between_runs, read_between_runs,
                  "run-to-run variation of a speed-up, or 0 [0.004]");
    command.flag("--no-layers", options.no_layers, "do not time the layers afterwards");
    command.flag("--predict", options.predict, "time at most 4 cells of a model and predict the rest");
    command.value("--spots", "N", options.spots, read_seed, "cells timed to check the prediction [2]");
    command.value("--shard", "I/N", settings.shard, read_shard, "the I-th of N parts of the groups");
    command.text("--log", "FILE", options.log, "every sample, as it is taken [beside the output]");
    command.text("--resume", "LOG", options.resume, "continue an interrupted run");
    add_progress_option(command, options.progress);
    add_foreign_options(command, options.outputs);
    command.default_group();
}

}  // namespace mobilenet_cost::app

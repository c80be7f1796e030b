#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/machine/peaks_cache.h"
#include "mobilenet_cost/machine/roofline.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/sweep/plan.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/run_log.h"
#include "mobilenet_cost/sweep/run_log_read.h"
#include "mobilenet_cost/sweep/runner.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

#include "app.h"
#include "interrupt.h"
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
    return text == "0" ? 0 : read_number(text, flag);
}

SweepTiming read_timing(const SweepOptions& options) {
    SweepTiming timing = options.settings;
    timing.engines = options.timing.engines;
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
/// runs apart.
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
    return (path.parent_path() / fmt::format("{}-{}.run.jsonl", path.stem().string(), name)).string();
}

/// Roofs for the layers: peak arithmetic, and the bandwidth of the second-level cache, where most activations
/// are.
RooflinePeaks measure_roofs(const std::vector<int>& threads, ProgressLine& line) {
    PeaksOptions options;
    options.note = [](const std::string& text) { say("{}", text); };
    options.settings.progress = [&line](std::int64_t done, std::int64_t rounds) {
        line.show(fmt::format("what this machine can do (once): {}/{}", done, rounds));
    };
    const MachinePeaks peaks = load_or_measure_peaks(options);
    RooflinePeaks roofs;
    for (const int count : threads) {
        const auto flops = peak_flops(peaks, count);
        const auto bytes = level_bandwidth(peaks, "L2", count);
        if (flops && bytes) roofs.push_back({count, *flops, *bytes});
    }
    return roofs;
}

void time_into(RunLog& log, const std::vector<ModelConfig>& configs, SweepRun& run, ProgressLine& line) {
    SweepHooks hooks;
    hooks.progress = [&line](const SweepProgress& shown) { line.show(progress_text(shown)); };
    hooks.stop = &catch_interrupt();
    hooks.log = &log;
    hooks.peaks = [&line](const std::vector<int>& threads) { return measure_roofs(threads, line); };
    time_sweep(configs, run, hooks);
    line.clear();
}

/// Writes the documents; the exit status.
int write(const std::vector<ModelConfig>& configs, const SweepRun& run, SweepOutput& output) {
    const SweepResult result = evaluate(run);
    output.write(run, result, prediction_of(configs, run, result));
    return exit_status(run, result);
}

/// Rounds that could not be logged (a full disk, for example) are not in the document either. The document
/// may be on the same disk, so the error is said before it is written.
int time_and_write(const std::vector<ModelConfig>& configs, SweepRun& run, RunLog& log, ProgressLine& line,
                   SweepOutput& output) {
    bool broken = false;
    try {
        time_into(log, configs, run, line);
    } catch (const LogBroken& error) {
        broken = true;
        line.clear();
        run = read_run_log(log.path()).run;
        say("error: {}; {} rounds are kept, --resume goes on with them", error.what(),
            run.measurement.order.size());
    }
    const int status = write(configs, run, output);
    return broken ? kFailed : status;
}

/// A log without its header is of no use to anybody.
RunLog begin_log(const std::string& path, const SweepRun& run) {
    RunLog log = RunLog::create(path);
    try {
        log.header(run);
    } catch (const LogBroken&) {
        std::remove(path.c_str());
        throw;
    }
    return log;
}

}  // namespace

std::string progress_text(const SweepProgress& progress) {
    using Phase = SweepProgress::Phase;
    switch (progress.phase) {
        case Phase::preflight:
            return kPreflightText;
        case Phase::prepare:
            return step_text("preparing", progress.done, progress.total);
        case Phase::warm_up:
            return step_text("warming up", progress.done, progress.total);
        case Phase::layers:
            return step_text("layers of cell", progress.done, progress.total);
        case Phase::rounds:
            break;
    }
    const std::string worst =
        progress.worst_interval ? fmt::format("+-{:.1f} %", 100 * *progress.worst_interval) : "unknown";
    return step_text("round", progress.done, progress.total) +
           fmt::format(", {}/{} points precise, worst interval {}", progress.points_done, progress.points,
                       worst) +
           left_text(progress.seconds_left);
}

void refuse_namesakes(const std::vector<ModelConfig>& configs, const std::vector<std::string>& models) {
    for (std::size_t i = 0; i < configs.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (configs[i].name == configs[j].name && models[i] != models[j])
                fail("--model", fmt::format("expected models of different names, found {} in "
                                            "{} and {}",
                                            configs[i].name, models[j], models[i]));
        }
    }
}

int run_measured(const SweepOptions& options) {
    Grid grid = read_grid(options);
    if (grid.settings.data_type != DataType::f32)
        fail("--dtype",
             fmt::format("expected f32 with --bench, found {}", data_type_name(options.variant.data_type)));
    const std::vector<std::string>& models = options.variant.models;
    refuse_namesakes(grid.configs, models);
    SweepTiming timing = read_timing(options);
    if (options.predict) timing.prediction = read_prediction(options, grid, timing.seed);
    SweepRun run = plan_run(std::move(grid.cells), models, grid.settings, std::move(timing));
    ProgressLine line(options.progress);
    SweepOutput output(options.outputs);
    RunLog log =
        begin_log(options.log.empty() ? default_log(options.outputs.output.path, run) : options.log, run);
    warn_of_build();
    say("log: {}", log.path());
    return time_and_write(grid.configs, run, log, line, output);
}

int run_resumed(const SweepOptions& options) {
    std::error_code ignored;
    if (std::filesystem::is_fifo(options.resume, ignored))
        fail("--resume", fmt::format("expected a file that can be gone on with, found {}, a pipe",
                                     abridged(options.resume)));
    StoredRun stored = read_run_log(options.resume);
    const std::vector<ModelConfig> configs = configs_of(stored.run, "--resume");
    require_resumable(stored.run, this_origin(choose_engines(engine_statuses(), stored.run.timing.engines)),
                      options.resume);
    ProgressLine line(options.progress);
    SweepOutput output(options.outputs);
    if (!stored.note.empty()) say("note: {}", stored.note);
    if (stored.complete) {
        say("note: {} is complete; only the document is written", options.resume);
        return write(configs, stored.run, output);
    }
    warn_of_build();
    RunLog log = RunLog::append(options.resume);
    stored = read_run_log(options.resume);  // again, now that no other process can write it
    repair_run_log(options.resume, stored);
    return time_and_write(configs, stored.run, log, line, output);
}

void add_bench_options(Command& command, SweepOptions& options) {
    command.flag("--bench", options.bench, "time real passes of every cell, too");
    command.group(kBenchGroup);
    add_timing_options(command, options.timing, "[at most 1000]", "[300]");
    SweepTiming& settings = options.settings;
    add_networks_option(command, settings.networks, "both");
    command.number("--precision", "P", settings.precision,
                   "half width of a speed-up's interval to stop at [0.02]");
    command.number("--confidence", "C", settings.confidence, "of each interval [0.99]");
    command.value("--between-runs", "P", settings.between_runs, read_between_runs,
                  "run-to-run variation of a speed-up, or 0 [0.004]");
    command.flag("--no-layers", options.no_layers, "do not time the layers afterwards");
    command.flag("--predict", options.predict, "time at most 4 cells of a model and predict the rest");
    command.value("--spots", "N", options.spots, read_seed, "cells timed to check the prediction [2]");
    command.value("--shard", "I/N", settings.shard, read_shard, "the I-th of N parts of the groups");
    command.text("--log", "FILE", options.log, "every sample, as it is taken [beside the output]");
    command.text("--resume", "LOG", options.resume, "go on with an interrupted run");
    add_progress_option(command, options.progress);
    add_foreign_options(command, options.outputs);
    command.default_group();
}

}  // namespace mobilenet_cost::app

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/list.h"
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

Shard read_shard(const std::string& text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos) fail("--shard", fmt::format("expected I/N, found {}", in_quotes(text)));
    return {.index = read_count(text.substr(0, slash), "--shard"),
            .count = read_count(text.substr(slash + 1), "--shard")};
}

SweepTiming read_timing(const SweepOptions& options) {
    const TimingOptions& typed = options.timing;
    SweepTiming timing;
    timing.engines = parse_names(typed.engines);
    timing.threads = read_threads(typed.threads);
    timing.networks = read_networks(options.networks, SweepTiming{}.networks);
    if (!typed.rounds.empty()) timing.rounds = read_count(typed.rounds, "--rounds");
    if (!typed.seed.empty()) timing.seed = read_seed(typed.seed, "--seed");
    if (!typed.max_seconds.empty()) timing.max_seconds = read_seconds(typed.max_seconds, "--max-seconds");
    if (!options.precision.empty()) timing.precision = read_number_flag(options.precision, "--precision");
    if (!options.confidence.empty()) timing.confidence = read_number_flag(options.confidence, "--confidence");
    if (!options.between_runs.empty())
        timing.between_runs =
            options.between_runs == "0" ? 0 : read_number_flag(options.between_runs, "--between-runs");
    if (!options.shard.empty()) timing.shard = read_shard(options.shard);
    timing.layers = !options.no_layers;
    timing.pin_cpu = read_cpu(typed.cpu);
    return timing;
}

PredictionPlan read_prediction(const SweepOptions& options, const Grid& grid, std::uint64_t seed) {
    if (options.no_layers) fail("--predict", "expected layers to predict from, found --no-layers");
    std::uint64_t spots = 2;
    if (!options.spots.empty()) spots = read_seed(options.spots, "--spots");
    return plan_prediction(grid.cells, spots, seed);
}

/// Beside the document, or in the current folder; the time and the shard keep the logs of several runs apart.
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
    const fs::path path = is_place ? output : "sweep";  // a device's folder is no place for a log
    return (path.parent_path() / fmt::format("{}-{}.run.jsonl", path.stem().string(), name)).string();
}

/// Roofs for the layers: what lies in registers, and in the second-level cache, where most activations are.
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

/// What a full disk or the like does not let into the log is not in the document either. That disk may be the
/// document's, too, so what happened is said before it is written.
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
    const SweepResult result = evaluate(run);
    output.write(run, result, prediction_of(configs, run, result));
    return broken ? kFailed : exit_status(run, result);
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
    const std::string left =
        progress.seconds_left ? fmt::format(", at most {:.0f} s left", *progress.seconds_left) : "";
    switch (progress.phase) {
        case Phase::preflight:
            return "looking how quiet the machine is";
        case Phase::prepare:
            return fmt::format("preparing {}/{}", progress.done, progress.total);
        case Phase::warm_up:
            return fmt::format("warming up {}/{}", progress.done, progress.total);
        case Phase::rounds:
            return fmt::format("round {}/{}, {}/{} points precise, worst interval {}{}", progress.done,
                               progress.total, progress.points_done, progress.points,
                               progress.worst_interval
                                   ? fmt::format("+-{:.1f} %", 100 * *progress.worst_interval)
                                   : std::string("unknown"),
                               left);
        case Phase::layers:
            return fmt::format("layers of cell {}/{}", progress.done, progress.total);
    }
    return "";
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
        fail("--dtype", fmt::format("expected f32 with --bench, found {}", options.variant.data_type));
    const std::vector<std::string> models = parse_names(options.variant.models);
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
        const SweepResult result = evaluate(stored.run);
        output.write(stored.run, result, prediction_of(configs, stored.run, result));
        return exit_status(stored.run, result);
    }
    warn_of_build();
    RunLog log = RunLog::append(options.resume);
    stored = read_run_log(options.resume);  // as it is now that nobody else can write it
    repair_run_log(options.resume, stored);
    return time_and_write(configs, stored.run, log, line, output);
}

void add_bench_options(CLI::App& command, SweepOptions& options) {
    command.add_flag("--bench", options.bench, "time real passes of every cell, too");
    command.option_defaults()->group(kBenchGroup);
    add_timing_options(command, options.timing, "[at most 1000]", "[300]");
    add_list(command, "--networks", options.networks, "LIST", "separable, standard [both]");
    command
        .add_option("--precision", options.precision, "half width of a speed-up's interval to stop at [0.02]")
        ->type_name("P");
    command.add_option("--confidence", options.confidence, "of each interval [0.99]")->type_name("C");
    command
        .add_option("--between-runs", options.between_runs,
                    "part of a speed-up that differs by run, or 0 [0.004]")
        ->type_name("P");
    command.add_flag("--no-layers", options.no_layers, "do not time the layers afterwards");
    command.add_flag("--predict", options.predict, "time at most 4 cells of a model and predict the rest");
    command.add_option("--spots", options.spots, "cells timed to check the prediction [2]")->type_name("N");
    command.add_option("--shard", options.shard, "the I-th of N parts of the groups")->type_name("I/N");
    command.add_option("--log", options.log, "every sample, as it is taken [beside the output]")
        ->type_name("FILE");
    command.add_option("--resume", options.resume, "go on with an interrupted run")->type_name("LOG");
    command.add_option("--progress", options.progress, "auto: on a terminal")->type_name("auto|always|never");
    add_foreign_options(command, options.outputs);
    command.option_defaults()->group("Options");
}

}  // namespace mobilenet_cost::app

#include "measured_run.h"

#include <cstdio>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/machine/peaks_cache.h"
#include "mobilenet_cost/machine/roofline.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/sweep/plan.h"
#include "mobilenet_cost/sweep/run_log_read.h"
#include "mobilenet_cost/sweep/stored_configs.h"

#include "app.h"
#include "interrupt.h"
#include "say.h"
#include "sweep_output.h"
#include "timing_options.h"

namespace mobilenet_cost::app {
namespace {

/// Roofs for the layers: peak arithmetic, and the bandwidth of the second-level cache, where most activations
/// are.
RooflinePeaks measure_roofs(const std::vector<int>& threads, ProgressLine& line) {
    PeaksOptions options;
    options.note = [](const std::string& text) { say("{}", text); };
    options.settings.progress = [&line](std::int64_t done, std::int64_t rounds) {
        line.show(fmt::format("what this machine can do (once): {}/{}", done, rounds));
    };
    RooflinePeaks roofs;
    try {
        const MachinePeaks peaks = load_or_measure_peaks(options);
        for (const int count : threads) {
            const auto flops = peak_flops(peaks, count);
            const auto bytes = level_bandwidth(peaks, "L2", count);
            if (flops && bytes) roofs.push_back({count, *flops, *bytes});
        }
    } catch (const std::runtime_error& error) {
        say("note: the layers have no roof: {}", error.what());
    }
    return roofs;
}

void time_into(RunLog* log, bool roofs, const std::vector<ModelConfig>& configs, SweepRun& run,
               ProgressLine& line) {
    SweepHooks hooks;
    hooks.progress = [&line](const SweepProgress& shown) { line.show(progress_text(shown)); };
    hooks.stop = &catch_interrupt();
    hooks.log = log;
    if (roofs)
        hooks.peaks = [&line](const std::vector<int>& threads) { return measure_roofs(threads, line); };
    time_sweep(configs, run, hooks);
    line.clear();
}

}  // namespace

std::string progress_text(const SweepProgress& progress) {
    using Phase = SweepProgress::Phase;
    if (progress.phase == Phase::layers) return step_text("layers of cell", progress.done, progress.total);
    if (progress.phase != Phase::rounds) return preparing_text(progress);
    const std::string worst =
        progress.worst_interval ? fmt::format("+-{:.1f} %", 100 * *progress.worst_interval) : "unknown";
    const bool few = progress.total < SweepTiming{}.rounds;  // the default is out of reach
    return rounds_text(
        progress.done, few ? std::optional(progress.total) : std::nullopt,
        fmt::format("{}/{} points precise, widest interval {}", progress.points_done, progress.points, worst),
        progress.seconds_left);
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

/// Rounds that could not be logged (a full disk, for example) are not in the document either. The document
/// may be on the same disk, so the error is said before it is written.
int time_and_write(const std::vector<ModelConfig>& configs, SweepRun& run, RunLog* log, bool roofs,
                   ProgressLine& line, const WriteRun& write) {
    bool broken = false;
    try {
        time_into(log, roofs, configs, run, line);
    } catch (const LogBroken& error) {
        broken = true;
        line.clear();
        run = read_run_log(log->path()).run;
        say("error: {}; {} kept, --resume goes on from there", error.what(),
            plural(static_cast<std::int64_t>(run.measurement.order.size()), "round"));
    }
    const SweepResult result = evaluate(run);
    write(configs, run, result);
    return broken ? kFailed : exit_status(run, result);
}

ResumedRun read_resumable(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::is_fifo(path, ignored))
        fail("--resume",
             fmt::format("expected a file that can be gone on with, found {}, a pipe", abridged(path)));
    ResumedRun resumed{.stored = read_run_log(path), .configs = {}, .path = path};
    const SweepRun& run = resumed.stored.run;
    resumed.configs = configs_of(run, "--resume");
    require_resumable(run, this_origin(choose_engines(engine_statuses(), run.timing.engines)), path);
    return resumed;
}

int resume_and_write(ResumedRun resumed, bool roofs, ProgressLine& line, const WriteRun& write) {
    if (!resumed.stored.note.empty()) say("note: {}", resumed.stored.note);
    if (resumed.stored.complete) {
        say("note: {} is complete; only the document is written", resumed.path);
        const SweepResult result = evaluate(resumed.stored.run);
        write(resumed.configs, resumed.stored.run, result);
        return exit_status(resumed.stored.run, result);
    }
    warn_of_build();
    RunLog log = RunLog::append(resumed.path);
    StoredRun stored = read_run_log(resumed.path);  // again, now that no other process can write it
    repair_run_log(resumed.path, stored);
    return time_and_write(resumed.configs, stored.run, &log, roofs, line, write);
}

void refuse_beside_resume(const Command& command) {
    for (const CLI::Option* option : command.parser().get_options()) {
        const std::string flag = "--" + option->get_lnames().front();
        const bool of_resume = flag == "--format" || flag == "--output" || flag == "--progress" ||
                               flag == "--resume" || flag == "--plain" || flag == "--html" ||
                               flag == "--svg" || flag == "--cell" || flag.starts_with("--out-");
        if (option->count() > 0 && !of_resume)
            fail("--resume", fmt::format("takes its settings from the log: leave out {}", flag));
    }
}

}  // namespace mobilenet_cost::app

#include "mobilenet_cost/sweep/bench.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/report/bench/csv.h"
#include "mobilenet_cost/report/bench/json.h"
#include "mobilenet_cost/report/bench/notes.h"
#include "mobilenet_cost/report/bench/report.h"

#include "app.h"
#include "interrupt.h"
#include "options.h"
#include "output.h"
#include "progress_line.h"
#include "say.h"
#include "timing_options.h"

namespace mobilenet_cost::app {
namespace {

struct BenchOptions {
    VariantOptions variant;
    OutputOptions output;
    TimingOptions timing;
    BenchSettings settings;
    std::optional<LayerMode> layer_mode;
};

BenchSettings read_settings(const BenchOptions& options) {
    BenchSettings settings = options.settings;
    if (options.layer_mode && !settings.per_layer)
        fail("--layer-mode", "expected together with --per-layer only");
    settings.layer_mode = options.layer_mode.value_or(settings.layer_mode);
    settings.engines = options.timing.engines;
    settings.threads = options.timing.threads;
    set_limits(options.timing, settings);
    settings.pin_cpu = pinned_cpu(options.timing);
    return settings;
}

std::string_view phase_name(BenchProgress::Phase phase) {
    switch (phase) {
        case BenchProgress::Phase::prepare:
            return "preparing";
        case BenchProgress::Phase::warm_up:
            return "warming up";
        case BenchProgress::Phase::rounds:
            return "rounds";
        case BenchProgress::Phase::layers:
            return "layers";
    }
    return "";
}

std::string progress_text(const BenchProgress& progress) {
    const std::string left =
        progress.seconds_left ? fmt::format(", {:.0f} s left", *progress.seconds_left) : "";
    return fmt::format("{} {}/{}{}", phase_name(progress.phase), progress.done, progress.total, left);
}

bool has_failed(const BenchResult& result) {
    for (const NetworkResult& network : result.networks) {
        if (network.status == BenchStatus::failed) return true;
    }
    return false;
}

std::vector<BenchResult> run_all(const std::vector<Family>& families, const BenchSettings& settings,
                                 const std::atomic<bool>& interrupted) {
    ProgressLine line;
    BenchHooks hooks;
    hooks.progress = [&line](const BenchProgress& progress) { line.show(progress_text(progress)); };
    hooks.stop = &interrupted;
    std::vector<BenchResult> results;
    for (const Family& family : families) {
        for (const Variant& variant : family.variants) {
            if (interrupted) break;
            results.push_back(run_bench(family.config, variant, settings, hooks));
        }
    }
    line.clear();
    return results;
}

int run_bench_command(const BenchOptions& options) {
    const BenchSettings settings = read_settings(options);
    const std::vector<Family> families = read_families(options.variant, DefaultGrid::one);
    Output output(options.output);
    const std::atomic<bool>& interrupted = catch_interrupt();
    (void)choose_engines(engine_statuses(), settings.engines);  // a wrong name is told before any warning
    warn_of_build();
    const std::vector<BenchResult> results = run_all(families, settings, interrupted);
    for (const BenchResult& result : results) {
        for (const std::string& text : bench_warnings(result))
            say("warning: {}", text);
    }
    output.write(
        {.sections = [&] { return bench_sections(results); },
         .csv =
             [&] { return settings.per_layer ? bench_layers_csv_table(results) : bench_csv_table(results); },
         .json = [&] { return bench_json(results); },
         .jsonl = [&] { return bench_jsonl(results); }});
    const bool failed = std::any_of(results.begin(), results.end(), has_failed);
    if (interrupted || failed) return kFailed;
    std::vector<NetworkResult> rows;
    for (const BenchResult& result : results)
        rows.insert(rows.end(), result.networks.begin(), result.networks.end());
    return timed_nothing(rows) ? kInconclusive : kFine;
}

}  // namespace

void setup_bench(Command& command) {
    auto options = std::make_shared<BenchOptions>();
    add_variant_options(command, options->variant, Bytes::not_counted);
    add_timing_options(command, options->timing, "[15]", "of one variant [60]");
    command.value(
        "--cache", "MODE", options->settings.cache,
        [](const std::string& name, const std::string&) { return read_cache_mode(name); },
        "before a pass: warm, cold-weights or cold [warm]");
    command.flag("--per-layer", options->settings.per_layer, "time each layer, too");
    command.value(
        "--layer-mode", "MODE", options->layer_mode,
        [](const std::string& name, const std::string&) { return read_layer_mode(name); },
        "in-situ, or isolated: each by itself [in-situ]");
    add_output_options(command, options->output);
    command.on_run([options] { return run_bench_command(*options); });
}

}  // namespace mobilenet_cost::app

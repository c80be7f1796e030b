#include "mobilenet_cost/sweep/bench.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/list.h"
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
    std::string cache = "warm";
    std::string layer_mode;
    bool per_layer = false;
};

BenchSettings read_settings(const BenchOptions& options) {
    BenchSettings settings;
    const TimingOptions& typed = options.timing;
    settings.engines = parse_names(typed.engines);
    settings.threads = read_threads(typed.threads);
    if (!typed.rounds.empty()) settings.rounds = read_count(typed.rounds, "--rounds");
    if (!typed.seed.empty()) settings.seed = read_seed(typed.seed, "--seed");
    if (!typed.max_seconds.empty()) settings.max_seconds = read_seconds(typed.max_seconds, "--max-seconds");
    settings.cache = read_cache_mode(options.cache);
    settings.per_layer = options.per_layer;
    if (!options.layer_mode.empty()) {
        if (!options.per_layer) fail("--layer-mode", "expected together with --per-layer only");
        settings.layer_mode = read_layer_mode(options.layer_mode);
    }
    settings.pin_cpu = read_cpu(typed.cpu);
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
             [&] { return options.per_layer ? bench_layers_csv_table(results) : bench_csv_table(results); },
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

Run setup_bench(CLI::App& command) {
    auto options = std::make_shared<BenchOptions>();
    add_variant_options(command, options->variant, Bytes::not_counted);
    add_timing_options(command, options->timing, "[15]", "of one variant [60]");
    command.add_option("--cache", options->cache, "before a pass: warm, cold-weights or cold [warm]")
        ->type_name("MODE");
    command.add_flag("--per-layer", options->per_layer, "time each layer, too");
    command.add_option("--layer-mode", options->layer_mode, "in-situ, or isolated: each by itself [in-situ]")
        ->type_name("MODE");
    add_output_options(command, options->output);
    return [options] { return run_bench_command(*options); };
}

}  // namespace mobilenet_cost::app

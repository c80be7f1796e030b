#include "mobilenet_cost/sweep/bench.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/thread_limits.h"
#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/report/bench/csv.h"
#include "mobilenet_cost/report/bench/json.h"
#include "mobilenet_cost/report/bench/notes.h"
#include "mobilenet_cost/report/bench/report.h"
#include "mobilenet_cost/report/sweep/notes.h"
#include "mobilenet_cost/sweep/plan.h"

#include "app.h"
#include "measured_run.h"
#include "options.h"
#include "output.h"
#include "progress_line.h"
#include "say.h"
#include "timing_options.h"

namespace mobilenet_cost::app {
namespace {

/// For each variant, unless --max-seconds says how long all of it may take.
constexpr double kSecondsOfAVariant = 60;

struct BenchOptions {
    VariantOptions variant;
    OutputOptions output;
    TimingOptions timing;
    std::vector<DataType> data_types = {DataType::f32};
    SweepTiming settings;  ///< but for what `timing` has
    std::optional<LayerMode> layer_mode;
    std::string log;
    std::string resume;
    Progress progress = Progress::automatic;
};

SweepTiming read_timing(const BenchOptions& options, std::size_t variants) {
    SweepTiming timing = options.settings;
    if (options.layer_mode && !timing.layers) fail("--layer-mode", "needs --per-layer");
    timing.layer_mode = options.layer_mode.value_or(timing.layer_mode);
    timing.engines = typed_names(engine_statuses(), options.timing.engines, options.data_types);
    timing.threads = options.timing.threads;
    timing.max_seconds = kSecondsOfAVariant * static_cast<double>(variants);
    set_limits(options.timing, timing);
    timing.pin_cpu = pinned_cpu(options.timing);
    return timing;
}

/// A planned bench, and the models that it is of.
struct PlannedBench {
    std::vector<ModelConfig> configs;
    SweepRun run;
};

PlannedBench plan(const BenchOptions& options) {
    PlannedBench planned;
    std::vector<BenchCell> cells;
    std::size_t variants = 0;
    std::vector<Family> families = read_families(options.variant, DefaultGrid::one);
    say_whose_weights_are_random(families);
    for (const Family& family : families)
        variants += family.variants.size();
    const SweepTiming timing = read_timing(options, variants);
    for (Family& family : families) {
        say_passes_of_f32(family.config);
        append_bench_cells(family.config, family.variants, cells);
        planned.configs.push_back(std::move(family.config));
    }
    refuse_namesakes(planned.configs, options.variant.models);
    planned.run = plan_bench(cells, options.variant.models,
                             settings_of(options.variant, find_convention("paper"), planned.configs), timing);
    skip_oversubscribed(planned.run);
    return planned;
}

const std::vector<std::string> kLayeredTables = {"networks", "layers"};

std::vector<NamedTable> layered_tables(const SweepRun& run, const SweepResult& result) {
    return {{kLayeredTables[0], [&] { return bench_csv_table(run, result); }},
            {kLayeredTables[1], [&] { return bench_layers_csv_table(run, result); }}};
}

Output open_output(const BenchOptions& options, const SweepTiming& timing) {
    return Output(options.output, {}, timing.layers ? kLayeredTables : std::vector<std::string>());
}

void write(Output& output, const SweepRun& run, const SweepResult& result) {
    for (const BenchVariant& variant : bench_variants(run, result)) {
        for (const std::string& text : bench_warnings(run, variant))
            say("warning: {}", text);
    }
    output.write({.sections = [&] { return bench_sections(run, result); },
                  .csv = [&] { return bench_csv_table(run, result); },
                  .json = [&] { return bench_json(run, result); },
                  .jsonl = [&] { return bench_jsonl(run, result); },
                  .extra = {},
                  .csv_tables = run.timing.layers ? layered_tables(run, result) : std::vector<NamedTable>()});
    output.tell(main_finding(run, result));
}

WriteRun writer_of(Output& output) {
    return [&output](const std::vector<ModelConfig>&, const SweepRun& run, const SweepResult& result) {
        write(output, run, result);
    };
}

/// Numbers that no engine takes are their rows' reason.
void require_threads(const std::vector<int>& counts) {
    const int most = *std::max_element(counts.begin(), counts.end());
    if (most == 1 || static_cast<std::size_t>(most) > allowed_cpus().size()) return;
    const std::string refusal = thread_refusal(most - 1);
    if (!refusal.empty()) throw std::runtime_error("--threads: only " + refusal);
}

int run_bench(const Command& command, const BenchOptions& options) {
    ProgressLine line(options.progress);
    if (!options.resume.empty()) {
        refuse_beside_resume(command);
        ResumedRun resumed = read_resumable(options.resume);
        Output output = open_output(options, resumed.stored.run.timing);
        return resume_and_write(std::move(resumed), false, line, writer_of(output));
    }
    require_threads(options.timing.threads);
    PlannedBench planned = plan(options);
    Output output = open_output(options, planned.run.timing);
    std::optional<RunLog> log;
    if (!options.log.empty()) log.emplace(begin_log(options.log, planned.run));
    warn_of_build();
    return time_and_write(planned.configs, planned.run, log ? &*log : nullptr, false, line,
                          writer_of(output));
}

}  // namespace

void setup_bench(Command& command) {
    auto options = std::make_shared<BenchOptions>();
    SweepTiming& settings = options->settings;
    settings.layers = false;
    add_variant_options(command, options->variant, Bytes::not_counted);
    add_timing_options(command, options->timing, "[at most 1000]", "[60 a variant]");
    add_types_option(command, options->data_types);
    command.share("--precision", settings.precision, "half width of a speed-up's interval to stop at [0.02]");
    command.value(
        "--cache", "MODE", settings.cache,
        [](const std::string& name, const std::string&) { return read_cache_mode(name); },
        "before a pass: warm, cold-weights or cold [warm]");
    command.flag("--per-layer", settings.layers, "time each layer, too");
    command.value(
        "--layer-mode", "MODE", options->layer_mode,
        [](const std::string& name, const std::string&) { return read_layer_mode(name); },
        "in-situ, or isolated: each by itself [in-situ]");
    command.text("--log", "FILE", options->log, "keep every sample, as it is taken");
    command.text("--resume", "LOG", options->resume, "continue an interrupted run");
    add_progress_option(command, options->progress);
    add_output_options(command, options->output);
    command.on_run([options, &command] { return run_bench(command, *options); });
}

}  // namespace mobilenet_cost::app

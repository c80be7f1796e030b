#include "mobilenet_cost/pick/pick.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/list.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/compare/read_stored.h"
#include "mobilenet_cost/count/convention.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/pick/stored.h"
#include "mobilenet_cost/report/pick/csv.h"
#include "mobilenet_cost/report/pick/json.h"
#include "mobilenet_cost/report/pick/report.h"
#include "mobilenet_cost/sweep/run_log.h"
#include "mobilenet_cost/sweep/run_log_read.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

#include "app.h"
#include "options.h"
#include "output.h"
#include "pick_timing.h"
#include "say.h"
#include "sweep_options.h"
#include "timing_options.h"

namespace mobilenet_cost::app {
namespace {

constexpr const char* kTimingGroup = "Times";
constexpr double kPrecision = 0.03;  // half width of an interval; a choice needs less than a sweep's 2 %
constexpr double kMostSeconds = 40;

struct PickOptions {
    VariantOptions variant;
    OutputOptions output;
    std::string convention = "paper";
    std::string max_ms;
    std::string max_macs;
    std::string max_params;
    std::string max_weight_kib;
    std::string max_peak_kib;
    std::string min_top1;
    bool accept_estimates = false;
    std::vector<std::string> from;
    bool predict = false;
    bool measure = false;
    bool measure_all = false;
    TimingOptions timing;
    std::string progress = "auto";
    bool all = false;
};

/// Where times come from.
enum class TimeSource { none, stored, predicted, confirmed, searched, measured };

/// A limit typed in another unit.
void add_limit(std::vector<PickLimit>& limits, PickQuantity quantity, const std::string& text, double unit) {
    if (text.empty()) return;
    limits.push_back({quantity, read_number_flag(text, std::string(pick_flag(quantity))) * unit});
}

std::vector<PickLimit> read_limits(const PickOptions& options) {
    std::vector<PickLimit> limits;
    add_limit(limits, PickQuantity::seconds, options.max_ms, 1e-3);
    add_limit(limits, PickQuantity::macs, options.max_macs, 1);
    add_limit(limits, PickQuantity::params, options.max_params, 1);
    add_limit(limits, PickQuantity::weight_bytes, options.max_weight_kib, 1024);
    add_limit(limits, PickQuantity::peak_bytes, options.max_peak_kib, 1024);
    add_limit(limits, PickQuantity::top1, options.min_top1, 1);
    if (!limits.empty() && limits.back().quantity == PickQuantity::top1 && limits.back().limit > 1)
        fail("--min-top1",
             fmt::format("expected a fraction up to 1, such as 0.6, found {}", shortened(options.min_top1)));
    if (options.accept_estimates && options.min_top1.empty())
        fail("--accept-estimates", "expected --min-top1 with it, found none");
    return limits;
}

const PickLimit* find_limit(const std::vector<PickLimit>& limits, PickQuantity quantity) {
    const auto found = std::find_if(limits.begin(), limits.end(),
                                    [&](const PickLimit& limit) { return limit.quantity == quantity; });
    return found == limits.end() ? nullptr : &*found;
}

TimeSource read_source(const PickOptions& options) {
    std::vector<std::string> asked;
    if (!options.from.empty()) asked.emplace_back("--from");
    if (options.predict) asked.emplace_back("--predict");
    if (options.measure) asked.emplace_back("--measure");
    if (options.measure_all) asked.emplace_back("--measure-all");
    if (asked.size() > 1)
        fail(asked[0], fmt::format("expected one source of times, found {}", fmt::join(asked, " and ")));
    if (options.measure && options.max_ms.empty())
        fail("--measure", "expected --max-ms to look for the widest within it, or --measure-all");
    if (!options.from.empty()) return TimeSource::stored;
    if (options.predict) return TimeSource::predicted;
    if (options.measure) return TimeSource::searched;
    if (options.measure_all) return TimeSource::measured;
    return options.max_ms.empty() ? TimeSource::none : TimeSource::confirmed;
}

/// Flags that would do nothing are refused.
void refuse_idle_flags(const CLI::App& command, const PickOptions& options, TimeSource source) {
    for (const CLI::Option* option : command.get_options()) {
        const std::string flag = "--" + option->get_lnames().front();
        if (option->count() == 0 || option->get_group() != kTimingGroup) continue;
        if (flag == "--from" || flag == "--predict" || flag.starts_with("--measure")) continue;
        if (source == TimeSource::none)
            fail(flag,
                 "expected --max-ms, --from, --predict, --measure or --measure-all with it, found none");
        if (source == TimeSource::stored && flag != "--engine" && flag != "--threads")
            fail(flag, "expected times to be taken, found --from");
    }
    if (source != TimeSource::none && options.variant.data_type != "f32")
        fail("--dtype",
             fmt::format("expected f32 where times count, because that is what engines run, found {}",
                         options.variant.data_type));
}

/// One engine and one number of threads: variants are compared with each other.
PickRunner read_runner(const TimingOptions& typed) {
    PickRunner runner;
    const std::vector<std::string> engines = parse_names(typed.engines);
    if (engines.size() > 1)
        fail("--engine", fmt::format("expected one engine, found {}",
                                     shortened(fmt::format("{}", fmt::join(engines, ", ")))));
    if (!engines.empty()) runner.engine = engines.front();
    if (typed.threads.empty()) return runner;
    const std::vector<int> threads = read_threads(typed.threads);
    if (threads.size() > 1)
        fail("--threads", fmt::format("expected one number, found {}",
                                      shortened(fmt::format("{}", fmt::join(threads, ", ")))));
    runner.threads = threads.front();
    return runner;
}

SweepTiming read_sweep_timing(const TimingOptions& typed, const PickRunner& runner) {
    SweepTiming timing;
    if (!runner.engine.empty()) timing.engines = {runner.engine};
    if (runner.threads > 0) timing.threads = {runner.threads};
    if (!typed.rounds.empty()) timing.rounds = read_count(typed.rounds, "--rounds");
    if (!typed.seed.empty()) timing.seed = read_seed(typed.seed, "--seed");
    timing.max_seconds =
        typed.max_seconds.empty() ? kMostSeconds : read_seconds(typed.max_seconds, "--max-seconds");
    timing.precision = kPrecision;
    timing.precise_times = true;  // a budget is one of time
    timing.pin_cpu = read_cpu(typed.cpu);
    return timing;
}

/// A name says nothing about a network that a file of the user's describes.
bool is_bundled(const std::string& model) {
    const std::vector<std::string> names = model_names();
    return std::find(names.begin(), names.end(), model) != names.end();
}

/// Each once: the same variant twice would be a tie with itself.
std::vector<Variant> without_repetitions(const std::vector<Variant>& variants) {
    std::set<std::pair<double, std::int64_t>> seen;
    std::vector<Variant> once;
    for (const Variant& variant : variants) {
        if (seen.emplace(variant.alpha, variant.resolution).second) once.push_back(variant);
    }
    return once;
}

void append_family(const Family& family, const Convention& convention,
                   const std::vector<PublishedAccuracy>& published, bool accept_estimates,
                   PickReport& report) {
    const auto fit = AccuracyFit::fit(published, family.config.name, report.settings.data_type);
    SweepSettings& settings = report.settings;
    settings.classes = family.variants.front().classes;
    settings.batch = family.variants.front().batch;
    for (SweepCell& cell :
         sweep(family.config, without_repetitions(family.variants), convention, settings.data_type)) {
        const auto* row = find_published(published, cell.model, cell.variant, settings.data_type);
        PickCandidate& candidate = report.candidates.emplace_back();
        if (row != nullptr) candidate.accuracy = *row;
        if (row == nullptr && fit && is_publishable(cell.variant))
            candidate.estimate = fit->estimate(cell.variant.alpha, cell.variant.resolution);
        candidate.estimate_counts = accept_estimates;
        candidate.cell = std::move(cell);
    }
}

void read_candidates(const PickOptions& options, PickFamilies& families, PickReport& report) {
    const Convention& convention = find_convention(options.convention);
    report.settings = {.data_type = read_data_type(options.variant.data_type),
                       .convention = convention.name,
                       .alpha_scope = options.variant.alpha_scope};
    const std::vector<PublishedAccuracy> published = bundled_published();
    VariantOptions one = options.variant;
    for (const std::string& model : parse_names(options.variant.models)) {
        if (std::find(families.models.begin(), families.models.end(), model) != families.models.end())
            continue;
        one.models = {model};
        Family family = read_families(one, DefaultGrid::published).front();
        append_family(family, convention, is_bundled(model) ? published : std::vector<PublishedAccuracy>{},
                      options.accept_estimates, report);
        families.models.push_back(model);
        families.configs.push_back(std::move(family.config));
    }
    refuse_namesakes(families.configs, families.models);
}

StoredPrediction stored_prediction(const StoredDocument& document, const PredictedPoint& point) {
    // The document begins with the cells of the run in their order.
    StoredPrediction stored{.id = document.cells[point.cell].id,
                            .seconds = {.value = point.seconds, .interval = {}}};
    stored.id.engine = point.engine;
    stored.id.threads = point.threads;
    stored.id.network = network_kind_name(point.network);
    if (point.low && point.high) stored.seconds.interval = Interval{.low = *point.low, .high = *point.high};
    return stored;
}

/// A log holds what a prediction is made from, not the prediction.
void add_predictions(std::string_view log, StoredDocument& document) {
    const SweepRun run = parse_run_log(log, document.file).run;
    if (!run.timing.prediction) return;
    const Prediction prediction = predict(configs_of(run, document.file), run, evaluate(run));
    for (const PredictedPoint& point : prediction.points)
        document.predictions.push_back(stored_prediction(document, point));
}

std::vector<StoredDocument> read_documents(const std::vector<std::string>& files) {
    std::vector<StoredDocument> documents;
    for (const std::string& file : files) {
        const std::string text = read_text_file(file, kLargestLog);  // a pipe is read once
        StoredDocument document = parse_stored(text, file);
        if (!document.note.empty()) say("note: {}", document.note);
        if (document.kind == DocumentKind::run) add_predictions(text, document);
        documents.push_back(std::move(document));
    }
    return documents;
}

/// Those that only their time can rule out, in models that have one at all: nothing else is worth timing.
std::vector<std::size_t> worth_timing(const PickReport& report, bool whole_grids) {
    std::vector<PickLimit> counted = report.limits;
    std::erase_if(counted, [](const PickLimit& limit) { return limit.quantity == PickQuantity::seconds; });
    std::vector<std::string> models;
    for (const PickCandidate& candidate : report.candidates) {
        if (misses_of(candidate, counted).empty()) models.push_back(candidate.cell.model);
    }
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < report.candidates.size(); ++i) {
        const PickCandidate& candidate = report.candidates[i];
        const bool wanted =
            whole_grids ? std::find(models.begin(), models.end(), candidate.cell.model) != models.end()
                        : misses_of(candidate, counted).empty();
        if (wanted) which.push_back(i);
    }
    return which;
}

/// Times of this machine. Whether all went well.
bool take_times(const PickFamilies& families, SweepTiming timing, TimeSource source, ProgressLine& line,
                PickReport& report) {
    const bool grids = source == TimeSource::predicted || source == TimeSource::confirmed;
    const std::vector<std::size_t> which = worth_timing(report, grids);
    if (which.empty()) {
        report.notes.emplace_back("Nothing was timed: no variant meets the other budgets.");
        return true;
    }
    PickTimer timer(families, report.settings, std::move(timing), line);
    warn_of_build();
    if (grids) timer.predict(report.candidates, which);
    if (source == TimeSource::confirmed) timer.confirm(report.candidates, report.limits);
    if (source == TimeSource::measured) timer.measure(report.candidates, which);
    if (source == TimeSource::searched)
        report.widest =
            timer.search(report.candidates, which, *find_limit(report.limits, PickQuantity::seconds));
    report.notes = timer.notes();
    return !timer.failed();
}

int run_pick(const CLI::App& command, const PickOptions& options) {
    const TimeSource source = read_source(options);
    refuse_idle_flags(command, options, source);
    PickReport report;
    report.all = options.all;
    report.limits = read_limits(options);
    const PickRunner runner = read_runner(options.timing);
    SweepTiming timing = read_sweep_timing(options.timing, runner);
    PickFamilies families;
    read_candidates(options, families, report);
    if (source == TimeSource::stored)
        add_stored_times(report.candidates, report.settings, read_documents(options.from), runner);
    ProgressLine line(options.progress);
    Output output(options.output);
    bool fine = true;
    if (source != TimeSource::none && source != TimeSource::stored)
        fine = take_times(families, std::move(timing), source, line, report);
    report.result = pick(report.candidates, report.limits);
    output.write({.sections = [&] { return pick_sections(report); },
                  .csv = [&] { return pick_table(report); },
                  .json = [&] { return pick_json(report); },
                  .jsonl = [&] { return pick_jsonl(report); }});
    for (const PickMiss& miss : report.result.nearest)
        say("{}", miss_text(report, miss));
    if (!fine) return kFailed;
    return report.result.ranking.empty() ? kExceeded : kFine;
}

void add_limit_options(CLI::App& command, PickOptions& options) {
    command.option_defaults()->group("Budgets");
    command.add_option("--max-ms", options.max_ms, "time of a pass, milliseconds")->type_name("MS");
    command.add_option("--max-macs", options.max_macs, "multiply-adds of a pass")->type_name("N");
    command.add_option("--max-params", options.max_params, "parameters of the network")->type_name("N");
    command.add_option("--max-weight-kib", options.max_weight_kib, "weights, KiB")->type_name("KIB");
    command.add_option("--max-peak-kib", options.max_peak_kib, "activations that live at one time, KiB")
        ->type_name("KIB");
    command.add_option("--min-top1", options.min_top1, "published accuracy, a fraction such as 0.6")
        ->type_name("P");
    command.add_flag("--accept-estimates", options.accept_estimates, "let an estimate meet --min-top1, too");
}

void add_time_options(CLI::App& command, PickOptions& options) {
    command.option_defaults()->group(kTimingGroup);
    command.add_option("--from", options.from, "of stored sweeps, benches and run logs")->type_name("FILE");
    command.add_flag("--predict", options.predict, "time few variants, predict the others");
    command.add_flag("--measure", options.measure, "bisect for the widest within --max-ms");
    command.add_flag("--measure-all", options.measure_all, "time every one that meets the other budgets");
    add_timing_options(command, options.timing, "[at most 1000]", "[40]");
    command.add_option("--progress", options.progress, "auto: on a terminal")->type_name("auto|always|never");
    command.option_defaults()->group("Options");
}

}  // namespace

Run setup_pick(CLI::App& command) {
    auto options = std::make_shared<PickOptions>();
    add_variant_options(command, options->variant);
    command.add_option("--convention", options->convention, "who counts (see `conventions`) [paper]")
        ->type_name("NAME");
    command.add_flag("--all", options->all, "every variant, not a screen of the best");
    add_output_options(command, options->output);
    add_limit_options(command, *options);
    add_time_options(command, *options);
    command.footer(
        "Exit status: 0 something fits, 3 nothing does. --max-ms alone: --predict, then time the best.");
    return [options, &command] { return run_pick(command, *options); };
}

}  // namespace mobilenet_cost::app

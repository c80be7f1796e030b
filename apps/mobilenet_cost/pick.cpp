#include "mobilenet_cost/pick/pick.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/pick/candidates.h"
#include "mobilenet_cost/pick/stored.h"
#include "mobilenet_cost/pick/timing.h"
#include "mobilenet_cost/report/pick/report.h"
#include "mobilenet_cost/sweep/run_log.h"

#include "app.h"
#include "interrupt.h"
#include "measured_run.h"
#include "options.h"
#include "output.h"
#include "say.h"
#include "sweep_options.h"
#include "timing_options.h"

namespace mobilenet_cost::app {
namespace {

constexpr const char* kTimingGroup = "Times";
constexpr double kPrecision = 0.03;  // half width of an interval; a choice needs less than a sweep's 2 %
constexpr double kMostSeconds = 20;

struct PickOptions {
    VariantOptions variant;
    OutputOptions output;
    std::string convention = "paper";
    std::vector<PickLimit> limits;
    bool accept_estimates = false;
    std::vector<std::string> from;
    bool predict = false;
    bool measure = false;
    bool measure_all = false;
    TimingOptions timing;
    Progress progress = Progress::automatic;
    PickOrder by = PickOrder::accuracy;
    bool all = false;
    std::optional<Runtime> runtime;
};

/// Where times come from.
enum class TimeSource { none, stored, predicted, confirmed, searched, measured };

const PickLimit* find_limit(const std::vector<PickLimit>& limits, PickQuantity quantity) {
    const auto found = std::find_if(limits.begin(), limits.end(),
                                    [&](const PickLimit& limit) { return limit.quantity == quantity; });
    return found == limits.end() ? nullptr : &*found;
}

/// Where a limit, or the user, asks for a runtime's RAM and flash.
bool needs_runtime(const PickOptions& options) {
    return options.runtime ||
           std::any_of(options.limits.begin(), options.limits.end(),
                       [](const PickLimit& limit) { return is_of_runtime(limit.quantity); });
}

TimeSource read_source(const PickOptions& options) {
    std::vector<std::string> asked;
    if (!options.from.empty()) asked.emplace_back("--from");
    if (options.predict) asked.emplace_back("--predict");
    if (options.measure) asked.emplace_back("--measure");
    if (options.measure_all) asked.emplace_back("--measure-all");
    if (asked.size() > 1)
        fail(asked[0], fmt::format("expected one source of times, found {}", fmt::join(asked, " and ")));
    const bool is_limited = find_limit(options.limits, PickQuantity::seconds) != nullptr;
    if (options.measure && !is_limited)
        fail("--measure", "expected --max-ms to look for the widest within it, or --measure-all");
    if (!options.from.empty()) return TimeSource::stored;
    if (options.predict) return TimeSource::predicted;
    if (options.measure) return TimeSource::searched;
    if (options.measure_all) return TimeSource::measured;
    return is_limited ? TimeSource::confirmed : TimeSource::none;
}

/// Flags that would do nothing are refused.
void refuse_idle_flags(const CLI::App& command, const PickOptions& options, TimeSource source) {
    for (const CLI::Option* option : command.get_options()) {
        const std::string flag = "--" + option->get_lnames().front();
        if (option->count() == 0 || option->get_group() != kTimingGroup) continue;
        if (flag == "--from" || flag == "--predict" || flag.starts_with("--measure")) continue;
        if (source == TimeSource::none)
            fail(flag, "needs --max-ms, --from, --predict, --measure or --measure-all");
        if (source == TimeSource::stored && flag != "--engine" && flag != "--threads")
            fail(flag, "expected times to be taken, found --from");
    }
    const DataType type = options.variant.data_type.value_or(DataType::f32);
    if (source != TimeSource::none && type != DataType::f32)
        fail("--dtype",
             fmt::format("expected f32 with times, which are of f32 passes, found {}", data_type_name(type)));
    if (options.accept_estimates && find_limit(options.limits, PickQuantity::top1) == nullptr)
        fail("--accept-estimates", "needs --min-top1");
    if (source == TimeSource::none && options.by == PickOrder::time)
        fail("--by", "time needs --max-ms, --from, --predict, --measure or --measure-all");
}

/// One engine and one number of threads: variants are compared with each other.
PickRunner read_runner(const TimingOptions& typed) {
    if (typed.engines.size() > 1)
        fail("--engine", fmt::format("expected one engine, found {}",
                                     shortened(fmt::format("{}", fmt::join(typed.engines, ", ")))));
    if (typed.threads.size() > 1)
        fail("--threads", fmt::format("expected one number, found {}",
                                      shortened(fmt::format("{}", fmt::join(typed.threads, ", ")))));
    return {.engine = typed.engines.empty() ? "" : typed.engines.front(),
            .threads = typed.threads.empty() ? 0 : typed.threads.front()};
}

SweepTiming read_sweep_timing(const TimingOptions& typed) {
    SweepTiming timing;
    timing.engines = typed.engines;
    if (!typed.threads.empty()) timing.threads = typed.threads;
    timing.max_seconds = kMostSeconds;
    set_limits(typed, timing);
    timing.precision = kPrecision;
    timing.precise_times = true;  // the budget limits the time
    timing.precise_ratios = false;
    timing.pin_cpu = pinned_cpu(typed);
    return timing;
}

void read_candidates(const PickOptions& options, PickFamilies& families, PickReport& report) {
    const Convention& convention = find_convention(options.convention);
    VariantOptions one = options.variant;
    for (const std::string& model : models_named(options.variant.models)) {
        if (std::find(families.models.begin(), families.models.end(), model) != families.models.end())
            continue;
        one.models = {model};
        one.inputs = is_file_of_others(model) ? options.variant.inputs : std::vector<NamedDims>();
        Family family = read_families(one, DefaultGrid::published).front();
        const DataType data_type = data_type_of(options.variant, family.config);
        std::vector<PickCandidate> members =
            candidates_of(family.config, family.variants, convention, data_type, published_of(model));
        if (needs_runtime(options)) {
            report.runtime = options.runtime.value_or(default_runtime(data_type));
            add_needs(members, family.config, *report.runtime, data_type);
        }
        for (PickCandidate& candidate : members) {
            candidate.estimate_counts = options.accept_estimates;
            report.candidates.push_back(std::move(candidate));
        }
        families.models.push_back(model);
        families.configs.push_back(std::move(family.config));
    }
    refuse_namesakes(families.configs, families.models);
    report.settings = settings_of(options.variant, convention, families.configs);
}

std::vector<StoredDocument> read_documents(const std::vector<std::string>& files) {
    std::vector<StoredDocument> documents;
    for (const std::string& file : files) {
        const std::string text = read_text_file(file, kLargestLog);  // a pipe is read once
        const StoredDocument& document = documents.emplace_back(parse_with_predictions(text, file));
        if (!document.note.empty()) say("note: {}", document.note);
    }
    return documents;
}

/// Takes times on this machine. False: something went wrong.
bool take_times(const PickFamilies& families, SweepTiming timing, TimeSource source, ProgressLine& line,
                PickReport& report) {
    const bool grids = source == TimeSource::predicted || source == TimeSource::confirmed;
    const std::vector<std::size_t> which = worth_timing(
        report.candidates, report.limits, {report.settings.convention, timing.threads.front()}, grids);
    if (which.empty()) {
        report.notes.emplace_back("Nothing was timed: no variant meets the other budgets.");
        return true;
    }
    SweepHooks hooks;
    hooks.progress = [&line](const SweepProgress& shown) { line.show(progress_text(shown)); };
    hooks.stop = &catch_interrupt();
    const auto note = [&line](const std::string& text) {
        line.clear();
        say("{}", text);
    };
    PickTimer timer(families, report.settings, std::move(timing), hooks, note);
    warn_of_build();
    if (grids) timer.predict(report.candidates, which);
    if (source == TimeSource::confirmed) timer.confirm(report.candidates, report.limits, report.by);
    if (source == TimeSource::measured) timer.measure(report.candidates, which);
    if (source == TimeSource::searched)
        report.widest =
            timer.search(report.candidates, which, *find_limit(report.limits, PickQuantity::seconds));
    line.clear();
    report.notes = timer.notes();
    return !timer.failed();
}

int run_pick(const Command& command, PickOptions options) {
    take_data_type(options.variant, options.runtime);
    const TimeSource source = read_source(options);
    refuse_idle_flags(command.parser(), options, source);
    if (source != TimeSource::none) options.variant.data_type = DataType::f32;
    PickReport report;
    report.all = options.all;
    report.by = options.by;
    report.limits = options.limits;
    const PickRunner runner = read_runner(options.timing);
    SweepTiming timing = read_sweep_timing(options.timing);
    PickFamilies families;
    read_candidates(options, families, report);
    if (source == TimeSource::stored)
        add_stored_times(report.candidates, report.settings, read_documents(options.from), runner);
    ProgressLine line(options.progress);
    Output output(options.output);
    bool fine = true;
    if (source != TimeSource::none && source != TimeSource::stored)
        fine = take_times(families, std::move(timing), source, line, report);
    report.result = pick(report.candidates, report.limits, report.by);
    output.write(pick_report(report));
    for (const PickMiss& miss : report.result.nearest)
        say("{}", miss_text(report, miss));
    if (!fine) return kFailed;
    return report.result.ranking.empty() ? kExceeded : kFine;
}

void add_limit(Command& command, PickOptions& options, PickQuantity limited, const std::string& type,
               const Quantity& quantity, const std::string& help) {
    const auto read = [&limits = options.limits, limited, quantity](const std::string& text,
                                                                    const std::string& flag) {
        const double limit = read_quantity(text, flag, quantity);
        if (limited == PickQuantity::top1 && limit > 1)
            fail(flag,
                 fmt::format("expected a fraction up to 1 or a percentage, such as 0.6 or 60%, found {}",
                             shortened(text)));
        limits.push_back({limited, limit, text});
    };
    command.take(std::string(pick_flag(limited)), type, read, help);
}

void add_limit_options(Command& command, PickOptions& options) {
    command.group("Budgets");
    add_limit(command, options, PickQuantity::seconds, "MS", kMillisecondUnits,
              "time of a pass: 3, 3ms or 500us");
    add_limit(command, options, PickQuantity::macs, "N", kCountUnits, "multiply-adds of a pass: 100M");
    add_limit(command, options, PickQuantity::params, "N", kCountUnits, "parameters of the network: 4.2M");
    add_limit(command, options, PickQuantity::weight_bytes, "KIB", kSizeUnits,
              "weights: 512, 512KiB or 2MiB");
    add_limit(command, options, PickQuantity::peak_bytes, "KIB", kSizeUnits,
              "live activations, a lower bound of RAM");
    add_limit(command, options, PickQuantity::ram_bytes, "KIB", kSizeUnits, "of the runtime: 256, 256KiB");
    add_limit(command, options, PickQuantity::flash_bytes, "KIB", kSizeUnits, "of the model for the runtime");
    add_runtime_option(command, options.runtime, "[tflm for i8, else live]");
    add_limit(command, options, PickQuantity::top1, "SHARE", kShareUnits, "published accuracy: 0.6 or 60%");
    command.flag("--accept-estimates", options.accept_estimates, "let an estimate meet --min-top1, too");
}

PickOrder read_order(const std::string& text, const std::string& flag) {
    return static_cast<PickOrder>(read_choice(text, enum_names<PickOrder>(), flag, "order"));
}

void add_time_options(Command& command, PickOptions& options) {
    command.group(kTimingGroup);
    command.texts("--from", "FILE", options.from, "of stored sweeps, benches and run logs");
    command.flag("--predict", options.predict, "time few variants, predict the others");
    command.flag("--measure", options.measure, "bisect for the widest within --max-ms");
    command.flag("--measure-all", options.measure_all, "time every one that meets the other budgets");
    options.timing.threads.clear();  // without the flag: whichever a stored document has
    add_timing_options(command, options.timing, "[at most 1000]", fmt::format("[{:g}]", kMostSeconds));
    add_progress_option(command, options.progress);
    command.default_group();
}

}  // namespace

void setup_pick(Command& command) {
    auto options = std::make_shared<PickOptions>();
    options->variant.models = {"all"};
    add_variant_options(command, options->variant, Bytes::counted, DefaultGrid::published);
    add_convention_option(command, options->convention);
    command.value("--by", "ORDER", options->by, read_order,
                  "accuracy|time|macs|params|weights|peak [accuracy]");
    command.flag("--all", options->all, "every variant, not a screen of the best");
    add_output_options(command, options->output);
    add_limit_options(command, *options);
    add_time_options(command, *options);
    command.footer("Exit status 3: nothing fits. --max-ms alone predicts, then times the best.");
    command.on_run([options, &command] { return run_pick(command, *options); });
}

}  // namespace mobilenet_cost::app

#include "mobilenet_cost/compare/compare.h"

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/nearest.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/compare/network_diff.h"
#include "mobilenet_cost/compare/read_stored.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/report/compare/json.h"
#include "mobilenet_cost/report/compare/networks.h"
#include "mobilenet_cost/report/compare/report.h"

#include "app.h"
#include "options.h"
#include "output.h"
#include "say.h"

namespace mobilenet_cost::app {
namespace {

constexpr const char* kStoredGroup = "Of stored results";
constexpr const char* kNetworksGroup = "Of two models";

struct CompareOptions {
    std::string base;
    std::string contender;
    CompareSettings settings;
    bool summary = false;
    VariantOptions variant;
    OutputOptions output;
};

/// Files of the folder where a path leads that are called alike.
std::vector<std::string> nearest_files(const std::filesystem::path& path) {
    std::vector<std::string> names;
    std::error_code ignored;
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
        names.push_back(entry.path().filename().string());
    names = nearest_names(path.filename().string(), names);
    for (std::string& name : names)
        name = (path.parent_path() / name).string();
    return names;
}

/// Throws Error for a word that neither is a model's name nor leads to something.
void expect_side(const std::string& word, const char* place) {
    std::error_code ignored;
    if (std::filesystem::exists(word, ignored) || is_model_name(word)) return;
    std::vector<std::string> near;
    if (!is_model_path(word)) near = nearest_model_names(word);
    if (near.empty()) near = nearest_files(word);
    fail(place, fmt::format("expected the name of a model, a model file or stored results, found {}{}",
                            in_quotes(word), did_you_mean(near)));
}

/// The name of a model, a model file, or a file of others. A file without an ending is no name.
bool is_model(const std::string& word) {
    std::error_code ignored;
    if (is_model_path(word)) return is_model_file(word);
    const bool ends = std::filesystem::path(word).has_extension() && word.find(':') == word.npos;
    return !ends && !std::filesystem::exists(word, ignored);
}

/// Whether the two are models; they are stored results otherwise. Throws Error for one of each.
bool are_models(const CompareOptions& options) {
    const bool base = is_model(options.base);
    if (base != is_model(options.contender))
        fail("", fmt::format("expected two models or two stored results, found the model {} beside {}",
                             in_quotes(base ? options.base : options.contender),
                             in_quotes(base ? options.contender : options.base)));
    return base;
}

/// Flags that would do nothing are refused.
void refuse_group(const Command& command, const char* group, const char* reason) {
    for (const CLI::Option* option : command.parser().get_options()) {
        if (option->count() > 0 && option->get_group() == group)
            fail("--" + option->get_lnames().front(), reason);
    }
}

int compare_networks(const CompareOptions& options) {
    VariantOptions variant = options.variant;
    variant.models = {options.base, options.contender};
    expect_one_variant(variant, "which both networks get");
    const std::vector<Family> families = read_families(variant, DefaultGrid::one);
    const auto side = [&](const Family& family) {
        return NetworkToDiff{family.config, family.variants.front(), data_type_of(variant, family.config)};
    };
    const NetworkDiff diff = diff_networks(side(families[0]), side(families[1]));
    Output output(options.output);
    output.write(network_diff_report(diff));
    return diff.equal() ? kFine : kExceeded;
}

CompareSettings read_settings(const CompareOptions& options) {
    CompareSettings settings = options.settings;
    settings.gate_times |= settings.require_times;
    check_ignored(settings.ignore, "--ignore");
    return settings;
}

double read_threshold(const std::string& text, const std::string& flag) {
    const double threshold = read_share(text, flag);
    if (!(threshold < 1)) fail(flag, fmt::format("expected a part below 1, found {}", shortened(text)));
    return threshold;
}

StoredDocument read_side(const std::string& path) {
    StoredDocument document = read_stored(path);
    if (!document.note.empty()) say("note: {}", document.note);
    return document;
}

/// In the order of CompareOutcome.
constexpr std::array<int, 4> kCompareStatus = {kFine, kExceeded, kRegressed, kInconclusive};
static_assert(kCompareStatus.size() == kEnumNames<CompareOutcome>.size());

int compare_stored(const CompareOptions& options) {
    const CompareSettings settings = read_settings(options);
    const StoredDocument base = read_side(options.base);
    const CompareResult result = compare(base, read_side(options.contender), settings);
    Output output(options.output);
    if (options.summary && !output.is_for_people())
        fail("--summary", "expected --format table or markdown, found another one");
    const CompareView view = options.summary ? CompareView::summary : CompareView::all;
    output.write({.sections = [&] { return compare_sections(result, view); },
                  .csv = [&] { return compare_table(result); },
                  .json = [&] { return compare_json(result); },
                  .jsonl = [&] { return compare_jsonl(result); }});
    for (const std::string& message : compare_messages(result))
        say("{}", message);
    return kCompareStatus.at(static_cast<std::size_t>(result.outcome));
}

int run_compare(const Command& command, const CompareOptions& options) {
    expect_side(options.base, "BASE");
    expect_side(options.contender, "CONTENDER");
    if (are_models(options)) {
        refuse_group(command, kStoredGroup, "needs two stored results, found two models");
        return compare_networks(options);
    }
    refuse_group(command, kNetworksGroup, "needs two models, found stored results");
    return compare_stored(options);
}

}  // namespace

void setup_compare(Command& command) {
    auto options = std::make_shared<CompareOptions>();
    CompareSettings& settings = options->settings;
    command.text("BASE", "", options->base, "run log, JSON of `sweep`, `cost`, `bench`; or a model")
        ->required();
    command.text("CONTENDER", "", options->contender, "another of the same kind")->required();
    command.group(kStoredGroup);
    command.names("--ignore", "LIST", settings.ignore,
                  "exact quantities that may differ: kernel,memory_bytes");
    command.flag("--allow-new", settings.allow_new, "allow cells and quantities that only CONTENDER has");
    command.flag("--gate-times", settings.gate_times, "times gate, too, if both are of one machine class");
    command.flag("--require-times", settings.require_times, "--gate-times, and 5 if they cannot be judged");
    command.value("--threshold", "SHARE", settings.threshold, read_threshold,
                  "part that a time may grow by [0.025]");
    command.flag("--summary", options->summary, "only the verdicts, no tables");
    command.group(kNetworksGroup);
    add_size_options(command, options->variant);
    command.default_group();
    add_output_options(command, options->output);
    command.footer("Exit status: 0 same, 3 an exact quantity differs, 4 slower, 5 times cannot be judged.");
    command.on_run([options, &command] { return run_compare(command, *options); });
}

}  // namespace mobilenet_cost::app

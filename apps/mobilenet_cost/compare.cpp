#include "mobilenet_cost/compare/compare.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/compare/read_stored.h"
#include "mobilenet_cost/report/compare/json.h"
#include "mobilenet_cost/report/compare/report.h"

#include "app.h"
#include "output.h"
#include "say.h"

namespace mobilenet_cost::app {
namespace {

struct CompareOptions {
    std::string base;
    std::string contender;
    CompareSettings settings;
    bool summary = false;
    OutputOptions output;
};

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

int run_compare(const CompareOptions& options) {
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

}  // namespace

void setup_compare(Command& command) {
    auto options = std::make_shared<CompareOptions>();
    CompareSettings& settings = options->settings;
    command.text("BASE", "", options->base, "run log, or JSON of `sweep`, `cost` or `bench`")->required();
    command.text("CONTENDER", "", options->contender, "another of the same kind")->required();
    command.names("--ignore", "LIST", settings.ignore,
                  "exact quantities that may differ: kernel,memory_bytes");
    command.flag("--allow-new", settings.allow_new, "allow cells and quantities that only CONTENDER has");
    command.flag("--gate-times", settings.gate_times, "times gate, too, if both are of one machine class");
    command.flag("--require-times", settings.require_times, "--gate-times, and 5 if they cannot be judged");
    command.value("--threshold", "SHARE", settings.threshold, read_threshold,
                  "part that a time may grow by [0.025]");
    command.flag("--summary", options->summary, "only the verdicts, no tables");
    add_output_options(command, options->output);
    command.footer("Exit status: 0 same, 3 an exact quantity differs, 4 slower, 5 times cannot be judged.");
    command.on_run([options] { return run_compare(*options); });
}

}  // namespace mobilenet_cost::app

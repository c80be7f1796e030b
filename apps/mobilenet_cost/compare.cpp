#include "mobilenet_cost/compare/compare.h"

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/list.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/compare/read_stored.h"
#include "mobilenet_cost/report/compare/json.h"
#include "mobilenet_cost/report/compare/report.h"

#include "app.h"
#include "options.h"
#include "output.h"
#include "say.h"
#include "timing_options.h"

namespace mobilenet_cost::app {
namespace {

struct CompareOptions {
    std::string base;
    std::string contender;
    std::vector<std::string> ignore;
    std::string threshold;
    bool gate_times = false;
    bool require_times = false;
    bool allow_new = false;
    OutputOptions output;
};

CompareSettings read_settings(const CompareOptions& options) {
    CompareSettings settings;
    settings.gate_times = options.gate_times || options.require_times;
    settings.require_times = options.require_times;
    settings.allow_new = options.allow_new;
    if (!options.ignore.empty()) settings.ignore = parse_names(options.ignore);
    check_ignored(settings.ignore, "--ignore");
    if (!options.threshold.empty()) settings.threshold = read_number_flag(options.threshold, "--threshold");
    if (!(settings.threshold < 1))
        fail("--threshold", fmt::format("expected a part below 1, found {}", shortened(options.threshold)));
    return settings;
}

StoredDocument read_side(const std::string& path) {
    StoredDocument document = read_stored(path);
    if (!document.note.empty()) say("note: {}", document.note);
    return document;
}

int status_of(CompareOutcome outcome) {
    switch (outcome) {
        case CompareOutcome::same:
            return kFine;
        case CompareOutcome::differs:
            return kExceeded;
        case CompareOutcome::slower:
            return kRegressed;
        case CompareOutcome::unclear:
            return kInconclusive;
    }
    return kFailed;
}

int run_compare(const CompareOptions& options) {
    const CompareSettings settings = read_settings(options);
    const StoredDocument base = read_side(options.base);
    const CompareResult result = compare(base, read_side(options.contender), settings);
    Output output(options.output);
    output.write({.sections = [&] { return compare_sections(result); },
                  .csv = [&] { return compare_table(result); },
                  .json = [&] { return compare_json(result); },
                  .jsonl = [&] { return compare_jsonl(result); }});
    for (const std::string& message : compare_messages(result))
        say("{}", message);
    return status_of(result.outcome);
}

}  // namespace

Run setup_compare(CLI::App& command) {
    auto options = std::make_shared<CompareOptions>();
    command.add_option("BASE", options->base, "run log, or JSON of `sweep`, `cost` or `bench`")->required();
    command.add_option("CONTENDER", options->contender, "another of the same kind")->required();
    add_list(command, "--ignore", options->ignore, "LIST",
             "exact quantities that may differ: kernel,memory_bytes");
    command.add_flag("--allow-new", options->allow_new,
                     "cells and quantities only CONTENDER has may be there");
    command.add_flag("--gate-times", options->gate_times,
                     "times gate, too, if both are of one machine class");
    command.add_flag("--require-times", options->require_times,
                     "--gate-times, and 5 if they cannot be judged");
    command.add_option("--threshold", options->threshold, "part that a time may grow by [0.025]")
        ->type_name("SHARE");
    add_output_options(command, options->output);
    command.footer("Exit status: 0 same, 3 an exact quantity differs, 4 slower, 5 times cannot be judged.");
    return [options] { return run_compare(*options); };
}

}  // namespace mobilenet_cost::app

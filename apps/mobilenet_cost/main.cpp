// Parses the command line and runs one subcommand.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/thread_limits.h"

#include "app.h"
#include "help.h"
#include "interrupt.h"
#include "refusals.h"
#include "say.h"

namespace mobilenet_cost::app {
namespace {

struct CommandRow {
    const char* name;
    const char* help;
    Setup setup;
    HelpTexts texts = {};
    bool hidden = false;  ///< for other programs; no help and no message names it
};

constexpr std::array<CommandRow, 15> kCommands = {{
    {"cost",
     "exact parameters, MACs, bytes, memory, by layer (the default)",
     setup_cost,
     {"model alpha res classes dtype convention show explain format output",
      {"cost --alpha 0.5 --res 160", "cost --model mobilenet_v3_small --explain Logits"}}},
    {"bench",
     "real forward passes: measured beside analytic speed-up",
     setup_bench,
     {"model alpha res engine threads per-layer max-seconds format output",
      {"bench --alpha 0.5 --res 160", "bench --alpha 0.25,0.5 --res 160 --threads 1,2 --per-layer"}}},
    {"sweep",
     "the alpha x resolution grid in one document",
     setup_sweep,
     {"model alpha res bench engine max-seconds resume html format output",
      {"sweep --alpha 0.25:1:0.25 -o grid.json", "sweep --bench --alpha 0.5,1 --res 160,224 -o grid.json"}}},
    {"pick",
     "variants that meet budgets, best first, with the Pareto front",
     setup_pick,
     {"model max-ms max-macs max-weight-kib max-peak-kib min-top1 by measure from all format output",
      {"pick --max-ms 5 --max-peak-kib 2MiB", "pick --dtype i8 --res 96 --max-weight-kib 1024"}}},
    {"report",
     "stored runs of a measured sweep as one document",
     setup_report,
     {"html svg cell compare format output",
      {"report grid.run.jsonl --html grid.html", "report old.run.jsonl new.run.jsonl --compare --svg out"}}},
    {"compare",
     "compare two stored results, or two models layer by layer",
     setup_compare,
     {"gate-times alpha res format output",
      {"compare base.json head.json", "compare mobilenet_v2 somebodys.onnx --res 96"}}},
    {"gate",
     "time two builds side by side: is the new one slower?",
     setup_gate,
     {"base head model alpha res engine threads max-seconds format output",
      {"gate --base old/mobilenet-cost --head ./mobilenet-cost",
       "gate --base OLD --head NEW --alpha 0.5 --res 160 -o timings.md"}}},
    {"self-test",
     "how small a slowdown `gate` can detect here",
     setup_self_test,
     {"model alpha res engine threads max-seconds format output",
      {"self-test", "self-test --max-seconds 60 --format json"}}},
    {"budget",
     "check variants against limits on MACs, parameters and bytes",
     setup_budget,
     {"", {"budget limits.json", "budget limits.json --format markdown"}}},
    {"export",
     "the variant as an ONNX file, with the weights that engines run",
     setup_export,
     {"onnx model alpha res network weights",
      {"export --alpha 0.5 --res 160 --onnx v1.onnx",
       "export --network standard --weights none --onnx full.onnx"}}},
    {"machine",
     "this computer: peak arithmetic, bandwidths, noise, roofline",
     setup_machine,
     {"", {"machine", "machine --refresh --format json"}}},
    {"models", "list the built-in models", setup_models, {"", {"models", "models --format csv"}}},
    {"engines", "what can run a network here", setup_engines, {"", {"engines", "engines --format json"}}},
    {"conventions",
     "one network as each tool and paper counts it",
     setup_conventions,
     {"model alpha res classes format output",
      {"conventions", "conventions --model mobilenet_v3_small --format markdown"}}},
    {"worker", "one side of `gate`, by lines of JSON", setup_worker, {}, true},
}};

std::string version_text() {
    const BuildInfo& build = build_info();
    return fmt::format("mobilenet-cost {}\ncommit {}\n{}, {} build, flags{}{}", build.version, build.commit,
                       build.compiler, build.build_type, build.flags.empty() ? " none" : " ", build.flags);
}

/// Options may come without a command: `mobilenet-cost --alpha 0.5` is `mobilenet-cost cost --alpha 0.5`; and
/// `help COMMAND` is `COMMAND --help`.
std::vector<std::string> with_command(std::vector<std::string> arguments) {
    if (arguments.empty()) return {"cost"};
    std::string& first = arguments.front();
    if (first == "help" || first == "-h") first = "--help";
    if (first == "version" || first == "-V" || first == "-v") first = "--version";
    if (first == "--help" && arguments.size() > 1 && !arguments[1].starts_with('-'))
        return {arguments[1], "--help"};
    if (first.starts_with('-') && first != "--help" && first != "--version")
        arguments.insert(arguments.begin(), "cost");
    return arguments;
}

/// `--rounds=` is `--rounds ''`: the parser would take the next word for its value.
std::vector<std::string> with_empty_values(const std::vector<std::string>& arguments) {
    std::vector<std::string> all;
    bool options = true;
    for (const std::string& argument : arguments) {
        options = options && argument != "--";
        const bool assigned =
            options && argument.starts_with("--") && argument.find('=') + 1 == argument.size();
        all.push_back(assigned ? argument.substr(0, argument.size() - 1) : argument);
        if (assigned) all.emplace_back();
    }
    return all;
}

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    for (const CommandRow& command : kCommands) {
        if (!command.hidden) names.emplace_back(command.name);
    }
    return names;
}

/// Prints what an option such as --help asks for instead of a run. Throws Error for what cannot be parsed.
bool parse(CLI::App& parser, const CommandRow& row, const std::vector<std::string>& arguments) {
    try {
        parser.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend() - 1));
        return true;
    } catch (const CLI::CallForHelp&) {
        fmt::print("{}", help_text(parser, row.texts, false));
    } catch (const CLI::CallForAllHelp&) {
        fmt::print("{}", help_text(parser, row.texts, true));
    } catch (const CLI::ParseError& error) {
        refuse_use(parser, error);
    }
    return false;
}

/// Only this command's options are made: the others would cost half of a quick command's start.
int run(const CommandRow& row, const std::vector<std::string>& arguments) {
    CLI::App parser(row.help, fmt::format("mobilenet-cost {}", row.name));
    parser.set_help_flag("-h,--help", "the options that most runs need");
    parser.set_help_all_flag("--help-all", "every option");
    parser.allow_extras();
    Command command(parser);
    row.setup(command);
    if (!parse(parser, row, arguments)) return kFine;
    refuse_unknown_options(parser);
    refuse_empty_values(parser);  // before words that a missing value left behind
    refuse_stray_words(parser);
    return command.run();
}

void print_overview() {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const CommandRow& row : kCommands) {
        if (!row.hidden) rows.emplace_back(row.name, row.help);
    }
    fmt::print("{}", overview_text(rows));
}

int dispatch(const std::vector<std::string>& arguments) {
    const std::string& name = arguments.front();
    if (name == "--help") {
        print_overview();
        return kFine;
    }
    if (name == "--version") {
        fmt::print("{}\n", version_text());
        return kFine;
    }
    const auto* row = std::find_if(kCommands.begin(), kCommands.end(),
                                   [&](const CommandRow& command) { return command.name == name; });
    if (row == kCommands.end()) fail_unknown("", "command", name, command_names());
    return run(*row, arguments);
}

/// The exit status; what was thrown becomes a sentence.
int status_of(const std::vector<std::string>& arguments) {
    try {
        const int status = dispatch(with_command(with_empty_values(arguments)));
        if (!is_time_over()) return status;
        say("error: the processor time that ulimit -t allows was nearly over; the run was ended");
        return kFailed;
    } catch (...) {
        const Failure failure = current_failure();
        say("error: {}", failure.reason);
        return failure.is_refusal ? kUsage : kFailed;
    }
}

}  // namespace
}  // namespace mobilenet_cost::app

int main(int argc, char** argv) {
    namespace app = mobilenet_cost::app;
    app::obey_limits();
    int status = app::kFailed;
    mobilenet_cost::run_with_stack([&] { status = app::status_of({argv + 1, argv + argc}); });
    return status;
}

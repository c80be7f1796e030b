// Parses the command line and runs one subcommand.

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"

#include "app.h"
#include "say.h"

namespace mobilenet_cost::app {
namespace {

struct CommandRow {
    const char* name;
    const char* help;
    Setup setup;
    bool hidden = false;  ///< for other programs; no help and no message names it
};

constexpr std::array<CommandRow, 15> kCommands = {{
    {"cost", "exact parameters, MACs, bytes and memory, layer by layer (the default)", setup_cost},
    {"bench", "real forward passes: the measured speed-up beside the analytic one", setup_bench},
    {"sweep", "the alpha x resolution grid in one document", setup_sweep},
    {"pick", "the variants that meet budgets, best first, with the Pareto front", setup_pick},
    {"report", "stored runs of a measured sweep as one document", setup_report},
    {"compare", "compare two stored results: counts must match, times are shown", setup_compare},
    {"gate", "time two builds side by side: is the new one slower?", setup_gate},
    {"self-test", "what `gate` can tell on this machine", setup_self_test},
    {"budget", "check variants against limits on MACs, parameters and bytes", setup_budget},
    {"export", "the variant as an ONNX file, with the weights that the engines run", setup_export},
    {"machine", "this computer: peak arithmetic, bandwidths, noise, roofline", setup_machine},
    {"models", "list the built-in models", setup_models},
    {"engines", "what can run a network here", setup_engines},
    {"conventions", "one network as each tool and paper counts it", setup_conventions},
    {"worker", "one side of `gate`, by lines of JSON", setup_worker, true},
}};

std::string version_text() {
    const BuildInfo& build = build_info();
    return fmt::format("mobilenet-cost {}\ncommit {}\n{}, {} build, flags{}{}", build.version, build.commit,
                       build.compiler, build.build_type, build.flags.empty() ? " none" : " ", build.flags);
}

/// Options may come without a command: `mobilenet-cost --alpha 0.5` is `mobilenet-cost cost --alpha 0.5`.
std::vector<std::string> with_default_command(std::vector<std::string> arguments) {
    const bool option_first = !arguments.empty() && arguments.front().starts_with('-');
    const bool about = option_first && (arguments.front() == "--help" || arguments.front() == "-h" ||
                                        arguments.front() == "--version");
    if (arguments.empty() || (option_first && !about)) arguments.insert(arguments.begin(), "cost");
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

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames())
            names.push_back("--" + name);
    }
    return names;
}

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    for (const CommandRow& command : kCommands) {
        if (!command.hidden) names.emplace_back(command.name);
    }
    return names;
}

/// Suggests the nearest name.
void refuse_unknown_options(const CLI::App& command) {
    for (const std::string& extra : command.remaining()) {
        if (extra.starts_with('-'))
            fail_unknown("", "option", extra.substr(0, extra.find('=')), option_names(command));
    }
}

void refuse_stray_words(const CLI::App& command) {
    for (const std::string& extra : command.remaining())
        fail("", fmt::format("expected an option, found {}", in_quotes(extra)));
}

/// The kind of value that an option takes, from the type in its help.
std::string expected_value(const CLI::Option& option) {
    constexpr std::string_view kNumbers = " N X P C S MS KIB SHARE ";
    constexpr std::array<std::pair<std::string_view, const char*>, 9> kOthers = {{{"LIST", "a list"},
                                                                                  {"NAME", "a name"},
                                                                                  {"LAYER", "a layer"},
                                                                                  {"MODE", "a mode"},
                                                                                  {"BIN", "a program"},
                                                                                  {"FILE", "a file"},
                                                                                  {"FOLDER", "a folder"},
                                                                                  {"LOG", "a run log"},
                                                                                  {"TEXT", "a file"}}};
    const std::string type = option.get_type_name();
    if (kNumbers.find(" " + type + " ") != kNumbers.npos) return "a number";
    const auto* kind =
        std::find_if(kOthers.begin(), kOthers.end(), [&](const auto& row) { return row.first == type; });
    return kind == kOthers.end() ? type : kind->second;
}

/// An empty value is usually an unset variable of a script: to ignore it would answer another question.
void refuse_empty_values(const CLI::App& command) {
    for (const CLI::Option* option : command.get_options()) {
        const std::vector<std::string>& values = option->results();
        if (std::find(values.begin(), values.end(), "") != values.end())
            fail(option->get_name(),
                 fmt::format("expected {}, found an empty value", expected_value(*option)));
    }
}

int dispatch(std::vector<std::string> arguments) {
    CLI::App parser("Where a MobileNet's parameters, multiply-adds, bytes and time go.", "mobilenet-cost");
    parser.set_version_flag("--version", version_text());
    parser.require_subcommand(0, 1);  // a second command is an unexpected word, not silently left out
    parser.footer("mobilenet-cost COMMAND --help shows the options of a command.");
    const auto wide = std::make_shared<CLI::Formatter>();
    wide->column_width(46);  // fits the longest options: with two lines each the help would not fit a screen
    std::deque<Command> commands;  // options refer to them
    for (const CommandRow& row : kCommands) {
        CLI::App* added = parser.add_subcommand(row.name, row.help);
        added->allow_extras();
        added->formatter(wide);
        if (row.hidden) added->group("");
        row.setup(commands.emplace_back(*added));
    }
    if (!arguments.front().starts_with('-')) {
        const bool known = std::any_of(kCommands.begin(), kCommands.end(), [&](const CommandRow& command) {
            return command.name == arguments.front();
        });
        if (!known) fail_unknown("", "command", arguments.front(), command_names());
    }
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        parser.parse(std::move(reversed));
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return parser.exit(error);
        fail("", error.what());
    }
    for (const Command& command : commands) {
        if (!command.parser().parsed()) continue;
        refuse_unknown_options(command.parser());
        refuse_empty_values(command.parser());  // before words that a missing value left behind
        refuse_stray_words(command.parser());
        return command.run();
    }
    return kUsage;
}

}  // namespace
}  // namespace mobilenet_cost::app

int main(int argc, char** argv) {
    namespace app = mobilenet_cost::app;
    try {
        return app::dispatch(app::with_default_command(app::with_empty_values({argv + 1, argv + argc})));
    } catch (...) {
        const mobilenet_cost::Failure failure = mobilenet_cost::current_failure();
        app::say("error: {}", failure.reason);
        return failure.is_refusal ? app::kUsage : app::kFailed;
    }
}

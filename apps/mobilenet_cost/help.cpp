#include "help.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>

namespace mobilenet_cost::app {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kNames = 30;  // columns for an option's names and type

/// Words on lines that end before kWidth; all but the first begin at `indent`.
std::string wrapped(std::string_view text, std::size_t column, std::size_t indent) {
    std::string lines;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        const bool first = lines.empty();
        if (!first && column + 1 + word.size() > kWidth) {
            lines += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (!first) {
            lines += ' ';
            ++column;
        }
        lines += word;
        column += word.size();
    }
    return lines;
}

/// `  name      description`; a long name has its description on the next line.
std::string item(const std::string& name, const std::string& description, std::size_t column) {
    const bool beside = name.size() + 4 <= column;
    const std::string left = beside ? fmt::format("  {:<{}}", name, column - 2)
                                    : fmt::format("  {}\n{}", name, std::string(column, ' '));
    return left + wrapped(description, column, column) + "\n";
}

std::string name_of(const CLI::Option& option) {
    std::string name = option.get_name(option.get_positional(), true);
    if (option.get_type_size() == 0) return name;
    name += " " + option.get_type_name();
    if (option.get_expected_max() == CLI::detail::expected_max_vector_size) name += " ...";
    return name;
}

std::string description_of(const CLI::Option& option) {
    std::string text = option.get_description();
    if (option.get_required()) text += " (required)";
    for (const CLI::Option* other : option.get_excludes())
        text += fmt::format(" (not with {})", other->get_name());
    return text;
}

std::string items(const std::vector<const CLI::Option*>& options) {
    std::string text;
    for (const CLI::Option* option : options)
        text += item(name_of(*option), description_of(*option), kNames);
    return text;
}

std::vector<const CLI::Option*> options_of(const CLI::App& command, bool positional) {
    return command.get_options(
        [positional](const CLI::Option* option) { return option->get_positional() == positional; });
}

std::string usage(const CLI::App& command) {
    std::string line = "Usage: " + command.get_name() + " [OPTIONS]";
    for (const CLI::Option* option : options_of(command, true))
        line += " " + option->get_name(true) + (option->get_items_expected_max() > 1 ? " ..." : "");
    return line + "\n";
}

std::string positionals(const CLI::App& command) {
    const std::vector<const CLI::Option*> options = options_of(command, true);
    return options.empty() ? "" : "\nPositionals:\n" + items(options);
}

std::string grouped_options(const CLI::App& command) {
    std::string text;
    for (const std::string& group : command.get_groups()) {
        std::vector<const CLI::Option*> options = options_of(command, false);
        std::erase_if(options, [&](const CLI::Option* option) { return option->get_group() != group; });
        if (!options.empty()) text += "\n" + group + ":\n" + items(options);
    }
    return text;
}

std::string common_options(const CLI::App& command, std::string_view names) {
    std::vector<const CLI::Option*> options;
    for (const std::string& name : CLI::detail::split(std::string(names), ' '))
        options.push_back(command.get_option("--" + name));
    return "\nOptions:\n" + items(options);
}

}  // namespace

std::string help_text(const CLI::App& command, const HelpTexts& texts, bool all) {
    const bool is_short = !all && !texts.common.empty();
    std::string text =
        wrapped(command.get_description(), 0, 0) + "\n" + usage(command) + positionals(command);
    text += is_short ? common_options(command, texts.common) : grouped_options(command);
    for (const char* example : texts.examples) {
        if (example == nullptr) break;  // of a command for other programs
        text += fmt::format("{}  mobilenet-cost {}\n",
                            example == texts.examples.front() ? "\nExamples:\n" : "", example);
    }
    const std::string footer = command.get_footer();
    if (!footer.empty()) text += "\n" + wrapped(footer, 0, 0) + "\n";
    if (is_short) text += fmt::format("{}--help-all lists every option.\n", footer.empty() ? "\n" : "");
    return text;
}

std::string overview_text(const std::vector<std::pair<std::string, std::string>>& commands) {
    constexpr std::size_t kColumn = 17;
    std::string text =
        "Where a MobileNet's parameters, multiply-adds, bytes and time go.\n"
        "Usage: mobilenet-cost [COMMAND] [OPTIONS]\n\nOptions:\n";
    text += item("-h,--help", "this text", kColumn) + item("--version", "version and build", kColumn);
    text += "\nSubcommands:\n";
    for (const auto& [name, description] : commands)
        text += item(name, description, kColumn);
    return text + "\nmobilenet-cost help COMMAND shows the options of a command.\n";
}

}  // namespace mobilenet_cost::app

#include "refusals.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/nearest.h"
#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost::app {
namespace {

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames())
            names.push_back("--" + name);
    }
    return names;
}

/// "--channels" of "--input-channels": what is left of the name without its first words.
std::vector<std::string> names_within(const std::string& name, const std::vector<std::string>& names) {
    std::vector<std::string> near;
    std::copy_if(names.begin(), names.end(), std::back_inserter(near), [&](const std::string& known) {
        return known.size() > 4 && name.ends_with(known.substr(1));
    });
    return near;
}

/// The kind of value that an option takes, from the type in its help.
std::string expected_value(const CLI::Option& option) {
    constexpr std::string_view kNumbers = " N S MS KIB SHARE ";
    constexpr std::array<std::pair<std::string_view, const char*>, 11> kOthers = {{{"LIST", "a list"},
                                                                                   {"NAME", "a name"},
                                                                                   {"NAME|FILE", "a model"},
                                                                                   {"LAYER", "a layer"},
                                                                                   {"ORDER", "an order"},
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

}  // namespace

void refuse_unknown_options(const CLI::App& command) {
    for (const std::string& extra : command.remaining()) {
        if (!extra.starts_with('-')) continue;
        const std::string name = extra.substr(0, extra.find('='));
        const std::vector<std::string> names = option_names(command);
        const std::vector<std::string> near = names_within(name, names);
        if (near.empty()) fail_unknown("", "option", name, names);
        fail_unknown("", "option", name, names, near);
    }
}

void refuse_stray_words(const CLI::App& command) {
    for (const std::string& extra : command.remaining())
        fail("", fmt::format("expected an option, found {}", in_quotes(extra)));
}

void refuse_empty_values(const CLI::App& command) {
    for (const CLI::Option* option : command.get_options()) {
        const std::vector<std::string>& values = option->results();
        if (std::find(values.begin(), values.end(), "") != values.end())
            fail(option->get_name(),
                 fmt::format("expected {}, found an empty value", expected_value(*option)));
    }
}

void refuse_use(const CLI::App& command, const CLI::ParseError& error) {
    const std::string text = error.what();
    for (const CLI::Option* option : command.get_options()) {
        const std::string name = option->get_name();
        if (error.get_name() == "ArgumentMismatch" && text.starts_with(name + ": ")) {
            const std::size_t found = option->count();
            fail(name, found > 1 ? fmt::format("expected one value, found {}", found)
                                 : fmt::format("expected {}, found nothing", expected_value(*option)));
        }
        if (error.get_name() == "RequiredError" && option->get_required() && option->count() == 0)
            fail(name, fmt::format("expected {}, found nothing", expected_value(*option)));
        for (const CLI::Option* other : option->get_excludes()) {
            if (option->count() > 0 && other->count() > 0)
                fail(name, fmt::format("expected without {}, found both", other->get_name()));
        }
    }
    fail("", text);
}

}  // namespace mobilenet_cost::app

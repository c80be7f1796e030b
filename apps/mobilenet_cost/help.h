#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace mobilenet_cost::app {

/// What --help of a command shows beside its options. It fits a terminal of 80 x 24.
struct HelpTexts {
    std::string_view common;              ///< long names of the options that --help lists; none: all
    std::array<const char*, 2> examples;  ///< arguments of mobilenet-cost
};

/// --help of a command; with `all`, --help-all: every option, in its groups. Throws CLI::OptionNotFound for a
/// common option that the command does not have.
[[nodiscard]] std::string help_text(const CLI::App& command, const HelpTexts& texts, bool all);

/// --help without a command: (name, description) of each command.
[[nodiscard]] std::string overview_text(const std::vector<std::pair<std::string, std::string>>& commands);

}  // namespace mobilenet_cost::app

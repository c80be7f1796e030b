#pragma once

#include <CLI/CLI.hpp>

namespace mobilenet_cost::app {

// What a command line may not hold, in one sentence each. They throw Error.

/// Suggests the nearest name.
void refuse_unknown_options(const CLI::App& command);

void refuse_stray_words(const CLI::App& command);

/// An empty value is usually an unset variable of a script: to ignore it would answer another question.
void refuse_empty_values(const CLI::App& command);

/// What the parser itself refuses, in the words of the other refusals.
[[noreturn]] void refuse_use(const CLI::App& command, const CLI::ParseError& error);

}  // namespace mobilenet_cost::app

#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace mobilenet_cost::app {

// Exit status of the program; part of its interface.
inline constexpr int kFine = 0;
inline constexpr int kFailed = 1;        ///< the work failed
inline constexpr int kUsage = 2;         ///< wrong usage or input: nothing was run, nothing was overwritten
inline constexpr int kExceeded = 3;      ///< a static budget is exceeded, or an exact quantity differs
inline constexpr int kRegressed = 4;     ///< a timing regression is established
inline constexpr int kInconclusive = 5;  ///< too noisy, or too few samples, to judge

/// A subcommand: adds its options to the parser and returns what runs it after a successful parse.
using Run = std::function<int()>;
using Setup = Run (*)(CLI::App& command);

Run setup_cost(CLI::App& command);
Run setup_bench(CLI::App& command);
Run setup_sweep(CLI::App& command);
Run setup_pick(CLI::App& command);
Run setup_report(CLI::App& command);
Run setup_compare(CLI::App& command);
Run setup_budget(CLI::App& command);
Run setup_gate(CLI::App& command);
Run setup_self_test(CLI::App& command);
Run setup_worker(CLI::App& command);
Run setup_export(CLI::App& command);
Run setup_machine(CLI::App& command);
Run setup_models(CLI::App& command);
Run setup_engines(CLI::App& command);
Run setup_conventions(CLI::App& command);

}  // namespace mobilenet_cost::app

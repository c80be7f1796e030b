#pragma once

#include "command.h"

namespace mobilenet_cost::app {

// Exit status of the program; part of its interface.
inline constexpr int kFine = 0;
inline constexpr int kFailed = 1;        ///< the work failed
inline constexpr int kUsage = 2;         ///< wrong usage or input: nothing was run, nothing was overwritten
inline constexpr int kExceeded = 3;      ///< a static budget is exceeded, or an exact quantity differs
inline constexpr int kRegressed = 4;     ///< a timing regression is established
inline constexpr int kInconclusive = 5;  ///< too noisy, or too few samples, to judge

/// Adds the options of a subcommand, and what runs it.
using Setup = void (*)(Command& command);

void setup_cost(Command& command);
void setup_bench(Command& command);
void setup_sweep(Command& command);
void setup_pick(Command& command);
void setup_report(Command& command);
void setup_compare(Command& command);
void setup_budget(Command& command);
void setup_gate(Command& command);
void setup_self_test(Command& command);
void setup_worker(Command& command);
void setup_export(Command& command);
void setup_machine(Command& command);
void setup_models(Command& command);
void setup_engines(Command& command);
void setup_conventions(Command& command);

}  // namespace mobilenet_cost::app

#pragma once

#include <string>

#include "mobilenet_cost/report/parts/table.h"
#include "mobilenet_cost/sweep/result.h"

namespace mobilenet_cost {

/// The fitted slopes, and what they mean. No columns: nothing was fitted.
[[nodiscard]] Section sweep_fit_section(const SweepResult& result);

/// How the run went: noise, rounds, what is uncertain, why it ended, the machine.
[[nodiscard]] Section sweep_note_section(const SweepRun& run, const SweepResult& result);

/// Of a sweep or a bench, for the line that says what was written: how much was timed, the fastest network
/// and the largest speed-up over the base.
[[nodiscard]] std::string main_finding(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

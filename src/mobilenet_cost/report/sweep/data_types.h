#pragma once

#include <string>

#include "mobilenet_cost/sweep/result.h"

namespace mobilenet_cost {

/// Whether 8 bits pay on this machine, a line for each engine and number of threads that ran a network in
/// both types: its largest and its smallest gain, with their intervals. Empty: none did.
[[nodiscard]] std::string data_type_lines(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

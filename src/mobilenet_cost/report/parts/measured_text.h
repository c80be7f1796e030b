#pragma once

#include <cstdint>
#include <string>

#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

// What the reports with times have in common.

[[nodiscard]] Cell bandwidth_cell(std::int64_t bytes, double seconds);  ///< GB/s

/// By the name that readers know: what Highway calls AVX3 is AVX-512.
[[nodiscard]] std::string instruction_set_text(const std::string& name);

/// CPU, kernel and what is known of its disturbances, on one line.
[[nodiscard]] std::string machine_line(const MachineInfo& machine);

}  // namespace mobilenet_cost

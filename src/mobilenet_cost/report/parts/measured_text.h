#pragma once

#include <cstdint>
#include <string>

#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

// What the reports with times have in common.

[[nodiscard]] Cell bandwidth_cell(std::int64_t bytes, double seconds);  ///< GB/s

/// CPU, kernel and what is known of its disturbances, on one line.
[[nodiscard]] std::string machine_line(const MachineInfo& machine);

}  // namespace mobilenet_cost

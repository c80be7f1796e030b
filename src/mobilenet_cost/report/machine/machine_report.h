#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/machine/machine_json.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

/// All that is known about this computer.
struct MachineReport {
    MachineInfo machine;
    Topology topology;
    std::vector<std::string> hidden;  ///< hidden_facts()
    MachineFingerprint fingerprint;
    Preflight preflight;  ///< of this moment; the peaks may be stored ones
    MachinePeaks peaks;
};

/// What it is, whether it is quiet, peaks, bandwidths with their ridge points, round trips, and the roofline:
/// what can be reached at some intensities.
[[nodiscard]] std::vector<Section> machine_sections(const MachineReport& report);

/// A row for each figure.
[[nodiscard]] Table machine_csv_table(const MachineReport& report);

/// Schema mobilenet-cost.machine.v2 (docs/schemas/machine.schema.json).
[[nodiscard]] std::string machine_json(const MachineReport& report);
[[nodiscard]] std::string machine_jsonl(const MachineReport& report);

}  // namespace mobilenet_cost

#pragma once

#include <vector>

#include "mobilenet_cost/report/parts/table.h"
#include "mobilenet_cost/sweep/result.h"

namespace mobilenet_cost {

/// "Why not faster": where MACs, bytes and time are in the base and in the smallest cell of each group, and
/// which layers' time did not shrink with the MACs. Groups without timed layers are left out.
[[nodiscard]] std::vector<Section> sweep_class_sections(const SweepRun& run, const RooflinePeaks& peaks = {});

}  // namespace mobilenet_cost

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/pick/candidates.h"
#include "mobilenet_cost/pick/widest_answer.h"
#include "mobilenet_cost/report/parts/report.h"

namespace mobilenet_cost {

/// Everything that `pick` shows.
struct PickReport {
    SweepSettings settings;
    std::vector<PickLimit> limits;
    std::optional<Runtime> runtime;  ///< whose RAM and flash the candidates have; none: they have none
    std::vector<PickCandidate> candidates;
    PickOrder by = PickOrder::accuracy;
    PickResult result;
    std::vector<WidestAnswer> widest;
    std::vector<std::string> notes;  ///< how the times were found
    bool all = false;                ///< show every variant, not a screen of them
};

/// A miss for stderr: "--max-ms 3: nearest is ... with 3.2 ms, off by 6.7 %"
[[nodiscard]] std::string miss_text(const PickReport& report, const PickMiss& miss);

/// Schema mobilenet-cost.pick.v2 (docs/schemas/pick.schema.json); CSV and JSON Lines have a row for each
/// candidate.
[[nodiscard]] Report pick_report(const PickReport& report);

}  // namespace mobilenet_cost

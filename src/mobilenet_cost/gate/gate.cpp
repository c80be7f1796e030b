#include "mobilenet_cost/gate/gate.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/stats.h"

namespace mobilenet_cost {

double log_ratio(const GateRound& round) {
    return (std::log(round.head_seconds[0]) + std::log(round.head_seconds[1]) -
            std::log(round.base_seconds[0]) - std::log(round.base_seconds[1])) /
           2;
}

std::vector<double> log_ratios(const GateCellRun& cell) {
    std::vector<double> logs;
    for (const GateRound& round : cell.rounds) {
        if (!round.dropped) logs.push_back(log_ratio(round));
    }
    return logs;
}

bool is_measured(const GateCellRun& cell) {
    return cell.failure.empty() && cell.exact.empty() && !cell.rounds.empty();
}

GateDrops count_drops(const GateRun& run) {
    constexpr double kOneSided = 0.01;
    GateDrops drops;
    for (const GateCellRun& cell : run.cells) {
        for (const GateRound& round : cell.rounds) {
            if (round.dropped) ++(round.dropped_by_base ? drops.base : drops.head);
        }
    }
    const auto count = static_cast<std::size_t>(drops.base + drops.head);
    const auto more = static_cast<std::size_t>(std::max(drops.base, drops.head));
    drops.one_sided = count > 0 && 2 * binomial_upper_tail(count, more) <= kOneSided;
    return drops;
}

std::string noise_text(const Preflight& preflight) {
    std::string text;
    if (preflight.verdict != NoiseVerdict::hopeless) return text;
    const std::string mark = fmt::format("{}: ", noise_verdict_name(NoiseVerdict::hopeless));
    for (const std::string& reason : preflight.reasons) {
        if (reason.starts_with(mark)) text += (text.empty() ? "" : "; ") + reason.substr(mark.size());
    }
    return text.empty() ? "the noise before the run" : text;
}

}  // namespace mobilenet_cost

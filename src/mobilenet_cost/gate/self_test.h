#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/gate/gate.h"

namespace mobilenet_cost {

/// What a gate can detect on this machine, from a run whose two sides are the same program.

struct SelfTestCell {
    GateCell cell = {};
    std::int64_t rounds = 0;
    double ratio = 1;   ///< median; 1 is the truth
    double spread = 0;  ///< of a round's log ratio: 1.4826 x the median absolute deviation
    double p95 = 0;     ///< |log ratio| of a round that 19 of 20 stay below
    /// Smallest slowdown that is found in 9 of 10 gates, for each of the numbers of rounds; absent: above 50
    /// %.
    std::vector<std::optional<double>> detectable = {};
};

struct SelfTest {
    std::vector<SelfTestCell> cells = {};
    std::vector<std::int64_t> rounds = {};  ///< for which `detectable` is given
    std::int64_t trials = 0;                ///< gates drawn from the rounds that were measured
    std::int64_t false_alarms = 0;          ///< gates that called something slower
    std::int64_t false_praise = 0;          ///< gates that called something faster
    std::int64_t undecided = 0;             ///< gates without a verdict
    std::string recommendation = {};
};

struct SelfTestSettings {
    std::int64_t trials = 2000;       ///< for the rate of false alarms
    std::int64_t power_trials = 200;  ///< for each slowdown that is tried
    std::uint64_t seed = 1;
};

/// Draws gates from the measured rounds, whole rounds with replacement (Efron, "Bootstrap Methods", 1979), so
/// that the cells of a round stay together. Throws Error for fewer rounds than the shortest gate needs.
[[nodiscard]] SelfTest evaluate_self_test(const GateRun& run, const SelfTestSettings& settings = {});

}  // namespace mobilenet_cost

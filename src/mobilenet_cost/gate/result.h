#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/gate/gate.h"

namespace mobilenet_cost {

/// Everything that a gate measured.
struct GateReport {
    GateRun run = {};
    std::optional<GateRun> confirmation = {};  ///< the same cells with the second builds of both sides
    std::optional<GateRun> relink = {};  ///< base against its second build: what code placement alone does
};

/// A layer whose time moved, or one class of layers; times are medians over the rounds.
struct GateLayer {
    LayerFacts layer = {};
    double base_seconds = 0;
    double head_seconds = 0;
    GateRow row = {};
    std::vector<GateDifference> changes = {};  ///< exact quantities of this layer that differ
};

struct GateClass {
    std::string name = {};
    std::int64_t layers = 0;
    double base_seconds = 0;
    double head_seconds = 0;
};

struct GateCellResult {
    GateVerdict verdict = GateVerdict::inconclusive;
    std::string reason = {};              ///< why it was not judged, or why not as the rounds say
    std::optional<double> floor = {};     ///< |ratio - 1| of base against its second build
    std::vector<GateLayer> moved = {};    ///< the largest change of time first
    std::vector<GateClass> classes = {};  ///< in the order of their first layer
};

/// How a gate ends: with the verdicts, in their order, or with one of the two behind them, which outrank
/// them.
enum class GateOutcome { same, improved, inconclusive, regressed, different, failed };

template <>
inline constexpr std::array<std::string_view, 6> kEnumNames<GateOutcome> = {
    "same", "improved", "inconclusive", "regressed", "different", "failed"};

struct GateResult {
    GateOutcome outcome = GateOutcome::inconclusive;
    std::string reason = {};                   ///< one sentence
    std::vector<GateCellResult> cells = {};    ///< as in GateRun::cells
    std::optional<GateVerdict> together = {};  ///< of the geometric mean
    std::int64_t measured = 0;                 ///< cells
    std::vector<GateDifference> builds = {};   ///< compilers, flags, engines
    std::vector<std::string> warnings = {};
};

/// Layers of a cell in one family of their own, at the rule's significance: an explanation, which gates
/// nothing. Two values a round. A layer that is fused into another has no time and is left out.
[[nodiscard]] std::vector<GateLayer> moved_layers(const GateCellRun& cell, const GateRule& rule);

[[nodiscard]] GateResult evaluate_gate(const GateReport& report);

}  // namespace mobilenet_cost

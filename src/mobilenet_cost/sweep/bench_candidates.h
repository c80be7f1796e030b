#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/model/network.h"
#include "mobilenet_cost/sweep/bench_result.h"

namespace mobilenet_cost {

/// A network to be timed, or why there is none.
struct Candidate {
    NetworkKind kind = NetworkKind::separable;
    std::optional<Network> network;
    std::optional<NetworkCounts> counts;
    BenchStatus absence = BenchStatus::skipped;
    std::string reason;
    bool same_as_variant = false;  ///< then it is left out: timing a network against itself says nothing
};

/// In the order of NetworkKind, one of each. Throws Error for a variant that does not exist.
[[nodiscard]] std::vector<Candidate> make_candidates(const ModelConfig& config, const Variant& variant,
                                                     const Variant& base);

}  // namespace mobilenet_cost

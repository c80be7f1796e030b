#pragma once

#include <vector>

#include "mobilenet_cost/gate/gate.h"

namespace mobilenet_cost {

/// Differences that make the two sides different networks: analytic cost and layers. Empty: the same work.
[[nodiscard]] std::vector<GateDifference> exact_differences(const SessionFacts& base,
                                                            const SessionFacts& head);

/// Differences that may explain different times of the same work: kernels, memory held, allocations in a
/// pass.
[[nodiscard]] std::vector<GateDifference> explaining_differences(const SessionFacts& base,
                                                                 const SessionFacts& head);

/// Differences that make two builds hard to compare: compilers, flags, versions of an engine; not the
/// sources.
[[nodiscard]] std::vector<GateDifference> build_differences(const WorkerHello& base, const WorkerHello& head);

/// The engine of cells that name none: the first of the head's that both have. Throws Error if there is none.
[[nodiscard]] std::string common_engine(const WorkerHello& base, const WorkerHello& head);

}  // namespace mobilenet_cost

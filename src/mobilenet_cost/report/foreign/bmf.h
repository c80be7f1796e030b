#pragma once

#include "mobilenet_cost/report/foreign/formats.h"

namespace mobilenet_cost {

/// For Bencher: of each point that ran its latency and, but for the base, its speed-up, each with its
/// interval.
[[nodiscard]] std::string sweep_bmf(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost

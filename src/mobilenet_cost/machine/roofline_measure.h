#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "mobilenet_cost/machine/peaks.h"
#include "mobilenet_cost/machine/roofline.h"
#include "mobilenet_cost/machine/topology.h"

namespace mobilenet_cost {

struct PeakSettings {
    std::int64_t rounds = 12;      ///< each takes every figure once; an interval needs 6
    double block_seconds = 0.012;  ///< a figure of one round: the median of the pieces that fit
    double max_seconds = 16;       ///< no round starts after this
    std::function<void(std::int64_t done, std::int64_t rounds)> progress;  ///< may be empty
};

/// Memory that one thread reads repeatedly to stay in a level.
struct LevelPlan {
    std::string level;
    std::optional<std::int64_t> capacity_bytes;  ///< of the caches of all the threads
    std::int64_t thread_bytes = 0;               ///< 0: cannot be measured
    std::string reason;                          ///< why it cannot
};

/// Half of L1 and L2, so that what else lies there does not matter; a quarter of L3, which neighbours share;
/// at least four times L3, and 256 MiB, for DRAM, out of at most a quarter of the available memory.
[[nodiscard]] std::vector<LevelPlan> plan_levels(const Topology& topology, std::int64_t threads,
                                                 std::optional<std::int64_t> available_bytes);

/// Rounds of every figure with 1 thread and with one on each of `cpus`, so that drift falls on all alike.
[[nodiscard]] PeakSamples sample_peaks(const PeakKernelsStatus& kernels, const Topology& topology,
                                       const std::vector<int>& cpus, const PeakSettings& settings);

/// All of it for this process on this machine.
[[nodiscard]] MachinePeaks measure_peaks(const PeakSettings& settings);

}  // namespace mobilenet_cost

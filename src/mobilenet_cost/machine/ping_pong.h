#pragma once

#include <optional>

namespace mobilenet_cost {

/// Seconds that a cache line takes from one CPU to another and back: the quickest of several batches of round
/// trips, because a preempted side makes a batch longer, never shorter. Nothing when a thread may not be
/// put on one of the CPUs, or when they are the same. Takes at most about `most_seconds`; a CPU that is taken
/// by others meanwhile can add some of the scheduler's time slices.
///
/// On the processors that this project was tried on, 80-120 ns means "near" (one core complex) and 380-410 ns
/// "far"; a hypervisor that moves virtual CPUs makes the same pair of CPUs flip between the two.
[[nodiscard]] std::optional<double> ping_pong_seconds(int first_cpu, int second_cpu,
                                                      double most_seconds = 0.05);

}  // namespace mobilenet_cost

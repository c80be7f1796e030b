#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mobilenet_cost {

/// Memory that a runtime needs from one step to another, both included, and where it lies.
struct PlannedBuffer {
    std::int64_t bytes = 0;
    std::size_t first = 0;
    std::size_t last = 0;
    std::int64_t offset = 0;  ///< set by a planner

    bool operator==(const PlannedBuffer&) const = default;
};

/// Whether two buffers are needed in the same step.
[[nodiscard]] constexpr bool overlap_in_time(const PlannedBuffer& left, const PlannedBuffer& right) {
    return left.first <= right.last && right.first <= left.last;
}

/// Sets the offsets, the largest buffer first and of equal ones the later one; each goes into the lowest gap
/// between those placed before it that it shares a step with. Returns the end of the highest. The rule of
/// GreedyMemoryPlanner (tensorflow/tflite-micro, micro/memory_planner/greedy_memory_planner.cc), whose list
/// is filled from its end before a stable sort: hence the later one.
std::int64_t plan_greedily(std::vector<PlannedBuffer>& buffers);

/// The most bytes that any step needs: no plan is smaller.
[[nodiscard]] std::int64_t live_bytes(const std::vector<PlannedBuffer>& buffers);

/// Bytes that are needed in one step.
[[nodiscard]] std::int64_t live_bytes_in(const std::vector<PlannedBuffer>& buffers, std::size_t step);

}  // namespace mobilenet_cost

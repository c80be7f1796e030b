#include "mobilenet_cost/runtime/memory_plan.h"

#include <algorithm>

#include "mobilenet_cost/base/checked.h"

namespace mobilenet_cost {
namespace {

using Placed = std::vector<const PlannedBuffer*>;  // by offset, equal ones in the order of placing

std::vector<std::size_t> order_of(const std::vector<PlannedBuffer>& buffers) {
    std::vector<std::size_t> order;
    for (std::size_t i = buffers.size(); i > 0; --i)
        order.push_back(i - 1);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
        return buffers[left].bytes > buffers[right].bytes;
    });
    return order;
}

std::int64_t lowest_gap(const PlannedBuffer& wanted, const Placed& placed) {
    std::int64_t offset = 0;
    for (const PlannedBuffer* other : placed) {
        if (!overlap_in_time(*other, wanted)) continue;
        if (other->offset - offset >= wanted.bytes) break;
        offset = std::max(offset, checked_add(other->offset, other->bytes));
    }
    return offset;
}

}  // namespace

std::int64_t plan_greedily(std::vector<PlannedBuffer>& buffers) {
    Placed placed;
    std::int64_t end = 0;
    for (const std::size_t index : order_of(buffers)) {
        PlannedBuffer& wanted = buffers[index];
        wanted.offset = lowest_gap(wanted, placed);
        end = std::max(end, checked_add(wanted.offset, wanted.bytes));
        const auto behind = std::upper_bound(
            placed.begin(), placed.end(), wanted.offset,
            [](std::int64_t offset, const PlannedBuffer* other) { return offset < other->offset; });
        placed.insert(behind, &wanted);
    }
    return end;
}

std::int64_t live_bytes(const std::vector<PlannedBuffer>& buffers) {
    std::int64_t most = 0;
    for (const PlannedBuffer& buffer : buffers)  // a largest step is one in which some buffer begins
        most = std::max(most, live_bytes_in(buffers, buffer.first));
    return most;
}

std::int64_t live_bytes_in(const std::vector<PlannedBuffer>& buffers, std::size_t step) {
    std::int64_t live = 0;
    for (const PlannedBuffer& buffer : buffers) {
        if (buffer.first <= step && step <= buffer.last) live = checked_add(live, buffer.bytes);
    }
    return live;
}

}  // namespace mobilenet_cost

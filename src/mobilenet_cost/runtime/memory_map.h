#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/runtime/memory_plan.h"
#include "mobilenet_cost/runtime/runtime.h"

namespace mobilenet_cost {

/// What a buffer is to the layer that runs.
enum class BufferUse { read, written, kept, scratch };

struct MemoryPart {
    std::int64_t offset = 0;
    std::int64_t bytes = 0;
    BufferUse use = BufferUse::kept;

    bool operator==(const MemoryPart&) const = default;
};

/// One layer, or one operator of a runtime, while it runs.
struct MemoryStep {
    std::string name;  ///< of the layer; of an operator that no layer is known of its number
    std::string op;
    std::vector<MemoryPart> parts;
    std::int64_t live_bytes = 0;
};

/// Maps and scratch over the layers.
struct MemoryMap {
    Runtime runtime = Runtime::live;
    std::int64_t bytes = 0;  ///< that the parts lie in
    std::vector<MemoryStep> steps;
    std::size_t peak = 0;  ///< the first step with the most live bytes
};

/// `tflm`: as its planner places them. `live`: what lives, one behind the other: read, written, kept. Throws
/// Error as need_of() does, and for a runtime of which no plan is known.
[[nodiscard]] MemoryMap memory_map(const Network& network, Runtime runtime, DataType data_type);

}  // namespace mobilenet_cost

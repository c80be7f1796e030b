#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/report/parts/report.h"
#include "mobilenet_cost/runtime/memory_map.h"

namespace mobilenet_cost {

/// What `cost --memory-map` shows of one variant.
struct MappedVariant {
    std::string model;
    Variant variant;  ///< with the resolution filled in
    DataType data_type = DataType::f32;
    MemoryMap map;
};

/// For people alone: a row for each layer, or operator, and in it the memory from its first byte to its last.
/// Other formats throw Error.
[[nodiscard]] Report memory_map_report(const std::vector<MappedVariant>& variants);

}  // namespace mobilenet_cost

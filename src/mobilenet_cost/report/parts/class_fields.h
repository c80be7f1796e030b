#pragma once

#include <optional>
#include <string>

#include "mobilenet_cost/measure/layer_profile.h"
#include "mobilenet_cost/report/parts/columns.h"

namespace mobilenet_cost {

/// What the layers of one class, or of all, take.
struct ClassRow {
    std::string name;
    ClassShare share;
    std::optional<double> bound_seconds = std::nullopt;  ///< that a roofline allows; absent: none is known
};

[[nodiscard]] ClassRow class_row(const ClassShare& share);

[[nodiscard]] const RowFields<ClassRow>& class_fields();

}  // namespace mobilenet_cost

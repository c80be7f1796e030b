#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mobilenet_cost/analysis.h"

namespace mobilenet_cost {

/// One variant of a grid, by exact counting.
struct SweepCell {
    std::string model;
    Variant variant;
    double beta = 1;
    Summary summary;
    double analytic_speedup = 1;  ///< MACs of the base cell over MACs of this one
};

/// Cells in the order given. The base cell of a family is the one with the largest alpha and, among those,
/// the largest resolution.
[[nodiscard]] std::vector<SweepCell> sweep(const ModelConfig& config, const std::vector<Variant>& variants,
                                           const Convention& convention);

}  // namespace mobilenet_cost

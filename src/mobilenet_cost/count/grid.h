#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mobilenet_cost/count/analysis.h"

namespace mobilenet_cost {

/// One variant of a grid, by exact counting.
struct SweepCell {
    std::string model;
    Variant variant;  ///< with the resolution filled in
    double beta = 1;
    std::int64_t macs = 0;    ///< as the convention counts
    std::int64_t params = 0;  ///< as the convention counts
    std::int64_t weight_bytes = 0;
    std::int64_t peak_activation_bytes = 0;
    std::int64_t standard_macs = 0;    ///< of the standard-convolution counterpart
    std::int64_t standard_params = 0;  ///< of the standard-convolution counterpart
    double analytic_speedup = 1;       ///< MACs of the base cell over MACs of this one
    bool lower_bound = false;          ///< some operators are not known, and no count has them

    bool operator==(const SweepCell&) const = default;
};

/// Settings that all cells share.
struct SweepSettings {
    DataType data_type = DataType::f32;
    std::string convention;
    std::string alpha_scope;
    std::int64_t classes = 1000;
    std::int64_t batch = 1;
    Form form = {};
    std::vector<std::string> inputs = {};  ///< NAME=DIMS: sizes of inputs of files of others

    bool operator==(const SweepSettings&) const = default;
};

/// Cells in the order given. The base cell of a family is the one with the largest alpha and, among those,
/// the largest resolution.
[[nodiscard]] std::vector<SweepCell> sweep(const ModelConfig& config, const std::vector<Variant>& variants,
                                           const Convention& convention, DataType data_type = DataType::f32);

/// MACs of the standard-convolution counterpart over those of the cell; 1 where there are none.
[[nodiscard]] double standard_ratio(const SweepCell& cell);

/// Index of the base cell of a model, which must have at least one cell.
[[nodiscard]] std::size_t base_cell(const std::vector<SweepCell>& cells, const std::string& model);

}  // namespace mobilenet_cost

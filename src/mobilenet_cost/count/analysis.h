#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "mobilenet_cost/count/convention.h"
#include "mobilenet_cost/count/unknown_operators.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/layer_class.h"
#include "mobilenet_cost/model/liveness.h"

namespace mobilenet_cost {

inline constexpr std::size_t kBatchNormCounts = 5;

/// One layer of the report.
struct LayerAnalysis {
    std::string name;
    std::string op;
    std::string block;
    LayerClass layer_class = LayerClass::conv;
    Shape input;
    Shape output;
    Sides kernel = 0;  ///< 0: not a convolution
    Sides stride = 0;
    Sides dilation = 1;
    std::int64_t groups = 0;
    std::int64_t macs = 0;    ///< as the convention counts
    std::int64_t params = 0;  ///< as the convention counts
    Cost cost;                ///< convention-free counts
};

/// A depthwise and its pointwise convolution beside the one standard convolution that would replace them
/// (MobileNetV1, arXiv 1704.04861, section 3.1). Weights only; MACs and bytes for the whole batch; sizes are
/// output sizes.
struct SeparableBlock {
    std::string name;  ///< of the block, with the role where a block holds two pairs
    Sides k = 0;
    std::int64_t multiplier = 1;  ///< m: outputs of the depthwise for each of its inputs
    std::int64_t c_in = 0;
    std::int64_t c_out = 0;
    std::int64_t h_out = 0;
    std::int64_t w_out = 0;
    std::int64_t p_s = 0;       ///< K^2 Ci Co
    std::int64_t p_d = 0;       ///< m (K^2 Ci + Ci Co)
    std::int64_t c_s = 0;       ///< H W P_s
    std::int64_t c_d = 0;       ///< H W P_d
    std::int64_t bytes_s = 0;   ///< read and written at least: input, output and P_s weights
    std::int64_t bytes_d = 0;   ///< the same of two layers, so that what is between them counts twice
    double closed_form = 0;     ///< K^2 Co / (m (K^2 + Co)), exactly both ratios
    double article_approx = 0;  ///< Co / (1 + 1/K^2), as an introductory article prints it
};

[[nodiscard]] std::vector<SeparableBlock> separable_blocks(const Network& network,
                                                           DataType data_type = DataType::f32);

[[nodiscard]] double parameter_ratio(const SeparableBlock& block);
[[nodiscard]] double mac_ratio(const SeparableBlock& block);

/// MACs and parameters of a network under one convention.
struct Totals {
    std::int64_t macs = 0;
    std::int64_t params = 0;
};

/// This network as a fraction of the base (alpha 1, native resolution, same classes and batch).
struct Scaling {
    double macs_exact = 1;
    double params_exact = 1;
    double alpha_squared = 1;  ///< rule of thumb for parameters, and for MACs at equal resolution
    double beta_squared = 1;   ///< rule of thumb for MACs at equal width

    /// Relative error of the rule of thumb alpha^2 beta^2: -0.05 is 5 % too low.
    [[nodiscard]] double macs_rule_error() const { return alpha_squared * beta_squared / macs_exact - 1; }
    [[nodiscard]] double params_rule_error() const { return alpha_squared / params_exact - 1; }
};

/// Everything that `cost` reports about one variant.
struct Analysis {
    std::string model;
    Variant variant;  ///< with the resolution filled in
    double beta = 1;  ///< resolution_multiplier()
    DataType data_type = DataType::f32;
    std::string convention;
    std::string unit;  ///< of macs, as the convention calls it
    Totals totals;
    Cost cost;                                          ///< summed over layers
    std::array<std::int64_t, kBatchNormCounts> params;  ///< the five ways of counting batch norm
    PeakMemory peak;
    std::string peak_layer;
    PeakMemory peak_in_place;
    std::string peak_in_place_layer;
    Totals standard;  ///< the standard-convolution counterpart
    Scaling scaling;
    std::vector<SeparableBlock> blocks;
    std::vector<LayerAnalysis> layers;
    std::vector<UnknownOperators> unknown;  ///< some: every total is a lower bound
};

[[nodiscard]] Analysis analyze(const ModelConfig& config, const Variant& variant, DataType data_type,
                               const Convention& convention);

/// The numbers of a variant that a sweep needs: no names, no rows.
struct Summary {
    Totals totals;
    Totals standard;
    Cost cost;
    std::int64_t peak_elements = 0;
};

/// Storage that a grid of summaries reuses.
struct SummaryScratch {
    Network separable;
    Network standard;
};

/// The same numbers as analyze(), for thousands of variants.
[[nodiscard]] Summary summarize(const ModelConfig& config, const Variant& variant,
                                const Convention& convention, SummaryScratch& scratch);

}  // namespace mobilenet_cost

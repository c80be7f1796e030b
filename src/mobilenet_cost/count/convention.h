#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {

/// Everything that some tool counts, over the whole batch. Additive.
struct Terms {
    std::int64_t conv_macs = 0;        ///< convolutions of any kind, squeeze-and-excite layers included
    std::int64_t dense_macs = 0;       ///< classifier, a biased 1x1 layer on a 1x1 map without batch norm,
                                       ///< and products of two activations (attention)
    std::int64_t conv_bias_adds = 0;   ///< outputs of convolutions with an explicit bias
    std::int64_t dense_bias_adds = 0;  ///< outputs of dense layers
    std::int64_t conv_outputs = 0;     ///< outputs of convolutions and dense layers
    std::int64_t bn_elements = 0;      ///< batch-normalised values
    std::int64_t bn_channels = 0;      ///< batch-normalised channels, once for each image
    std::int64_t relu = 0;             ///< values through each activation
    std::int64_t relu6 = 0;
    std::int64_t hard_swish = 0;
    std::int64_t hard_sigmoid = 0;
    std::int64_t swish = 0;
    std::int64_t sigmoid = 0;
    std::int64_t pool_inputs = 0;  ///< of the pooling before the classifier
    std::int64_t pool_outputs = 0;
    std::int64_t squeeze_inputs = 0;  ///< of the pooling in squeeze-and-excite
    std::int64_t squeeze_outputs = 0;
    std::int64_t residual_adds = 0;
    std::int64_t gate_multiplies = 0;  ///< of squeeze-and-excite
    std::int64_t class_scores = 0;     ///< outputs of the classifier

    bool operator==(const Terms&) const = default;
};

[[nodiscard]] Terms layer_terms(const Layer& layer);
[[nodiscard]] Terms total_terms(const Network& network);

/// A row of the table of terms.
struct TermRow {
    std::string_view name;     ///< snake_case, as the member
    std::string_view meaning;  ///< for "2 per ..."
    std::int64_t Terms::*member;
};

[[nodiscard]] std::span<const TermRow> term_table();

struct CountedTerm {
    std::int64_t Terms::*member;
    std::int64_t factor;
};

/// How one tool or paper turns a network into its two numbers.
struct Convention {
    std::string name;
    std::string title;
    std::string unit;  ///< its name for the count: "MACs" or "FLOPs"
    std::vector<CountedTerm> counted;
    BatchNormCount batch_norm = BatchNormCount::bn0;
    std::string source;  ///< version that was read or run, or paper
    std::string note;    ///< a caveat before comparing; may be empty
};

/// Throws Error with the nearest name.
[[nodiscard]] const Convention& find_convention(const std::string& name);

[[nodiscard]] std::int64_t count_macs(const Terms& terms, const Convention& convention);

/// "MACs + 2 per batch-normalised value + 1 per pooling input".
[[nodiscard]] std::string formula(const Convention& convention);

}  // namespace mobilenet_cost

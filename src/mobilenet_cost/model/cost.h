#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/base/enum_names.h"

namespace mobilenet_cost {

/// How values are stored: weights and maps in one type, or (w8a32: 8-bit weights) weights in a narrower one
/// than the f32 of maps.
enum class DataType { f32, f16, i8, w8a32, w16a32 };

/// How batch norm's values are counted: none, folded into one bias per channel, gamma and beta, TF-slim's
/// default without gamma (beta, mean, variance), or all four.
enum class BatchNormCount { bn0, bn1, bn2, bn3, bn4 };

template <>
inline constexpr std::array<std::string_view, 5> kEnumNames<BatchNormCount> = {"bn0", "bn1", "bn2", "bn3",
                                                                               "bn4"};

/// One forward pass over the whole batch. Additive: the cost of a network is the sum over its layers.
struct Cost {
    std::int64_t macs = 0;         ///< multiply-accumulates of convolutions and dense layers; 1 MAC = 2 FLOPs
    std::int64_t weights = 0;      ///< filter values
    std::int64_t biases = 0;       ///< explicit biases (dense layers, squeeze-and-excite)
    std::int64_t bn_channels = 0;  ///< channels that are batch-normalised
    std::int64_t input_elements = 0;   ///< activations read, each once
    std::int64_t output_elements = 0;  ///< activations written, each once

    bool operator==(const Cost&) const = default;
};

/// Sums, with overflow detected. Throws Error. Inline, as layer_cost(): a grid calls both for every layer of
/// every cell.
inline Cost& operator+=(Cost& left, const Cost& right) {
    left.macs = checked_add(left.macs, right.macs);
    left.weights = checked_add(left.weights, right.weights);
    left.biases = checked_add(left.biases, right.biases);
    left.bn_channels = checked_add(left.bn_channels, right.bn_channels);
    left.input_elements = checked_add(left.input_elements, right.input_elements);
    left.output_elements = checked_add(left.output_elements, right.output_elements);
    return left;
}

[[nodiscard]] std::int64_t parameter_count(const Cost& cost, BatchNormCount convention);

/// Bytes of the stored model: batch norm folded, so one bias per batch-normalised channel. Biases of an i8
/// model are 32-bit, as in TFLite.
[[nodiscard]] std::int64_t weight_bytes(const Cost& cost, DataType type);

/// Activations read and written, each once.
[[nodiscard]] std::int64_t activation_bytes(const Cost& cost, DataType type);

/// Minimum traffic: weights and activations, each moved once.
[[nodiscard]] std::int64_t traffic_bytes(const Cost& cost, DataType type);

/// FLOPs (2 x MACs) per byte of minimum traffic.
[[nodiscard]] double arithmetic_intensity(const Cost& cost, DataType type);

/// Elements moved: inputs, outputs and weights, each once. For a 1x1 convolution hw(c1 + c2) + c1 c2, the
/// memory access cost of ShuffleNet V2 (arXiv 1807.11164, guideline 1).
[[nodiscard]] std::int64_t memory_access_cost(const Cost& cost);

/// Of one value of a map.
[[nodiscard]] std::int64_t element_bytes(DataType type);

/// Of one value of a filter.
[[nodiscard]] std::int64_t weight_element_bytes(DataType type);

template <>
inline constexpr std::array<std::string_view, 5> kEnumNames<DataType> = {"f32", "f16", "i8", "w8a32",
                                                                         "w16a32"};
[[nodiscard]] constexpr std::string_view data_type_name(DataType type) {
    return enum_name(type);
}

}  // namespace mobilenet_cost

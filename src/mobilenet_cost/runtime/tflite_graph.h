#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"

namespace mobilenet_cost {

/// Operators of TensorFlow Lite, by their names in its format.
enum class TfliteOperator {
    conv_2d,
    depthwise_conv_2d,
    fully_connected,
    mean,
    add,
    mul,
    sub,
    pad,
    reshape,
    hard_swish,
    logistic,
    relu,
    relu6,
    leaky_relu,
    prelu,
    softmax,
    max_pool_2d,
    average_pool_2d,
    concatenation,
    strided_slice,
    shape,
    pack,
    resize_bilinear,
    resize_nearest_neighbor,
    transpose,
    quantize,
    dequantize,
};
template <>
inline constexpr std::array<std::string_view, 27> kEnumNames<TfliteOperator> = {"CONV_2D",
                                                                                "DEPTHWISE_CONV_2D",
                                                                                "FULLY_CONNECTED",
                                                                                "MEAN",
                                                                                "ADD",
                                                                                "MUL",
                                                                                "SUB",
                                                                                "PAD",
                                                                                "RESHAPE",
                                                                                "HARD_SWISH",
                                                                                "LOGISTIC",
                                                                                "RELU",
                                                                                "RELU6",
                                                                                "LEAKY_RELU",
                                                                                "PRELU",
                                                                                "SOFTMAX",
                                                                                "MAX_POOL_2D",
                                                                                "AVERAGE_POOL_2D",
                                                                                "CONCATENATION",
                                                                                "STRIDED_SLICE",
                                                                                "SHAPE",
                                                                                "PACK",
                                                                                "RESIZE_BILINEAR",
                                                                                "RESIZE_NEAREST_NEIGHBOR",
                                                                                "TRANSPOSE",
                                                                                "QUANTIZE",
                                                                                "DEQUANTIZE"};

/// What a tensor is for.
enum class TfliteContent {
    map,       ///< written when the network runs
    weights,   ///< a constant that no other tensor has
    bias,      ///< one value for each channel; zeros in a network that was not trained
    settings,  ///< axes, sizes
};

struct TfliteTensor {
    std::int64_t bytes = 0;
    std::int64_t elements = 0;
    std::int64_t rank = 4;
    std::int64_t scales = 1;  ///< as many zero points; 0: not quantised
    TfliteContent content = TfliteContent::map;
    std::int64_t channels = 1;  ///< of a map: its last size

    bool operator==(const TfliteTensor&) const = default;
};

struct TfliteNode {
    TfliteOperator code = TfliteOperator::conv_2d;
    std::vector<std::size_t> inputs;  ///< indices of tensors
    std::vector<std::size_t> outputs;
    std::optional<std::size_t> layer = {};  ///< of the network that it comes from

    bool operator==(const TfliteNode&) const = default;
};

/// A network as a file of TensorFlow Lite has it: tensors in the order of the file, operators in that of
/// running.
struct TfliteGraph {
    std::vector<TfliteTensor> tensors;
    std::vector<TfliteNode> nodes;
    std::vector<std::size_t> inputs;
    std::vector<std::size_t> outputs;

    bool operator==(const TfliteGraph&) const = default;
};

}  // namespace mobilenet_cost

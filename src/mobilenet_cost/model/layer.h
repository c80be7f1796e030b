#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "mobilenet_cost/model/cost.h"
#include "mobilenet_cost/model/shape.h"

namespace mobilenet_cost {

/// Swish is x sigmoid(x), PyTorch's SiLU.
enum class Activation { none, relu, relu6, hard_swish, hard_sigmoid, swish, sigmoid };
template <>
inline constexpr std::array<std::string_view, 7> kEnumNames<Activation> = {
    "none", "relu", "relu6", "hard_swish", "hard_sigmoid", "swish", "sigmoid"};

/// Zero rows and columns around the input.
struct Padding {
    std::int64_t top = 0;
    std::int64_t bottom = 0;
    std::int64_t left = 0;
    std::int64_t right = 0;

    bool operator==(const Padding&) const = default;
};

/// A convolution of any grouping, the dense classifier included (a 1x1 convolution on a 1x1 map). Weights are
/// (groups, KH, KW, Ci/groups, Co/groups). With batch norm there is no explicit bias in the published
/// networks; folding it leaves one bias per output channel.
struct Conv {
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t dilation = 1;  ///< rows, and columns, from one tap to the next
    std::int64_t groups = 1;
    Padding padding;
    bool batch_norm = false;
    bool bias = false;

    bool operator==(const Conv&) const = default;
};

/// Rows, and columns, of the input from a filter's first tap to its last.
[[nodiscard]] inline std::int64_t effective_kernel(const Conv& conv) {
    return checked_add(checked_multiply(conv.kernel - 1, conv.dilation), 1);
}

/// Mean over height and width.
struct GlobalPool {
    bool operator==(const GlobalPool&) const = default;
};

/// Element-wise sum of two tensors of the same shape (residual connection).
struct Add {
    bool operator==(const Add&) const = default;
};

/// First input times second input, the second being (n, 1, 1, c), the gate of a squeeze-and-excite, or with
/// `by_value` of the first one's shape.
struct Scale {
    bool by_value = false;

    bool operator==(const Scale&) const = default;
};

/// Tensor 0 is the network's input; layer i writes tensor i + 1.
using TensorId = std::int32_t;
inline constexpr TensorId kNoTensor = -1;

/// The largest or the mean value of a K x K window of each channel. What lies outside the map is not counted.
struct WindowPool {
    enum class Rule { max, average };
    Rule rule = Rule::max;
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    Padding padding;

    bool operator==(const WindowPool&) const = default;
};

/// Tensors of one height and width, their channels one after another.
struct Concat {
    static constexpr std::size_t kMostInputs = 16;
    std::array<TensorId, kMostInputs - 2> more = none();  ///< inputs behind Layer::inputs

    bool operator==(const Concat&) const = default;

    static constexpr std::array<TensorId, kMostInputs - 2> none() {
        std::array<TensorId, kMostInputs - 2> ids{};
        ids.fill(kNoTensor);
        return ids;
    }
};

/// Channels from `begin` on, as many as the output has.
struct Slice {
    std::int64_t begin = 0;

    bool operator==(const Slice&) const = default;
};

/// To another height and width. Bilinear: between pixel centres (half-pixel), edges repeated, as PyTorch's
/// interpolate() without align_corners; nearest: of output pixel i, input pixel floor(i * in / out).
struct Resize {
    enum class Rule { bilinear, nearest };
    Rule rule = Rule::bilinear;

    bool operator==(const Resize&) const = default;
};
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<Resize::Rule> = {"bilinear", "nearest"};

/// Channels as (groups, c / groups), transposed (ShuffleNet, arXiv 1707.01083).
struct ChannelShuffle {
    std::int64_t groups = 1;

    bool operator==(const ChannelShuffle&) const = default;
};

/// A batch norm that belongs to no convolution: a factor and a bias for each channel.
struct BatchNorm {
    bool operator==(const BatchNorm&) const = default;
};

/// Layer::activation alone.
struct Activate {
    bool operator==(const Activate&) const = default;
};

using LayerKind = std::variant<Conv, GlobalPool, Add, Scale, WindowPool, Concat, Slice, Resize,
                               ChannelShuffle, BatchNorm, Activate>;

/// The part that a layer plays in its block; decides the suffix of its name.
enum class Role {
    whole,  ///< the block is this one layer
    separable_depthwise,
    separable_pointwise,
    separable_standard,  ///< stands for a depthwise and its pointwise convolution in the counterpart network
    expand,
    depthwise,
    start_depthwise,
    middle_depthwise,
    squeeze_pool,
    squeeze_reduce,
    squeeze_expand,
    squeeze_scale,
    project,
    expand_standard,   ///< in the counterpart: a start depthwise and the expand convolution after it
    project_standard,  ///< in the counterpart: a depthwise and the project convolution after it
    add,
    classifier,
};

struct Layer {
    LayerKind kind;
    Activation activation = Activation::none;  ///< applied to the output, part of the same layer
    Role role = Role::whole;
    std::int32_t block = 0;                                   ///< index into Network::block_names
    std::array<TensorId, 2> inputs = {kNoTensor, kNoTensor};  ///< the second for Add, Scale and Concat
    Shape input;                                              ///< of the first input
    Shape output;

    bool operator==(const Layer&) const = default;
};

/// Calls `visit` with each tensor that a layer reads, in order: `visit(const TensorId&)`, or
/// `visit(TensorId&)` of a layer that may change.
template <typename AnyLayer, typename Visit>
void for_each_input(AnyLayer& layer, const Visit& visit) {
    for (auto& id : layer.inputs)
        if (id != kNoTensor) visit(id);
    if (auto* const concat = std::get_if<Concat>(&layer.kind)) {
        for (auto& id : concat->more)
            if (id != kNoTensor) visit(id);
    }
}

/// Whether a layer reads two tensors value by value.
[[nodiscard]] inline bool is_binary(const Layer& layer) {
    return std::holds_alternative<Add>(layer.kind) || std::holds_alternative<Scale>(layer.kind);
}

/// One group per channel: the K x K filter per channel of the MobileNet papers, or with a depth multiplier
/// (Keras' word) several. With a single channel only one kernel over the plane counts: 1x1 is then pointwise,
/// and several outputs are an ordinary convolution of a grey image.
[[nodiscard]] bool is_depthwise(const Layer& layer);

/// Outputs of a depthwise convolution for each input channel.
[[nodiscard]] inline std::int64_t depth_multiplier(const Layer& layer) {
    return layer.output.c / layer.input.c;
}

/// 1x1, ungrouped.
[[nodiscard]] bool is_pointwise(const Layer& layer);

/// "conv2d", "depthwise_conv2d", "pointwise_conv2d", "dense" (1x1 on a 1x1 map), "global_average_pool",
/// "add", "multiply", "max_pool", "average_pool", "concat", "slice", "resize", "channel_shuffle",
/// "batch_norm", "activation".
[[nodiscard]] std::string_view op_name(const Layer& layer);

/// K * K * (Ci / groups): products behind one output.
[[nodiscard]] inline std::int64_t conv_taps(const Layer& layer, const Conv& conv) {
    return checked_multiply(checked_multiply(conv.kernel, conv.kernel), layer.input.c / conv.groups);
}

/// out_h * out_w * K * K * (Ci / groups) * Co for each image; a separable block's C_d is the sum of two of
/// these (MobileNetV1, arXiv 1704.04861, equations 2 to 5; H x W is the output's size).
[[nodiscard]] inline Cost conv_cost(const Layer& layer, const Conv& conv) {
    Cost cost;
    const std::int64_t taps = conv_taps(layer, conv);
    cost.weights = checked_multiply(taps, layer.output.c);
    cost.macs = checked_multiply(element_count(layer.output), taps);
    cost.biases = conv.bias ? layer.output.c : 0;
    cost.bn_channels = conv.batch_norm ? layer.output.c : 0;
    return cost;
}

/// Throws Error if a count overflows.
[[nodiscard]] inline Cost layer_cost(const Layer& layer) {
    Cost cost;
    const Conv* const conv = std::get_if<Conv>(&layer.kind);
    if (conv != nullptr) cost = conv_cost(layer, *conv);
    cost.input_elements = element_count(layer.input);
    cost.output_elements = element_count(layer.output);
    if (conv != nullptr) return cost;
    if (std::holds_alternative<Add>(layer.kind)) {
        cost.input_elements = checked_multiply(2, cost.input_elements);
    } else if (const Scale* scale = std::get_if<Scale>(&layer.kind)) {
        const std::int64_t second =
            scale->by_value ? cost.input_elements : checked_multiply(layer.input.n, layer.input.c);
        cost.input_elements = checked_add(cost.input_elements, second);
    } else if (std::holds_alternative<Concat>(layer.kind) || std::holds_alternative<Slice>(layer.kind)) {
        cost.input_elements = cost.output_elements;
    } else if (std::holds_alternative<BatchNorm>(layer.kind)) {
        cost.bn_channels = layer.output.c;
    }
    return cost;
}

}  // namespace mobilenet_cost

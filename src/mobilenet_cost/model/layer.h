#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "mobilenet_cost/model/cost.h"
#include "mobilenet_cost/model/operators.h"
#include "mobilenet_cost/model/shape.h"

namespace mobilenet_cost {

/// Swish is x sigmoid(x), PyTorch's SiLU. Leaky ReLU is x, or where x is below 0, x times a slope; in PReLU
/// each channel has a slope of its own. GELU is x Phi(x), by the error function (arXiv 1606.08415).
enum class Activation {
    none,
    relu,
    relu6,
    hard_swish,
    hard_sigmoid,
    swish,
    sigmoid,
    leaky_relu,
    prelu,
    gelu,
};
template <>
inline constexpr std::array<std::string_view, 10> kEnumNames<Activation> = {
    "none", "relu", "relu6", "hard_swish", "hard_sigmoid", "swish", "sigmoid", "leaky_relu", "prelu", "gelu"};

/// Those that are always a layer of their own: no engine computes them while it finishes another layer.
[[nodiscard]] constexpr bool is_layer_of_its_own(Activation activation) {
    return activation >= Activation::leaky_relu;
}
inline constexpr std::size_t kFinishingActivations = static_cast<std::size_t>(Activation::leaky_relu);

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
    Sides kernel = 1;
    Sides stride = 1;
    Sides dilation = 1;  ///< rows, and columns, from one tap to the next
    std::int64_t groups = 1;
    Padding padding;
    bool batch_norm = false;
    bool bias = false;

    bool operator==(const Conv&) const = default;
};

/// Rows and columns of the input from a filter's first tap to its last.
[[nodiscard]] inline Sides effective_kernel(const Conv& conv) {
    return {checked_add(checked_multiply(conv.kernel.h - 1, conv.dilation.h), 1),
            checked_add(checked_multiply(conv.kernel.w - 1, conv.dilation.w), 1)};
}

/// Each pixel of the input adds a filter's taps to the output, `stride` apart; `padding` is cut off from the
/// sum. Weights are (KH, KW, Ci, Co).
struct TransposedConv {
    Sides kernel = 1;
    Sides stride = 1;
    Padding padding;  ///< at the bottom and right below 0 where rows and columns of bias alone follow
    bool batch_norm = false;
    bool bias = false;

    bool operator==(const TransposedConv&) const = default;
};

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

/// The largest or the mean value of a window of each channel. What lies outside the map is not counted, or
/// in a mean `counts_padding` counts it as zeros.
struct WindowPool {
    enum class Rule { max, average };
    Rule rule = Rule::max;
    Sides kernel = 1;
    Sides stride = 1;
    Padding padding;
    bool counts_padding = false;

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

/// Values of its own for each channel: a factor and a bias (a batch norm that belongs to no convolution), a
/// factor alone (layer scale, arXiv 2103.17239), or the slope below 0 (PReLU, arXiv 1502.01852).
struct ByChannel {
    enum class Rule { batch_norm, scale, prelu };
    Rule rule = Rule::batch_norm;

    bool operator==(const ByChannel&) const = default;
};

/// Layer::activation alone.
struct Activate {
    float slope = 0;  ///< of a leaky ReLU

    bool operator==(const Activate&) const = default;
};

/// Zeros around the map, and channels of zeros before and behind its own.
struct Pad {
    Padding padding;
    std::int64_t channels_before = 0;

    bool operator==(const Pad&) const = default;
};

/// exp(x) over the sum of exp(x) over the channels of a pixel.
struct Softmax {
    bool operator==(const Softmax&) const = default;
};

/// Rows of the first input times a matrix of its own for each image, the second input (n, h2, w2, c2). One
/// query has several heads, whose rows all meet the same keys and values (multi-query attention, arXiv
/// 1911.02150).
/// `transposed`: (n, h, w, heads * c2) times keys gives (n, h * w, heads, h2 * w2), each value times
/// `factor`. Otherwise (n, h * w, heads, h2 * w2) times values gives (n, h, w, heads * c2).
struct MatMul {
    bool transposed = false;
    std::int64_t heads = 1;
    std::int64_t depth = 1;  ///< products behind one output
    float factor = 1;

    bool operator==(const MatMul&) const = default;
};

/// What no other kind says, by the map that it writes: a row of operator_table(), with the multiply-adds and
/// the values of its own that it has.
struct Operation {
    static constexpr std::size_t kMostInputs = 8;
    std::size_t row = 0;
    OperatorNumbers numbers = {};
    std::int64_t macs = 0;  ///< of the whole batch
    std::int64_t weights = 0;
    std::int64_t biases = 0;
    std::int64_t input_elements = 0;  ///< of all inputs
    std::array<TensorId, kMostInputs - 2> more = {kNoTensor, kNoTensor, kNoTensor,
                                                  kNoTensor, kNoTensor, kNoTensor};  ///< behind Layer::inputs

    bool operator==(const Operation&) const = default;

    [[nodiscard]] const OperatorRow& what() const { return operator_table()[row]; }
};

/// An operator of somebody's file that is not known here. What it costs is unknown, and nothing runs it.
struct Unknown {
    bool operator==(const Unknown&) const = default;
};

using LayerKind =
    std::variant<Conv, GlobalPool, Add, Scale, WindowPool, Concat, Slice, Resize, ChannelShuffle, ByChannel,
                 Activate, TransposedConv, Pad, Softmax, MatMul, Operation, Unknown>;

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
    bool follows = false;    ///< the activation of the layer before, which is a layer of its own
    std::int32_t block = 0;  ///< index into Network::block_names
    std::array<TensorId, 2> inputs = {kNoTensor, kNoTensor};  ///< the second for some
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
    } else if (auto* const op = std::get_if<Operation>(&layer.kind)) {
        for (auto& id : op->more)
            if (id != kNoTensor) visit(id);
    }
}

/// Whether a layer is a function of each value by itself.
[[nodiscard]] inline bool is_function(const Layer& layer) {
    const Operation* const op = std::get_if<Operation>(&layer.kind);
    return op != nullptr && op->what().function != nullptr;
}

/// Whether a layer is an operator whose map is all of its inputs', one behind the other.
[[nodiscard]] inline bool is_join(const Layer& layer) {
    const Operation* const op = std::get_if<Operation>(&layer.kind);
    return op != nullptr && op->what().what == OperatorClass::joins;
}

/// Whether a layer stands for an input of the network beside its first.
[[nodiscard]] inline bool is_input(const Layer& layer) {
    const Operation* const op = std::get_if<Operation>(&layer.kind);
    return op != nullptr && op->what().what == OperatorClass::enters;
}

/// Whether there is an engine that runs such a layer.
[[nodiscard]] inline bool is_runnable(const Layer& layer) {
    return !std::holds_alternative<Unknown>(layer.kind) &&
           (!std::holds_alternative<Operation>(layer.kind) || is_function(layer) || is_join(layer));
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
/// "batch_norm", "layer_scale", "prelu", "activation", "transposed_conv2d", "pad", "softmax", "matmul",
/// a name of operator_table(), "unknown".
[[nodiscard]] std::string_view op_name(const Layer& layer);

/// K * K * (Ci / groups): products behind one output.
[[nodiscard]] inline std::int64_t conv_taps(const Layer& layer, const Conv& conv) {
    return checked_multiply(area(conv.kernel), layer.input.c / conv.groups);
}

/// Values that a layer reads of its second input, over the whole batch.
[[nodiscard]] inline std::int64_t matrix_elements(const Layer& layer, const MatMul& matmul) {
    const std::int64_t columns = matmul.transposed ? layer.output.c : layer.output.c / matmul.heads;
    return checked_multiply(checked_multiply(layer.input.n, matmul.depth), columns);
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

/// Throws Error if a count overflows. A transposed convolution has K * K * Co products for each value of its
/// input.
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
    } else if (const ByChannel* by_channel = std::get_if<ByChannel>(&layer.kind)) {
        (by_channel->rule == ByChannel::Rule::batch_norm ? cost.bn_channels : cost.weights) = layer.output.c;
    } else if (const TransposedConv* transposed = std::get_if<TransposedConv>(&layer.kind)) {
        const std::int64_t taps = checked_multiply(area(transposed->kernel), layer.output.c);
        cost.weights = checked_multiply(taps, layer.input.c);
        cost.macs = checked_multiply(element_count(layer.input), taps);
        cost.biases = transposed->bias ? layer.output.c : 0;
        cost.bn_channels = transposed->batch_norm ? layer.output.c : 0;
    } else if (const MatMul* matmul = std::get_if<MatMul>(&layer.kind)) {
        cost.macs = checked_multiply(element_count(layer.output), matmul->depth);
        cost.input_elements = checked_add(cost.input_elements, matrix_elements(layer, *matmul));
    } else if (const Operation* op = std::get_if<Operation>(&layer.kind)) {
        cost.macs = op->macs;
        cost.weights = op->weights;
        cost.biases = op->biases;
        cost.input_elements = op->input_elements;
        if (is_input(layer)) cost.output_elements = 0;  // nothing writes it
    }
    return cost;
}

}  // namespace mobilenet_cost

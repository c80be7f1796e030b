#include "mobilenet_cost/layer.h"

namespace mobilenet_cost {
namespace {

const Conv* as_conv(const Layer& layer) {
    return std::get_if<Conv>(&layer.kind);
}

/// out_h * out_w * K * K * (Ci / groups) * Co for each image; a separable block's C_d is the sum of two of
/// these (MobileNetV1, arXiv 1704.04861, equations 2 to 5; H x W is the output's size).
Cost conv_cost(const Layer& layer, const Conv& conv) {
    Cost cost;
    const std::int64_t taps =
        checked_multiply(checked_multiply(conv.kernel, conv.kernel), layer.input.c / conv.groups);
    cost.weights = checked_multiply(taps, layer.output.c);
    cost.macs = checked_multiply(element_count(layer.output), taps);
    cost.biases = conv.bias ? layer.output.c : 0;
    cost.bn_channels = conv.batch_norm ? layer.output.c : 0;
    return cost;
}

}  // namespace

bool is_depthwise(const Layer& layer) {
    const Conv* conv = as_conv(layer);
    return conv != nullptr && conv->groups == layer.input.c && layer.input.c == layer.output.c &&
           (layer.input.c > 1 || conv->kernel > 1);
}

bool is_pointwise(const Layer& layer) {
    const Conv* conv = as_conv(layer);
    return conv != nullptr && conv->kernel == 1 && conv->groups == 1;
}

std::string_view op_name(const Layer& layer) {
    struct Names {
        const Layer& layer;
        std::string_view operator()(const Conv&) const {
            if (layer.role == Role::classifier ||
                (is_pointwise(layer) && layer.output.h * layer.output.w == 1))
                return "dense";
            if (is_depthwise(layer)) return "depthwise_conv2d";
            return is_pointwise(layer) ? "pointwise_conv2d" : "conv2d";
        }
        std::string_view operator()(const GlobalPool&) const { return "global_average_pool"; }
        std::string_view operator()(const Add&) const { return "add"; }
        std::string_view operator()(const Scale&) const { return "multiply"; }
    };
    return std::visit(Names{layer}, layer.kind);
}

std::string_view activation_name(Activation activation) {
    switch (activation) {
        case Activation::none:
            return "none";
        case Activation::relu:
            return "relu";
        case Activation::relu6:
            return "relu6";
        case Activation::hard_swish:
            return "hard_swish";
        case Activation::hard_sigmoid:
            return "hard_sigmoid";
    }
    return "";
}

Cost layer_cost(const Layer& layer) {
    Cost cost;
    if (const Conv* conv = as_conv(layer)) cost = conv_cost(layer, *conv);
    cost.input_elements = element_count(layer.input);
    if (std::holds_alternative<Add>(layer.kind)) {
        cost.input_elements = checked_multiply(2, cost.input_elements);
    } else if (std::holds_alternative<Scale>(layer.kind)) {
        cost.input_elements =
            checked_add(cost.input_elements, checked_multiply(layer.input.n, layer.input.c));
    }
    cost.output_elements = element_count(layer.output);
    return cost;
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/model/layer.h"

namespace mobilenet_cost {
namespace {

const Conv* as_conv(const Layer& layer) {
    return std::get_if<Conv>(&layer.kind);
}

}  // namespace

bool is_depthwise(const Layer& layer) {
    const Conv* conv = as_conv(layer);
    if (conv == nullptr || conv->groups != layer.input.c) return false;
    return layer.input.c > 1 || (layer.output.c == 1 && conv->kernel != 1);
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
        std::string_view operator()(const WindowPool& pool) const {
            return pool.rule == WindowPool::Rule::max ? "max_pool" : "average_pool";
        }
        std::string_view operator()(const Concat&) const { return "concat"; }
        std::string_view operator()(const Slice&) const { return "slice"; }
        std::string_view operator()(const Resize&) const { return "resize"; }
        std::string_view operator()(const ChannelShuffle&) const { return "channel_shuffle"; }
        std::string_view operator()(const ByChannel& by_channel) const {
            constexpr std::array<std::string_view, 3> kNames = {"batch_norm", "layer_scale", "prelu"};
            return kNames.at(static_cast<std::size_t>(by_channel.rule));
        }
        std::string_view operator()(const Activate&) const { return "activation"; }
        std::string_view operator()(const TransposedConv&) const { return "transposed_conv2d"; }
        std::string_view operator()(const Pad&) const { return "pad"; }
        std::string_view operator()(const Softmax&) const { return "softmax"; }
        std::string_view operator()(const MatMul&) const { return "matmul"; }
        std::string_view operator()(const Operation& op) const { return op.what().name; }
        std::string_view operator()(const Unknown&) const { return "unknown"; }
    };
    return std::visit(Names{layer}, layer.kind);
}

}  // namespace mobilenet_cost

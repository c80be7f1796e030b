#include "mobilenet_cost/model/layer_class.h"

#include <algorithm>

namespace mobilenet_cost {
namespace {

LayerClass class_of(const OperatorRow& row) {
    if (row.name == "matmul" || row.name == "einsum" || row.name == "softmax") return LayerClass::attention;
    return row.what == OperatorClass::multiplies ? LayerClass::conv : LayerClass::element_wise;
}

}  // namespace

LayerClass layer_class(const Network& network, std::size_t index) {
    const Layer& layer = network.layers[index];
    switch (layer.role) {
        case Role::squeeze_pool:
        case Role::squeeze_reduce:
        case Role::squeeze_expand:
        case Role::squeeze_scale:
            return LayerClass::squeeze_excite;
        case Role::classifier:
            return LayerClass::classifier;
        default:
            break;
    }
    if (const auto* const op = std::get_if<Operation>(&layer.kind)) return class_of(op->what());
    if (std::holds_alternative<GlobalPool>(layer.kind) || std::holds_alternative<WindowPool>(layer.kind))
        return LayerClass::pooling;
    if (std::holds_alternative<MatMul>(layer.kind) || std::holds_alternative<Softmax>(layer.kind))
        return LayerClass::attention;
    if (std::holds_alternative<TransposedConv>(layer.kind)) return LayerClass::conv;
    if (!std::holds_alternative<Conv>(layer.kind)) return LayerClass::element_wise;
    if (std::all_of(network.layers.begin(), network.layers.begin() + static_cast<std::ptrdiff_t>(index),
                    is_input))
        return LayerClass::first_conv;
    if (is_depthwise(layer)) return LayerClass::depthwise;
    return is_pointwise(layer) ? LayerClass::pointwise : LayerClass::conv;
}

}  // namespace mobilenet_cost

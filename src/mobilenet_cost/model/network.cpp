#include "mobilenet_cost/model/network.h"

#include <algorithm>

namespace mobilenet_cost {
namespace {

std::string_view role_suffix(Role role) {
    switch (role) {
        case Role::whole:
        case Role::classifier:
            return "";
        case Role::separable_depthwise:
            return "_depthwise";
        case Role::separable_pointwise:
            return "_pointwise";
        case Role::separable_standard:
            return "_standard";
        case Role::expand:
            return "/expand";
        case Role::depthwise:
            return "/depthwise";
        case Role::start_depthwise:
            return "/start_depthwise";
        case Role::middle_depthwise:
            return "/middle_depthwise";
        case Role::squeeze_pool:
            return "/squeeze_excite/pool";
        case Role::squeeze_reduce:
            return "/squeeze_excite/reduce";
        case Role::squeeze_expand:
            return "/squeeze_excite/expand";
        case Role::squeeze_scale:
            return "/squeeze_excite/scale";
        case Role::project:
            return "/project";
        case Role::expand_standard:
            return "/expand_standard";
        case Role::project_standard:
            return "/project_standard";
        case Role::add:
            return "/add";
    }
    return "";
}

/// The division rounds towards zero, so that a kernel larger than the map needs its own look.
bool output_fits(std::int64_t padded, const Conv& conv, std::int64_t output) {
    return padded >= conv.kernel && (padded - conv.kernel) / conv.stride + 1 == output;
}

/// Checks one layer against the tensors written before it.
struct LayerCheck {
    const Network& network;
    std::size_t index;

    const Layer& layer() const { return network.layers[index]; }

    void expect(bool holds, const char* what) const {
        if (!holds) fail(layer_name(network, index), what);
    }

    void operator()(const Conv& conv) const {
        expect(conv.kernel >= 1 && conv.stride >= 1, "kernel and stride must be at least 1");
        expect(conv.groups >= 1 && layer().input.c % conv.groups == 0 && layer().output.c % conv.groups == 0,
               "channels must be a multiple of groups");
        const Padding& pad = conv.padding;
        expect(output_fits(layer().input.h + pad.top + pad.bottom, conv, layer().output.h) &&
                   output_fits(layer().input.w + pad.left + pad.right, conv, layer().output.w),
               "output size does not follow from input, kernel, stride and padding");
    }
    void operator()(const GlobalPool&) const {
        expect(layer().output.h == 1 && layer().output.w == 1 && layer().output.c == layer().input.c,
               "global pooling must give a 1x1 map of the same channels");
    }
    void operator()(const Add&) const {
        expect(layer().output == layer().input && tensor_shape(network, layer().inputs[1]) == layer().input,
               "a residual sum needs three equal shapes");
    }
    void operator()(const Scale&) const {
        const Shape gate{layer().input.n, 1, 1, layer().input.c};
        expect(layer().output == layer().input && tensor_shape(network, layer().inputs[1]) == gate,
               "a gate must have one value per channel");
    }
};

}  // namespace

std::string layer_name(const Network& network, std::size_t index) {
    return block_name(network, index) + std::string(role_suffix(network.layers[index].role));
}

const std::string& block_name(const Network& network, std::size_t index) {
    return (*network.block_names)[static_cast<std::size_t>(network.layers[index].block)];
}

std::size_t find_layer(const Network& network, const std::string& name) {
    std::vector<std::string> names;
    names.reserve(network.layers.size());
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        names.push_back(layer_name(network, i));
        if (names.back() == name) return i;
    }
    fail_unknown("", "layer", name, names);
}

const Shape& tensor_shape(const Network& network, TensorId tensor) {
    return tensor == 0 ? network.input : network.layers[static_cast<std::size_t>(tensor) - 1].output;
}

void check_network(const Network& network) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        const bool two = std::holds_alternative<Add>(layer.kind) || std::holds_alternative<Scale>(layer.kind);
        const auto written = [&](TensorId tensor) {
            return tensor >= 0 && static_cast<std::size_t>(tensor) <= i;
        };
        if (!written(layer.inputs[0]) || (two ? !written(layer.inputs[1]) : layer.inputs[1] != kNoTensor)) {
            fail(layer_name(network, i), "reads a tensor that no earlier layer writes");
        }
        if (tensor_shape(network, layer.inputs[0]) != layer.input) {
            fail(layer_name(network, i), "its input shape is not the shape of the tensor it reads");
        }
        if (layer.output.n != layer.input.n) fail(layer_name(network, i), "a layer must keep the batch");
        std::visit(LayerCheck{network, i}, layer.kind);
    }
}

Cost total_cost(const Network& network) {
    Cost total;
    for (const Layer& layer : network.layers)
        total += layer_cost(layer);
    return total;
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/model/standard_counterpart.h"

#include <algorithm>

namespace mobilenet_cost {
namespace {

bool is_squeeze(const Layer& layer) {
    return layer.role == Role::squeeze_pool || layer.role == Role::squeeze_reduce ||
           layer.role == Role::squeeze_expand || layer.role == Role::squeeze_scale;
}

Role merged_role(Role pointwise) {
    if (pointwise == Role::separable_pointwise) return Role::separable_standard;
    return pointwise == Role::expand ? Role::expand_standard : Role::project_standard;
}

/// The pointwise convolution that closes the pair a depthwise one opens, or the depthwise's own index. With a
/// depth multiplier a squeeze-and-excite between the two has more channels than it could gate in front.
std::size_t closing_pointwise(const Network& network, std::size_t depthwise) {
    std::size_t next = depthwise + 1;
    while (next < network.layers.size() && is_squeeze(network.layers[next]))
        ++next;
    const bool widened = next > depthwise + 1 && depth_multiplier(network.layers[depthwise]) > 1;
    const bool closed = !widened && next < network.layers.size() && is_pointwise(network.layers[next]);
    return closed ? next : depthwise;
}

/// Copies layers one by one, keeping track of where each tensor of the separable network lives in the new
/// one.
class Counterpart {
  public:
    Counterpart(const Network& from, Network& to)
        : from_(from), to_(to), tensor_(from.layers.size() + 1, 0) {}

    /// A layer as it is, on the tensors that stand for its inputs.
    void copy(std::size_t index) {
        Layer layer = from_.layers[index];
        for (TensorId& input : layer.inputs) {
            if (input != kNoTensor) input = tensor_[static_cast<std::size_t>(input)];
        }
        layer.input = tensor_shape(to_, layer.inputs[0]);
        // A squeeze-and-excite in front of a strided convolution works on the larger map.
        if (layer.role == Role::squeeze_scale) layer.output = layer.input;
        append(layer, index);
    }

    /// Layers between the pair now read the depthwise layer's input.
    void skip_depthwise(std::size_t depthwise) {
        const TensorId input = from_.layers[depthwise].inputs[0];
        tensor_[depthwise + 1] = tensor_[static_cast<std::size_t>(input)];
    }

    void merge(std::size_t depthwise, std::size_t pointwise) {
        Layer layer = from_.layers[pointwise];
        Conv& conv = std::get<Conv>(layer.kind);
        const Conv& spatial = std::get<Conv>(from_.layers[depthwise].kind);
        conv.kernel = spatial.kernel;
        conv.stride = spatial.stride;
        conv.dilation = spatial.dilation;
        conv.padding = spatial.padding;
        layer.role = merged_role(layer.role);
        layer.inputs = {tensor_[static_cast<std::size_t>(layer.inputs[0])], kNoTensor};
        layer.input = tensor_shape(to_, layer.inputs[0]);
        append(layer, pointwise);
    }

  private:
    void append(const Layer& layer, std::size_t index) {
        to_.layers.push_back(layer);
        tensor_[index + 1] = static_cast<TensorId>(to_.layers.size());
    }

    const Network& from_;
    Network& to_;
    std::vector<TensorId> tensor_;
};

}  // namespace

std::vector<SeparablePair> separable_pairs(const Network& network) {
    std::vector<SeparablePair> pairs;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        if (!is_depthwise(network.layers[i])) continue;
        const std::size_t pointwise = closing_pointwise(network, i);
        if (pointwise != i) pairs.push_back({i, pointwise});
    }
    return pairs;
}

void standard_counterpart_into(const Network& network, Network& standard) {
    standard.block_names = network.block_names;
    standard.input = network.input;
    standard.layers.clear();
    Counterpart counterpart(network, standard);
    std::size_t i = 0;
    while (i < network.layers.size()) {
        const std::size_t pointwise = is_depthwise(network.layers[i]) ? closing_pointwise(network, i) : i;
        if (pointwise == i) {
            counterpart.copy(i);
        } else {
            counterpart.skip_depthwise(i);
            for (std::size_t between = i + 1; between < pointwise; ++between)
                counterpart.copy(between);
            counterpart.merge(i, pointwise);
        }
        i = pointwise + 1;
    }
}

Network standard_counterpart(const Network& network) {
    Network standard;
    standard_counterpart_into(network, standard);
    return standard;
}

}  // namespace mobilenet_cost

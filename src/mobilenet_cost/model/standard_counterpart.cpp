#include "mobilenet_cost/model/standard_counterpart.h"

#include <algorithm>

#include "mobilenet_cost/model/liveness.h"

namespace mobilenet_cost {
namespace {

Role merged_role(Role pointwise) {
    if (pointwise == Role::separable_pointwise || pointwise == Role::whole) return Role::separable_standard;
    return pointwise == Role::expand ? Role::expand_standard : Role::project_standard;
}

/// Whether one layer's output is read by the next one and by nothing behind `last_reader`.
bool feeds(const Network& network, const std::vector<std::size_t>& last_uses, std::size_t layer,
           std::size_t last_reader) {
    return network.layers[layer + 1].inputs[0] == static_cast<TensorId>(layer + 1) &&
           last_uses[layer + 1] <= last_reader;
}

/// last_uses(), or nothing for a chain: there only the next block reads what a block writes, and inside of
/// blocks pairs are alone.
std::vector<std::size_t> uses_to_check(const Network& network) {
    return network.chain ? std::vector<std::size_t>() : last_uses(network);
}

bool closes_pairs(const Layer& layer) {
    return is_pointwise(layer) && std::get<Conv>(layer.kind).stride == 1 && layer.role != Role::classifier;
}

/// How many layers a squeeze-and-excite has that a graph says one by one: from its pool on, each reading the
/// one before it, to the product with the map that was pooled; 0: none begins there.
std::size_t gate_layers(const Network& network, std::size_t pool) {
    const std::vector<Layer>& layers = network.layers;
    if (pool >= layers.size() || !std::holds_alternative<GlobalPool>(layers[pool].kind)) return 0;
    const TensorId gated = layers[pool].inputs[0];
    for (std::size_t i = pool + 1; i < layers.size(); ++i) {
        const auto before = static_cast<TensorId>(i);  // what layer i - 1 writes
        const Scale* const scale = std::get_if<Scale>(&layers[i].kind);
        if (scale != nullptr && !scale->by_value && layers[i].inputs[0] == gated &&
            layers[i].inputs[1] == before)
            return i + 1 - pool;
        if (layers[i].inputs[0] != before || layers[i].inputs[1] != kNoTensor) return 0;
    }
    return 0;
}

/// The pointwise convolution that closes the pair a depthwise one opens, or the depthwise's own index. With a
/// depth multiplier a squeeze-and-excite between the two has more channels than it could gate in front.
/// Nothing else may read what the depthwise writes.
std::size_t closing_pointwise(const Network& network, const std::vector<std::size_t>& last_uses,
                              std::size_t depthwise) {
    const std::size_t next = depthwise + 1 + gate_layers(network, depthwise + 1);
    if (next == network.layers.size() || !closes_pairs(network.layers[next])) return depthwise;
    const bool widened = next > depthwise + 1 && depth_multiplier(network.layers[depthwise]) > 1;
    const bool alone = last_uses.empty() || (feeds(network, last_uses, depthwise, next) &&
                                             feeds(network, last_uses, next - 1, next));
    return alone && !widened ? next : depthwise;
}

bool is_standard(const Layer& layer) {
    const Conv* const conv = std::get_if<Conv>(&layer.kind);
    return conv != nullptr && conv->groups == 1 && area(conv->kernel) > 1 && !is_depthwise(layer);
}

/// Copies layers one by one, keeping track of where each tensor of the one network lives in the other one.
class Counterpart {
  public:
    Counterpart(const Network& from, Network& to) : from_(from), to_(to), tensor_(from.layers.size() + 1, 0) {
        to.block_names = from.block_names;
        to.input = from.input;
        to.layers.clear();
        to.part_of = from.part_of;
        to.chain = from.chain;
    }

    /// A layer as it is, on the tensors that stand for its inputs.
    void copy(std::size_t index) {
        Layer layer = moved(index);
        // A squeeze-and-excite in front of a strided convolution works on the larger map.
        if (std::holds_alternative<Scale>(layer.kind)) layer.output = layer.input;
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

    /// A standard convolution as a pair.
    void split(std::size_t index) {
        Layer pointwise = moved(index);
        const Conv conv = std::get<Conv>(pointwise.kind);
        Layer depthwise = pointwise;
        Conv& spatial = std::get<Conv>(depthwise.kind);
        spatial.groups = depthwise.input.c;
        depthwise.output.c = depthwise.input.c;
        depthwise.role = pointwise.role == Role::expand ? Role::start_depthwise : Role::separable_depthwise;
        to_.layers.push_back(depthwise);
        Conv one_tap;
        one_tap.batch_norm = conv.batch_norm;
        one_tap.bias = conv.bias;
        pointwise.kind = one_tap;
        if (pointwise.role != Role::expand) pointwise.role = Role::separable_pointwise;
        pointwise.inputs[0] = static_cast<TensorId>(to_.layers.size());
        pointwise.input = depthwise.output;
        append(pointwise, index);
    }

    void finish() {
        to_.taps.clear();
        for (const TensorId tap : from_.taps)
            to_.taps.push_back(tensor_[static_cast<std::size_t>(tap)]);
    }

  private:
    [[nodiscard]] Layer moved(std::size_t index) const {
        Layer layer = from_.layers[index];
        for_each_input(layer, [this](TensorId& input) { input = tensor_[static_cast<std::size_t>(input)]; });
        layer.input = tensor_shape(to_, layer.inputs[0]);
        return layer;
    }

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
    const std::vector<std::size_t> last = uses_to_check(network);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        if (!is_depthwise(network.layers[i])) continue;
        const std::size_t pointwise = closing_pointwise(network, last, i);
        if (pointwise != i) pairs.push_back({i, pointwise});
    }
    return pairs;
}

void standard_counterpart_into(const Network& network, Network& standard) {
    const std::vector<std::size_t> last = uses_to_check(network);
    Counterpart counterpart(network, standard);
    std::size_t i = 0;
    while (i < network.layers.size()) {
        const std::size_t pointwise =
            is_depthwise(network.layers[i]) ? closing_pointwise(network, last, i) : i;
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
    counterpart.finish();
}

Network standard_counterpart(const Network& network) {
    Network standard;
    standard_counterpart_into(network, standard);
    return standard;
}

std::size_t standard_convolutions(const Network& network) {
    return static_cast<std::size_t>(std::count_if(network.layers.begin(), network.layers.end(), is_standard));
}

Network made_separable(const Network& network) {
    Network separable;
    Counterpart counterpart(network, separable);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        if (is_standard(network.layers[i]))
            counterpart.split(i);
        else
            counterpart.copy(i);
    }
    counterpart.finish();
    return separable;
}

}  // namespace mobilenet_cost

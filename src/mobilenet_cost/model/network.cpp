#include "mobilenet_cost/model/network.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mobilenet_cost {
namespace {

/// By Role.
constexpr std::array<std::string_view, 17> kSuffixes = {"",
                                                        "_depthwise",
                                                        "_pointwise",
                                                        "_standard",
                                                        "/expand",
                                                        "/depthwise",
                                                        "/start_depthwise",
                                                        "/middle_depthwise",
                                                        "/squeeze_excite/pool",
                                                        "/squeeze_excite/reduce",
                                                        "/squeeze_excite/expand",
                                                        "/squeeze_excite/scale",
                                                        "/project",
                                                        "/expand_standard",
                                                        "/project_standard",
                                                        "/add",
                                                        ""};

/// The division rounds towards zero, so a filter larger than the map is checked separately.
bool output_fits(std::int64_t padded, const Conv& conv, std::int64_t output) {
    const std::int64_t kernel = effective_kernel(conv);
    return padded >= kernel && (padded - kernel) / conv.stride + 1 == output;
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
        expect(conv.dilation >= 1, "dilation must be at least 1");
        expect(conv.groups >= 1 && layer().input.c % conv.groups == 0 && layer().output.c % conv.groups == 0,
               "channels must be a multiple of groups");
        const Padding& pad = conv.padding;
        expect(output_fits(layer().input.h + pad.top + pad.bottom, conv, layer().output.h) &&
                   output_fits(layer().input.w + pad.left + pad.right, conv, layer().output.w),
               "output size does not follow from input, kernel, stride, dilation and padding");
    }
    void operator()(const GlobalPool&) const {
        expect(layer().output.h == 1 && layer().output.w == 1 && layer().output.c == layer().input.c,
               "global pooling must give a 1x1 map of the same channels");
    }
    void operator()(const Add&) const {
        expect(layer().output == layer().input && tensor_shape(network, layer().inputs[1]) == layer().input,
               "a residual sum needs three equal shapes");
    }
    void operator()(const Scale& scale) const {
        const Shape gate{layer().input.n, 1, 1, layer().input.c};
        const Shape second = scale.by_value ? layer().input : gate;
        expect(
            layer().output == layer().input && tensor_shape(network, layer().inputs[1]) == second,
            scale.by_value ? "a product needs three equal shapes" : "a gate must have one value per channel");
    }
    void operator()(const WindowPool& pool) const {
        expect(pool.kernel >= 1 && pool.stride >= 1, "kernel and stride must be at least 1");
        const Padding& pad = pool.padding;
        const Conv window{.kernel = pool.kernel, .stride = pool.stride, .padding = pad};
        // A window that lies in the padding alone has no value.
        expect(std::max({pad.top, pad.bottom, pad.left, pad.right}) < pool.kernel,
               "the padding must be smaller than the kernel");
        expect(output_fits(layer().input.h + pad.top + pad.bottom, window, layer().output.h) &&
                   output_fits(layer().input.w + pad.left + pad.right, window, layer().output.w) &&
                   layer().output.c == layer().input.c,
               "output size does not follow from input, kernel, stride and padding");
    }
    void operator()(const Concat&) const {
        Shape sum = layer().input;
        sum.c = 0;
        for_each_input(layer(), [&](TensorId id) {
            Shape shape = tensor_shape(network, id);
            sum.c += std::exchange(shape.c, 0);
            expect(shape == Shape{sum.n, sum.h, sum.w, 0}, "it joins maps of different sizes");
        });
        expect(layer().output == sum, "it must have the channels of all its inputs");
    }
    void operator()(const Slice& slice) const {
        Shape whole = layer().output;
        whole.c = layer().input.c;
        expect(whole == layer().input && slice.begin >= 0 && slice.begin + layer().output.c <= whole.c,
               "a slice must lie among its input's channels");
    }
    void operator()(const Resize&) const {
        expect(layer().output.c == layer().input.c && layer().output.h >= 1 && layer().output.w >= 1,
               "a resize must keep the channels");
    }
    void operator()(const ChannelShuffle& shuffle) const {
        expect(
            layer().output == layer().input && shuffle.groups >= 1 && layer().input.c % shuffle.groups == 0,
            "channels must be a multiple of groups");
    }
    void operator()(const BatchNorm&) const { keeps_shape(); }
    void operator()(const Activate&) const { keeps_shape(); }

    void keeps_shape() const { expect(layer().output == layer().input, "it must keep the shape"); }
};

}  // namespace

std::string layer_name(const Network& network, std::size_t index) {
    const auto role = static_cast<std::size_t>(network.layers[index].role);
    const auto block = static_cast<std::size_t>(network.layers[index].block);
    return (*network.block_names)[block] + std::string(kSuffixes.at(role));
}

const std::string& block_name(const Network& network, std::size_t index) {
    return (*(network.part_of ? network.part_of
                              : network.block_names))[static_cast<std::size_t>(network.layers[index].block)];
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
        const bool two = is_binary(layer) || std::holds_alternative<Concat>(layer.kind);
        const auto written = [&](TensorId tensor) {
            return tensor >= 0 && static_cast<std::size_t>(tensor) <= i;
        };
        bool good =
            written(layer.inputs[0]) && (two ? written(layer.inputs[1]) : layer.inputs[1] == kNoTensor);
        for_each_input(layer, [&](TensorId tensor) { good = good && written(tensor); });
        if (!good) fail(layer_name(network, i), "reads a tensor that no earlier layer writes");
        if (tensor_shape(network, layer.inputs[0]) != layer.input) {
            fail(layer_name(network, i), "its input shape is not the shape of the tensor it reads");
        }
        if (layer.output.n != layer.input.n) fail(layer_name(network, i), "a layer must keep the batch");
        std::visit(LayerCheck{network, i}, layer.kind);
    }
}

std::vector<TensorId> output_tensors(const Network& network) {
    std::vector<TensorId> tensors = network.taps;
    tensors.push_back(static_cast<TensorId>(network.layers.size()));
    return tensors;
}

Cost total_cost(const Network& network) {
    Cost total;
    for (const Layer& layer : network.layers)
        total += layer_cost(layer);
    return total;
}

}  // namespace mobilenet_cost

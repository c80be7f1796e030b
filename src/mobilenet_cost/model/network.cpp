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
bool output_fits(std::int64_t padded, std::int64_t kernel, std::int64_t stride, std::int64_t output) {
    return padded >= kernel && (padded - kernel) / stride + 1 == output;
}

bool window_fits(const Layer& layer, const Sides& extent, const Sides& stride, const Padding& pad) {
    return output_fits(layer.input.h + pad.top + pad.bottom, extent.h, stride.h, layer.output.h) &&
           output_fits(layer.input.w + pad.left + pad.right, extent.w, stride.w, layer.output.w);
}

bool at_least_1(const Sides& sides) {
    return sides.h >= 1 && sides.w >= 1;
}

bool not_negative(const Padding& pad) {
    return std::min({pad.top, pad.bottom, pad.left, pad.right}) >= 0;
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
        expect(at_least_1(conv.kernel) && at_least_1(conv.stride), "kernel and stride must be at least 1");
        expect(at_least_1(conv.dilation), "dilation must be at least 1");
        expect(conv.groups >= 1 && layer().input.c % conv.groups == 0 && layer().output.c % conv.groups == 0,
               "channels must be a multiple of groups");
        expect(not_negative(conv.padding) &&
                   window_fits(layer(), effective_kernel(conv), conv.stride, conv.padding),
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
        expect(at_least_1(pool.kernel) && at_least_1(pool.stride), "kernel and stride must be at least 1");
        const Padding& pad = pool.padding;
        // A window that lies in the padding alone has no value.
        expect(std::max(pad.top, pad.bottom) < pool.kernel.h && std::max(pad.left, pad.right) < pool.kernel.w,
               "the padding must be smaller than the kernel");
        expect(not_negative(pad) && window_fits(layer(), pool.kernel, pool.stride, pad) &&
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
    void operator()(const ByChannel&) const { keeps_shape(); }
    void operator()(const Activate&) const { keeps_shape(); }
    void operator()(const Softmax&) const { keeps_shape(); }
    void operator()(const TransposedConv& conv) const {
        expect(at_least_1(conv.kernel) && at_least_1(conv.stride), "kernel and stride must be at least 1");
        const Padding& pad = conv.padding;
        const Shape& in = layer().input;
        expect((in.h - 1) * conv.stride.h + conv.kernel.h - pad.top - pad.bottom == layer().output.h &&
                   (in.w - 1) * conv.stride.w + conv.kernel.w - pad.left - pad.right == layer().output.w,
               "output size does not follow from input, kernel, stride and padding");
    }
    void operator()(const Pad& pad) const {
        const Padding& zeros = pad.padding;
        const Shape& in = layer().input;
        expect(not_negative(zeros) && in.h + zeros.top + zeros.bottom == layer().output.h &&
                   in.w + zeros.left + zeros.right == layer().output.w && pad.channels_before >= 0 &&
                   in.c + pad.channels_before <= layer().output.c,
               "output size does not follow from input and padding");
    }
    void operator()(const MatMul& matmul) const {
        const Shape& in = layer().input;
        const Shape& out = layer().output;
        const Shape second = tensor_shape(network, layer().inputs[1]);
        const std::int64_t rows = second.h * second.w;
        const bool holds = matmul.transposed ? in.c == matmul.heads * second.c && matmul.depth == second.c &&
                                                   out == Shape{in.n, in.h * in.w, matmul.heads, rows}
                                             : in.w == matmul.heads && in.c == rows && matmul.depth == rows &&
                                                   out.c == matmul.heads * second.c && out.h * out.w == in.h;
        expect(holds && second.n == in.n && out.n == in.n, "its matrices do not fit each other");
    }
    void operator()(const Operation& op) const {
        if (is_function(layer())) keeps_shape();
        if (is_join(layer()))
            expect(op.input_elements == element_count(layer().output),
                   "it must write as many values as it reads");
    }
    void operator()(const Unknown&) const {}

    void keeps_shape() const { expect(layer().output == layer().input, "it must keep the shape"); }
};

}  // namespace

std::string layer_name(const Network& network, std::size_t index) {
    const auto role = static_cast<std::size_t>(network.layers[index].role);
    const auto block = static_cast<std::size_t>(network.layers[index].block);
    std::string name = (*network.block_names)[block] + std::string(kSuffixes.at(role));
    return network.layers[index].follows ? name + "/activation" : name;
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
        const bool two = is_binary(layer) || std::holds_alternative<Concat>(layer.kind) ||
                         std::holds_alternative<MatMul>(layer.kind);
        const bool any = std::holds_alternative<Operation>(layer.kind);
        const auto written = [&](TensorId tensor) {
            return tensor >= 0 && static_cast<std::size_t>(tensor) <= i;
        };
        bool good = written(layer.inputs[0]) &&
                    (two ? written(layer.inputs[1]) : any || layer.inputs[1] == kNoTensor);
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

// Ours is (N, H, W, C), ONNX is (N, C, H, W): shapes are written in that order, filters are transposed.

#include "mobilenet_cost/onnx/graph_writer.h"

#include <algorithm>
#include <bit>
#include <map>
#include <numbers>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

class GraphWriter {
  public:
    GraphWriter(const Network& network, const Weights* weights, onnx::GraphProto& graph)
        : network_(network), weights_(weights), graph_(graph) {}

    void write() {
        values_.push_back(new_value("input"));
        output_ = new_value("output");
        set_value_info(*graph_.add_input(), values_.front(), nchw(network_.input));
        for (std::size_t i = 0; i < network_.layers.size(); ++i)
            add_layer(i);
        for (const TensorId tap : network_.taps)
            set_value_info(*graph_.add_output(), values_[static_cast<std::size_t>(tap)],
                           nchw(tensor_shape(network_, tap)));
        flatten();
    }

  private:
    /// Names of tensors have to be different, and so have names of nodes. Ours are, unless a model file calls
    /// a block "input" or "a/expand".
    static std::string unique(std::set<std::string>& taken, const std::string& name) {
        std::string result = name;
        for (int count = 2; !taken.insert(result).second; ++count)
            result = fmt::format("{}#{}", name, count);
        return result;
    }
    std::string new_value(const std::string& name) { return unique(value_names_, name); }

    onnx::NodeProto& add_node(const char* op, const std::string& name, const std::vector<std::string>& inputs,
                              const std::string& output) {
        onnx::NodeProto& node = *graph_.add_node();
        node.set_op_type(op);
        node.set_name(unique(node_names_, name));
        for (const std::string& input : inputs)
            node.add_input(input);
        node.add_output(output);
        return node;
    }

    /// A tensor inside the graph. Its shape could be inferred; written down, viewers show it, and the checker
    /// holds it against its own.
    std::string inner_value(const std::string& name, const Shape& shape) {
        std::string value = new_value(name);
        set_value_info(*graph_.add_value_info(), value, nchw(shape));
        return value;
    }

    void add_layer(std::size_t index) {
        const Layer& layer = network_.layers[index];
        const std::string name = layer_name(network_, index);
        const bool last = index + 1 == network_.layers.size() && !leaves_vector();
        const std::string result = last ? output_ : inner_value(name, layer.output);
        const bool linear = layer.activation == Activation::none || is_layer_of_its_own(layer.activation);
        const std::string before = linear ? result : inner_value(name + "/linear", layer.output);
        add_linear(index, name, before);
        if (!linear) add_activation(layer, name, before, result);
        values_.push_back(result);
    }

    /// The layer without its activation.
    void add_linear(std::size_t index, const std::string& name, const std::string& output) {
        const Layer& layer = network_.layers[index];
        std::vector<std::string> inputs;
        for_each_input(layer, [&](TensorId id) { inputs.push_back(values_[static_cast<std::size_t>(id)]); });
        std::visit(AddNodes{*this, index, layer, name, inputs, output}, layer.kind);
    }

    /// The nodes of one kind of layer.
    struct AddNodes {
        GraphWriter& writer;
        std::size_t index;
        const Layer& layer;
        const std::string& name;
        const std::vector<std::string>& inputs;
        const std::string& output;

        onnx::NodeProto& node(const char* op, const std::vector<std::string>& more = {}) const {
            std::vector<std::string> all = inputs;
            all.insert(all.end(), more.begin(), more.end());
            return writer.add_node(op, name, all, output);
        }

        void operator()(const Conv& conv) const { writer.add_conv(index, conv, inputs.front(), output); }
        void operator()(const GlobalPool&) const { node("GlobalAveragePool"); }
        void operator()(const Add&) const { node("Add"); }
        /// A gate (n, c, 1, 1) is broadcast over the plane.
        void operator()(const Scale&) const { node("Mul"); }
        void operator()(const WindowPool& pool) const {
            const bool largest = pool.rule == WindowPool::Rule::max;
            onnx::NodeProto& made = node(largest ? "MaxPool" : "AveragePool");
            add_ints(made, "kernel_shape", dims_of(pool.kernel));
            add_ints(made, "pads", pads_of(pool.padding));
            add_ints(made, "strides", dims_of(pool.stride));
            if (!largest) add_int(made, "count_include_pad", pool.counts_padding ? 1 : 0);
        }
        void operator()(const Concat&) const { add_int(node("Concat"), "axis", 1); }
        void operator()(const Slice& slice) const {
            const auto number = [this](const char* what, std::int64_t value) {
                return writer.add_integers(name + what, {value});
            };
            node("Slice", {number("/begin", slice.begin), number("/end", slice.begin + layer.output.c),
                           number("/axis", 1)});
        }
        void operator()(const Resize& resize) const {
            const std::string sizes = writer.add_integers(name + "/sizes", nchw(layer.output));
            const bool bilinear = resize.rule == Resize::Rule::bilinear;
            onnx::NodeProto& made = node("Resize", {"", "", sizes});  // neither a region nor factors
            add_text(made, "mode", bilinear ? "linear" : "nearest");
            add_text(made, "coordinate_transformation_mode", bilinear ? "half_pixel" : "asymmetric");
            if (!bilinear) add_text(made, "nearest_mode", "floor");
        }
        void operator()(const ChannelShuffle& shuffle) const {
            writer.add_shuffle(layer, shuffle, name, inputs, output);
        }
        void operator()(const ByChannel& by_channel) const {
            if (by_channel.rule == ByChannel::Rule::batch_norm)
                return writer.add_batch_norm(index, name, inputs.front(), output);
            const bool slopes = by_channel.rule == ByChannel::Rule::prelu;
            node(slopes ? "PRelu" : "Mul", {writer.add_own(index, name, {layer.output.c, 1, 1})});
        }
        void operator()(const Activate& own) const {
            if (layer.activation == Activation::leaky_relu)
                return add_float(node("LeakyRelu"), "alpha", own.slope);
            if (layer.activation == Activation::gelu) return writer.add_gelu(name, inputs.front(), output);
            node("Identity");
        }
        void operator()(const TransposedConv& conv) const {
            writer.add_transposed(index, conv, inputs.front(), output);
        }
        void operator()(const Pad& pad) const {
            const Padding& zeros = pad.padding;
            const std::int64_t behind = layer.output.c - layer.input.c - pad.channels_before;
            node("Pad", {writer.add_integers(name + "/pads", {0, pad.channels_before, zeros.top, zeros.left,
                                                              0, behind, zeros.bottom, zeros.right})});
        }
        void operator()(const Softmax&) const { add_int(node("Softmax"), "axis", 1); }
        void operator()(const MatMul& matmul) const { writer.add_matmul(index, matmul, inputs, output); }
        void operator()(const Operation& op) const { writer.add_operator(layer, op, name, inputs, output); }
        void operator()(const Unknown&) const {
            fail(name, "an operator that is not known cannot be exported");
        }
    };

    /// A constant of the graph that no weights stand for.
    std::string add_integers(const std::string& wanted, const Dims& values) {
        std::string name = new_value(wanted);
        onnx::TensorProto& tensor = *graph_.add_initializer();
        tensor.set_name(name);
        tensor.set_data_type(onnx::TensorProto::INT64);
        tensor.add_dims(static_cast<std::int64_t>(values.size()));
        tensor.set_raw_data(values.data(), values.size() * sizeof(std::int64_t));
        return name;
    }

    /// (n, c, h, w) as (n, groups, c / groups, h, w), transposed.
    void add_shuffle(const Layer& layer, const ChannelShuffle& shuffle, const std::string& name,
                     const std::vector<std::string>& inputs, const std::string& output) {
        const Shape& shape = layer.output;
        const std::int64_t size = shape.c / shuffle.groups;
        const std::string split = new_value(name + "/groups");
        const std::string turned = new_value(name + "/transposed");
        add_node("Reshape", name + "/split",
                 {inputs.front(),
                  add_integers(name + "/split_shape", {shape.n, shuffle.groups, size, shape.h, shape.w})},
                 split);
        add_ints(add_node("Transpose", name + "/transpose", {split}, turned), "perm", {0, 2, 1, 3, 4});
        add_node("Reshape", name, {turned, add_integers(name + "/shape", nchw(shape))}, output);
    }

    /// The values that a layer has for each channel.
    std::string add_own(std::size_t index, const std::string& name, const Dims& dims) {
        return add_parameter(name + "/weights", dims,
                             weights_ ? weights_->layers[index].filter : std::vector<float>{});
    }

    void add_operator(const Layer& layer, const Operation& op, const std::string& name,
                      const std::vector<std::string>& inputs, const std::string& output) {
        const OperatorRow& what = op.what();
        const auto number = [&](std::size_t i) {
            return constant(fmt::format("number/{}", op.numbers.at(i)), op.numbers.at(i));
        };
        if (what.name == "linear") {
            const std::string product = new_value(name + "/product");
            add_node("Mul", name + "/product", {inputs.front(), number(0)}, product);
            add_node("Add", name, {product, number(1)}, output);
        } else if (what.name == "clip") {
            add_node("Clip", name, {inputs.front(), number(0), number(1)}, output);
        } else if (is_join(layer)) {
            add_join(layer, name, inputs, output);
        } else if (is_function(layer) && !what.onnx.empty() && what.name != "mish") {  // Mish is younger
            onnx::NodeProto& made = add_node(std::string(what.onnx).c_str(), name, inputs, output);
            if (op.numbers[0] != 0) add_float(made, "alpha", op.numbers[0]);
        } else {
            fail(name, fmt::format("{} cannot be exported", in_quotes(what.name)));
        }
    }

    /// x / 2 (1 + erf(x / sqrt 2)): the operator Gelu is younger than the opset.
    void add_gelu(const std::string& name, const std::string& input, const std::string& output) {
        const auto step = [&](const char* op, const char* what, const std::vector<std::string>& inputs) {
            const std::string value = new_value(name + what);
            add_node(op, name + what, inputs, value);
            return value;
        };
        const std::string scaled = step(
            "Mul", "/scaled", {input, constant("gelu/factor", static_cast<float>(std::numbers::sqrt2 / 2))});
        const std::string sum = step("Add", "/sum", {step("Erf", "/erf", {scaled}), constant("gelu/one", 1)});
        const std::string product = step("Mul", "/product", {input, sum});
        add_node("Mul", name, {product, constant("gelu/half", 0.5F)}, output);
    }

    std::string reshaped(const std::string& name, const std::string& input, const Dims& dims) {
        const std::string value = new_value(name);
        add_node("Reshape", name, {input, add_integers(name + "/shape", dims)}, value);
        return value;
    }

    std::string turned(const std::string& name, const std::string& input, const Dims& order) {
        const std::string value = new_value(name);
        add_ints(add_node("Transpose", name, {input}, value), "perm", order);
        return value;
    }

    /// (n, c, h, w) as a matrix of (n, h * w * c / length, length): rows of a pixel's heads.
    std::string as_rows(const std::string& name, const std::string& input, const Shape& shape,
                        std::int64_t length) {
        return reshaped(name + "/rows", turned(name + "/pixels", input, {0, 2, 3, 1}),
                        {shape.n, element_count(shape) / shape.n / length, length});
    }

    /// Pixel by pixel, as ours lie.
    void add_join(const Layer& layer, const std::string& name, const std::vector<std::string>& inputs,
                  const std::string& output) {
        const Shape& out = layer.output;
        std::vector<std::string> parts;
        for (std::size_t i = 0; i < inputs.size(); ++i)
            parts.push_back(reshaped(fmt::format("{}/part_{}", name, i),
                                     turned(fmt::format("{}/pixels_{}", name, i), inputs[i], {0, 2, 3, 1}),
                                     {out.n, -1}));
        const std::string all = new_value(name + "/joined");
        add_int(add_node("Concat", name + "/joined", parts, all), "axis", 1);
        const std::string pixels = reshaped(name + "/outputs", all, {out.n, out.h, out.w, out.c});
        add_ints(add_node("Transpose", name, {pixels}, output), "perm", {0, 3, 1, 2});
    }

    void add_matmul(std::size_t index, const MatMul& matmul, const std::vector<std::string>& inputs,
                    const std::string& output) {
        const Layer& layer = network_.layers[index];
        const std::string name = layer_name(network_, index);
        const Shape& out = layer.output;
        const Shape& second = tensor_shape(network_, layer.inputs[1]);
        const std::string rows = as_rows(name + "/first", inputs[0], layer.input, matmul.depth);
        const Dims columns = {second.n, second.c, second.h * second.w};
        std::string matrix = reshaped(name + "/second", inputs[1], columns);
        if (!matmul.transposed) matrix = turned(name + "/second_rows", matrix, {0, 2, 1});
        std::string product = new_value(name + "/product");
        add_node("MatMul", name, {rows, matrix}, product);
        if (matmul.factor != 1) {
            const std::string scaled = new_value(name + "/scaled");
            add_node("Mul", name + "/scaled",
                     {product, constant(fmt::format("factor/{}", matmul.factor), matmul.factor)}, scaled);
            product = scaled;
        }
        const std::string pixels = reshaped(name + "/outputs", product, {out.n, out.h, out.w, out.c});
        add_ints(add_node("Transpose", name + "/map", {pixels}, output), "perm", {0, 3, 1, 2});
    }

    /// ONNX's filters are (Ci, Co, KH, KW); rows and columns that follow are its output_padding.
    void add_transposed(std::size_t index, const TransposedConv& conv, const std::string& input,
                        const std::string& output) {
        const Layer& layer = network_.layers[index];
        const std::string name = layer_name(network_, index);
        const Dims dims = {layer.output.c, layer.input.c, conv.kernel.h, conv.kernel.w};
        const Dims own = {layer.input.c, layer.output.c, conv.kernel.h, conv.kernel.w};
        const LayerWeights* weights = weights_ == nullptr ? nullptr : &weights_->layers[index];
        const std::string filter =
            add_parameter(name + "/weights", own,
                          weights ? swapped(transposed(weights->filter, dims), dims) : std::vector<float>{});
        const std::string bias =
            add_parameter(name + "/bias", {layer.output.c}, weights ? weights->bias : std::vector<float>{});
        onnx::NodeProto& node = add_node("ConvTranspose", name, {input, filter, bias}, output);
        Padding cut = conv.padding;
        const Dims behind = {std::max<std::int64_t>(0, -cut.bottom), std::max<std::int64_t>(0, -cut.right)};
        cut.bottom = std::max<std::int64_t>(0, cut.bottom);
        cut.right = std::max<std::int64_t>(0, cut.right);
        add_ints(node, "kernel_shape", dims_of(conv.kernel));
        add_ints(node, "output_padding", behind);
        add_ints(node, "pads", pads_of(cut));
        add_ints(node, "strides", dims_of(conv.stride));
    }

    /// A factor and a bias for each channel.
    void add_batch_norm(std::size_t index, const std::string& name, const std::string& input,
                        const std::string& output) {
        const Shape& shape = network_.layers[index].output;
        const LayerWeights* weights = weights_ == nullptr ? nullptr : &weights_->layers[index];
        const Dims dims = {shape.c, 1, 1};
        const std::string factor =
            add_parameter(name + "/weights", dims, weights ? weights->filter : std::vector<float>{});
        const std::string bias =
            add_parameter(name + "/bias", dims, weights ? weights->bias : std::vector<float>{});
        const std::string product = inner_value(name + "/product", shape);
        add_node("Mul", name + "/factor", {input, factor}, product);
        add_node("Add", name, {product, bias}, output);
    }

    void add_conv(std::size_t index, const Conv& conv, const std::string& input, const std::string& output) {
        const Layer& layer = network_.layers[index];
        const std::string name = layer_name(network_, index);
        const Dims dims = {layer.output.c, layer.input.c / conv.groups, conv.kernel.h, conv.kernel.w};
        const LayerWeights* weights = weights_ == nullptr ? nullptr : &weights_->layers[index];
        const std::string filter = add_parameter(
            name + "/weights", dims, weights ? transposed(weights->filter, dims) : std::vector<float>{});
        const std::string bias =
            add_parameter(name + "/bias", {layer.output.c}, weights ? weights->bias : std::vector<float>{});
        onnx::NodeProto& node = add_node("Conv", name, {input, filter, bias}, output);
        add_ints(node, "dilations", dims_of(conv.dilation));
        add_int(node, "group", conv.groups);
        add_ints(node, "kernel_shape", dims_of(conv.kernel));
        add_ints(node, "pads", pads_of(conv.padding));
        add_ints(node, "strides", dims_of(conv.stride));
    }

    /// An input of the graph if the file has no weights.
    std::string add_parameter(const std::string& wanted, const Dims& dims, const std::vector<float>& data) {
        std::string name = new_value(wanted);
        if (weights_ == nullptr) {
            set_value_info(*graph_.add_input(), name, dims);
        } else {
            add_initializer(name, dims, data);
        }
        return name;
    }

    void add_initializer(const std::string& name, const Dims& dims, const std::vector<float>& data) {
        std::int64_t count = 1;
        for (const std::int64_t dim : dims)
            count *= dim;
        if (static_cast<std::size_t>(count) != data.size()) {
            throw std::logic_error(fmt::format("{}: {} values instead of {}", name, data.size(), count));
        }
        onnx::TensorProto& tensor = *graph_.add_initializer();
        tensor.set_name(name);
        tensor.set_data_type(onnx::TensorProto::FLOAT);
        tensor.mutable_dims()->Assign(dims.begin(), dims.end());
        tensor.set_raw_data(data.data(), data.size() * sizeof(float));
    }

    /// A scalar that several layers share.
    std::string constant(const std::string& name, float value) {
        std::string& known = constants_[name];
        if (known.empty()) {
            known = new_value(name);
            add_initializer(known, {}, {value});
        }
        return known;
    }

    void add_activation(const Layer& layer, const std::string& name, const std::string& input,
                        const std::string& output) {
        switch (layer.activation) {
            case Activation::none:
                break;
            case Activation::relu:
                add_node("Relu", name + "/relu", {input}, output);
                break;
            case Activation::relu6:
                add_node("Clip", name + "/relu6", {input, constant("relu6/min", 0), constant("relu6/max", 6)},
                         output);
                break;
            case Activation::hard_sigmoid:
                add_hard_sigmoid(name, input, output);
                break;
            case Activation::hard_swish: {
                const std::string gate = inner_value(name + "/hard_sigmoid", layer.output);
                add_hard_sigmoid(name, input, gate);
                add_node("Mul", name + "/hard_swish", {input, gate}, output);
                break;
            }
            case Activation::sigmoid:
                add_node("Sigmoid", name + "/sigmoid", {input}, output);
                break;
            case Activation::swish: {
                const std::string gate = inner_value(name + "/sigmoid", layer.output);
                add_node("Sigmoid", name + "/sigmoid", {input}, gate);
                add_node("Mul", name + "/swish", {input, gate}, output);
                break;
            }
            case Activation::leaky_relu:
            case Activation::prelu:
            case Activation::gelu:
                break;  // nodes of their own
        }
    }

    /// max(0, min(1, x / 6 + 1 / 2)); the operator's default slope is 0.2.
    void add_hard_sigmoid(const std::string& name, const std::string& input, const std::string& output) {
        onnx::NodeProto& node = add_node("HardSigmoid", name + "/hard_sigmoid", {input}, output);
        add_float(node, "alpha", 1.0F / 6);
        add_float(node, "beta", 0.5F);
    }

    [[nodiscard]] bool leaves_vector() const {
        const Shape& shape = network_.layers.back().output;
        return shape.h == 1 && shape.w == 1;
    }

    /// (n, classes, 1, 1) -> (n, classes), as classifiers are expected to answer.
    void flatten() {
        const Shape& shape = network_.layers.back().output;
        if (leaves_vector()) add_int(add_node("Flatten", "flatten", {values_.back()}, output_), "axis", 1);
        set_value_info(*graph_.add_output(), output_, leaves_vector() ? Dims{shape.n, shape.c} : nchw(shape));
    }

    const Network& network_;
    const Weights* weights_;
    onnx::GraphProto& graph_;
    std::vector<std::string> values_;  ///< by TensorId
    std::string output_;
    std::set<std::string> value_names_;
    std::set<std::string> node_names_;
    std::map<std::string, std::string> constants_;  ///< by the name that was asked for
};

}  // namespace

void write_graph(const Network& network, const Weights* weights, onnx::GraphProto& graph) {
    GraphWriter(network, weights, graph).write();
}

}  // namespace mobilenet_cost

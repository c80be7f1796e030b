// The plug-in that makes ONNX files with the format's own library: the classes that protobuf generated from
// onnx.proto (https://github.com/onnx/onnx/blob/main/docs/IR.md, operators: docs/Operators.md).
//
// Ours is (N, H, W, C), ONNX is (N, C, H, W): shapes are written in that order, filters are transposed.

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx/onnx_pb.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/onnx/export.h"

namespace mobilenet_cost {

namespace {

static_assert(kOnnxIrVersion == onnx::IR_VERSION_2020_5_8);
static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

using Dims = std::vector<std::int64_t>;

Dims nchw(const Shape& shape) {
    return {shape.n, shape.c, shape.h, shape.w};
}

/// All begins, then all ends.
Dims pads_of(const Padding& pad) {
    return {pad.top, pad.left, pad.bottom, pad.right};
}

void set_value_info(onnx::ValueInfoProto& info, const std::string& name, const Dims& dims) {
    info.set_name(name);
    onnx::TypeProto::Tensor& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    tensor.mutable_shape();  // a scalar has a shape, too
    for (const std::int64_t dim : dims)
        tensor.mutable_shape()->add_dim()->set_dim_value(dim);
}

onnx::AttributeProto& add_attribute(onnx::NodeProto& node, const char* name,
                                    onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(type);
    return attribute;
}

void add_ints(onnx::NodeProto& node, const char* name, const Dims& values) {
    add_attribute(node, name, onnx::AttributeProto::INTS)
        .mutable_ints()
        ->Assign(values.begin(), values.end());
}

void add_int(onnx::NodeProto& node, const char* name, std::int64_t value) {
    add_attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}

void add_float(onnx::NodeProto& node, const char* name, float value) {
    add_attribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
}

void add_text(onnx::NodeProto& node, const char* name, const char* value) {
    add_attribute(node, name, onnx::AttributeProto::STRING).set_s(value);
}

/// (KH, KW, Ci/groups, Co) -> (Co, Ci/groups, KH, KW), `dims` being the latter.
std::vector<float> transposed(const std::vector<float>& filter, const Dims& dims) {
    const auto outputs = static_cast<std::size_t>(dims[0]);
    const auto inputs = static_cast<std::size_t>(dims[1]);
    const auto taps = static_cast<std::size_t>(dims[2] * dims[3]);
    std::vector<float> result(filter.size());
    for (std::size_t o = 0; o < outputs; ++o) {
        for (std::size_t i = 0; i < inputs; ++i) {
            for (std::size_t tap = 0; tap < taps; ++tap)
                result[(o * inputs + i) * taps + tap] = filter[(tap * inputs + i) * outputs + o];
        }
    }
    return result;
}

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
        const bool linear = layer.activation == Activation::none;
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
            add_ints(made, "kernel_shape", {pool.kernel, pool.kernel});
            add_ints(made, "pads", pads_of(pool.padding));
            add_ints(made, "strides", {pool.stride, pool.stride});
            if (!largest) add_int(made, "count_include_pad", 0);
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
        void operator()(const BatchNorm&) const {
            writer.add_batch_norm(index, name, inputs.front(), output);
        }
        void operator()(const Activate&) const { node("Identity"); }
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
        const Dims dims = {layer.output.c, layer.input.c / conv.groups, conv.kernel, conv.kernel};
        const LayerWeights* weights = weights_ == nullptr ? nullptr : &weights_->layers[index];
        const std::string filter = add_parameter(
            name + "/weights", dims, weights ? transposed(weights->filter, dims) : std::vector<float>{});
        const std::string bias =
            add_parameter(name + "/bias", {layer.output.c}, weights ? weights->bias : std::vector<float>{});
        onnx::NodeProto& node = add_node("Conv", name, {input, filter, bias}, output);
        add_ints(node, "dilations", {conv.dilation, conv.dilation});
        add_int(node, "group", conv.groups);
        add_ints(node, "kernel_shape", {conv.kernel, conv.kernel});
        add_ints(node, "pads", pads_of(conv.padding));
        add_ints(node, "strides", {conv.stride, conv.stride});
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

void set_text(onnx::ModelProto& model, const OnnxText& text) {
    model.set_ir_version(kOnnxIrVersion);
    model.add_opset_import()->set_version(kOnnxOpset);
    model.mutable_opset_import(0)->set_domain("");  // the operators of ONNX itself
    model.set_producer_name("mobilenet-cost");
    model.set_producer_version(std::string(build_info().version));
    model.set_doc_string(text.description);
    model.mutable_graph()->set_name(text.name);
    for (const auto& [key, value] : text.properties) {
        onnx::StringStringEntryProto& entry = *model.add_metadata_props();
        entry.set_key(key);
        entry.set_value(value);
    }
}

class FileStream final : public google::protobuf::io::CopyingOutputStream {
  public:
    explicit FileStream(std::FILE* file) : file_(file) {}
    bool Write(const void* buffer, int size) override {
        const auto bytes = static_cast<std::size_t>(size);
        return std::fwrite(buffer, 1, bytes, file_) == bytes;
    }

  private:
    std::FILE* file_;
};

OnnxFile write_model(const Network& network, const Weights* weights, const OnnxText& text, std::FILE* file) {
    onnx::ModelProto model;
    set_text(model, text);
    GraphWriter(network, weights, *model.mutable_graph()).write();
    FileStream stream(file);
    google::protobuf::io::CopyingOutputStreamAdaptor adaptor(&stream);
    errno = 0;
    if (!model.SerializeToZeroCopyStream(&adaptor) || !adaptor.Flush())
        throw std::runtime_error(fmt::format("writing the ONNX model: {}", std::strerror(errno)));
    return {.nodes = model.graph().node_size(), .bytes = static_cast<std::int64_t>(model.ByteSizeLong())};
}

}  // namespace

}  // namespace mobilenet_cost

extern "C" __attribute__((visibility("default"))) mobilenet_cost::OnnxWrite mobilenet_cost_onnx(
    int onnx_interface) {
    return onnx_interface == mobilenet_cost::kOnnxInterface ? mobilenet_cost::write_model : nullptr;
}

// What stands in the file, read back by protobuf. That it computes the same is tests/onnx/agreement_test.py.

#include <cstdlib>
#include <cstring>
#include <memory>

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/standard_counterpart.h"
#include "mobilenet_cost/onnx/export.h"

#include "unit/engine_support.h"
#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using Dims = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

struct Written {
    std::string bytes;
    OnnxFile file;
};

Written write(const Network& network, const Weights* weights, const OnnxText& text = {}) {
    char* data = nullptr;
    std::size_t size = 0;
    std::FILE* memory = open_memstream(&data, &size);
    const OnnxFile file = write_onnx(network, weights, text, memory);
    std::fclose(memory);
    const std::unique_ptr<char, decltype(&std::free)> owner(data, &std::free);
    return {{data, size}, file};
}

onnx::ModelProto exported(const Network& network, const Weights* weights, const OnnxText& text = {}) {
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromString(write(network, weights, text).bytes));
    return model;
}

onnx::GraphProto graph_of(const Network& network, const Weights& weights) {
    return exported(network, &weights).graph();
}

/// One node as text: "op name(inputs) -> output".
std::string sketch(const onnx::NodeProto& node) {
    std::string text = node.op_type() + " " + node.name() + "(";
    for (int i = 0; i < node.input_size(); ++i)
        text += (i > 0 ? ", " : "") + node.input(i);
    return text + ") -> " + node.output(0);
}

Names sketches(const onnx::GraphProto& graph) {
    Names lines;
    for (const onnx::NodeProto& node : graph.node())
        lines.push_back(sketch(node));
    return lines;
}

const onnx::AttributeProto& attribute(const onnx::NodeProto& node, const std::string& name) {
    for (const onnx::AttributeProto& found : node.attribute()) {
        if (found.name() == name) return found;
    }
    ADD_FAILURE() << node.name() << " has no attribute " << name;
    return onnx::AttributeProto::default_instance();
}

Dims ints(const onnx::NodeProto& node, const std::string& name) {
    const auto& values = attribute(node, name).ints();
    return {values.begin(), values.end()};
}

Dims dims_of(const onnx::TensorProto& tensor) {
    return {tensor.dims().begin(), tensor.dims().end()};
}

Dims dims_of(const onnx::ValueInfoProto& info) {
    Dims dims;
    EXPECT_EQ(info.type().tensor_type().elem_type(), onnx::TensorProto::FLOAT);
    for (const auto& dim : info.type().tensor_type().shape().dim())
        dims.push_back(dim.dim_value());
    return dims;
}

std::vector<float> floats(const onnx::TensorProto& tensor) {
    std::vector<float> values(tensor.raw_data().size() / sizeof(float));
    std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
    return values;
}

/// One convolution of `channels` outputs.
Network one_conv(const Shape& in, std::int64_t channels, const Conv& conv, Activation activation) {
    return network_of(in, {conv_layer(in, channels, conv, activation)});
}

TEST(OnnxExport, HeaderSaysWhatTheFileNeedsAndWhoMadeIt) {
    const Network network = one_conv({1, 1, 1, 2}, 3, {}, Activation::none);
    const onnx::ModelProto model =
        exported(network, nullptr, {"net", "two words", {{"alpha", "0.5"}, {"seed", "1"}}});
    EXPECT_EQ(model.ir_version(), 7);
    ASSERT_EQ(model.opset_import_size(), 1);
    EXPECT_EQ(model.opset_import(0).domain(), "");
    EXPECT_EQ(model.opset_import(0).version(), 13);
    EXPECT_EQ(model.producer_name(), "mobilenet-cost");
    EXPECT_EQ(model.producer_version(), build_info().version);
    EXPECT_EQ(model.doc_string(), "two words");
    EXPECT_EQ(model.graph().name(), "net");
    ASSERT_EQ(model.metadata_props_size(), 2);
    EXPECT_EQ(model.metadata_props(1).key(), "seed");
    EXPECT_EQ(model.metadata_props(1).value(), "1");
}

// All four paddings differ, so do kernel and stride; taps two apart span 5: rows (5 + 1 + 2 - 5) / 2 + 1 = 2,
// columns (5 + 0 + 3 - 5) / 2 + 1 = 2.
TEST(OnnxExport, ConvolutionHasAllItsAttributes) {
    const Conv conv{.kernel = 3,
                    .stride = 2,
                    .dilation = 2,
                    .groups = 2,
                    .padding = {.top = 1, .bottom = 2, .left = 0, .right = 3}};
    const Network network = one_conv({2, 5, 5, 4}, 6, conv, Activation::none);
    const onnx::GraphProto graph = graph_of(network, make_weights(network, 1));
    EXPECT_EQ(sketches(graph), Names{"Conv b0(input, b0/weights, b0/bias) -> output"});
    const onnx::NodeProto& node = graph.node(0);
    EXPECT_EQ(ints(node, "kernel_shape"), (Dims{3, 3}));
    EXPECT_EQ(ints(node, "strides"), (Dims{2, 2}));
    EXPECT_EQ(ints(node, "dilations"), (Dims{2, 2}));
    EXPECT_EQ(ints(node, "pads"), (Dims{1, 0, 2, 3}));  // top, left, bottom, right
    EXPECT_EQ(attribute(node, "group").i(), 2);
    EXPECT_EQ(dims_of(graph.input(0)), (Dims{2, 4, 5, 5}));
    EXPECT_EQ(dims_of(graph.output(0)), (Dims{2, 6, 2, 2}));  // a map is not flattened
}

// Filter (KH 1, KW 1, Ci 2, Co 3): 1 2 3 / 4 5 6; by output channel: 1 4, 2 5, 3 6.
TEST(OnnxExport, PointwiseFilterIsTransposed) {
    const Network network = one_conv({1, 1, 1, 2}, 3, {}, Activation::none);
    const onnx::GraphProto graph = graph_of(network, {{{{1, 2, 3, 4, 5, 6}, {7, 8, 9}}}});
    ASSERT_EQ(graph.initializer_size(), 2);
    EXPECT_EQ(dims_of(graph.initializer(0)), (Dims{3, 2, 1, 1}));
    EXPECT_EQ(floats(graph.initializer(0)), (std::vector<float>{1, 4, 2, 5, 3, 6}));
    EXPECT_EQ(dims_of(graph.initializer(1)), (Dims{3}));
    EXPECT_EQ(floats(graph.initializer(1)), (std::vector<float>{7, 8, 9}));
}

// Filter (2, 2, Ci/groups 1, C 2), channels innermost: 1 -1 2 -2 3 -3 4 -4; each channel's plane in rows.
TEST(OnnxExport, DepthwiseFilterIsOnePlanePerChannel) {
    const Network network =
        one_conv({1, 2, 2, 2}, 2, {.kernel = 2, .groups = 2, .padding = {}}, Activation::none);
    const onnx::GraphProto graph = graph_of(network, {{{{1, -1, 2, -2, 3, -3, 4, -4}, {0, 0}}}});
    EXPECT_EQ(dims_of(graph.initializer(0)), (Dims{2, 1, 2, 2}));
    EXPECT_EQ(floats(graph.initializer(0)), (std::vector<float>{1, 2, 3, 4, -1, -2, -3, -4}));
    EXPECT_EQ(attribute(graph.node(0), "group").i(), 2);
}

TEST(OnnxExport, ActivationsAreNodesOfTheirOwn) {
    const auto lines = [](Activation activation) {
        const Network network = one_conv({1, 1, 1, 2}, 3, {}, activation);
        Names result = sketches(graph_of(network, make_weights(network, 1)));
        EXPECT_EQ(result.front(), std::string("Conv b0(input, b0/weights, b0/bias) -> ") +
                                      (activation == Activation::none ? "b0" : "b0/linear"));
        EXPECT_EQ(result.back(), "Flatten flatten(b0) -> output");
        return Names(result.begin() + 1, result.end() - 1);
    };
    EXPECT_EQ(lines(Activation::none), Names{});
    EXPECT_EQ(lines(Activation::relu), Names{"Relu b0/relu(b0/linear) -> b0"});
    EXPECT_EQ(lines(Activation::relu6), Names{"Clip b0/relu6(b0/linear, relu6/min, relu6/max) -> b0"});
    EXPECT_EQ(lines(Activation::hard_sigmoid), Names{"HardSigmoid b0/hard_sigmoid(b0/linear) -> b0"});
    EXPECT_EQ(lines(Activation::hard_swish),
              (Names{"HardSigmoid b0/hard_sigmoid(b0/linear) -> b0/hard_sigmoid",
                     "Mul b0/hard_swish(b0/linear, b0/hard_sigmoid) -> b0"}));
    EXPECT_EQ(lines(Activation::sigmoid), Names{"Sigmoid b0/sigmoid(b0/linear) -> b0"});
    EXPECT_EQ(lines(Activation::swish), (Names{"Sigmoid b0/sigmoid(b0/linear) -> b0/sigmoid",
                                               "Mul b0/swish(b0/linear, b0/sigmoid) -> b0"}));
}

TEST(OnnxExport, ConstantsOfActivations) {
    const Shape in{1, 1, 1, 1};
    const Network network = network_of(in, {conv_layer(in, 1, {}, Activation::relu6)});
    const onnx::GraphProto graph = graph_of(network, make_weights(network, 1));
    ASSERT_EQ(graph.initializer_size(), 4);
    EXPECT_EQ(graph.initializer(2).name(), "relu6/min");
    EXPECT_EQ(dims_of(graph.initializer(2)), Dims{});
    EXPECT_EQ(floats(graph.initializer(2)), std::vector<float>{0});
    EXPECT_EQ(floats(graph.initializer(3)), std::vector<float>{6});
    const Network sigmoid = network_of(in, {conv_layer(in, 1, {}, Activation::hard_sigmoid)});
    const onnx::GraphProto gate = graph_of(sigmoid, make_weights(sigmoid, 1));
    EXPECT_EQ(attribute(gate.node(1), "alpha").f(), 1.0F / 6);
    EXPECT_EQ(attribute(gate.node(1), "beta").f(), 0.5F);
}

// A squeeze-and-excite without its convolutions, and a residual sum with an activation.
TEST(OnnxExport, LayersWithoutWeights) {
    const Shape in{2, 3, 3, 4};
    Layer sum = binary_layer(Add{}, 2, 0, in);
    sum.activation = Activation::relu;
    const Network network = network_of(in, {pool_layer(in), binary_layer(Scale{}, 0, 1, in), sum});
    const onnx::GraphProto graph = graph_of(network, {{{}, {}, {}}});
    EXPECT_EQ(sketches(graph),
              (Names{"GlobalAveragePool b0(input) -> b0", "Mul b1(input, b0) -> b1",
                     "Add b2(b1, input) -> b2/linear", "Relu b2/relu(b2/linear) -> output"}));
    ASSERT_EQ(graph.value_info_size(), 3);
    EXPECT_EQ(dims_of(graph.value_info(0)), (Dims{2, 4, 1, 1}));
    EXPECT_EQ(dims_of(graph.value_info(1)), (Dims{2, 4, 3, 3}));
}

// Names that a model file may give to blocks and that we give to tensors.
TEST(OnnxExport, NamesStayDifferent) {
    const Shape in{1, 1, 1, 1};
    Network network =
        network_of(in, {conv_layer(in, 1, {}, Activation::relu6), conv_layer(in, 1, {}, Activation::relu),
                        conv_layer(in, 1, {}, Activation::none)});
    network.layers[1].inputs[0] = 1;
    network.layers[2].inputs[0] = 2;
    network.block_names = std::make_shared<const Names>(Names{"input", "input/linear", "output"});
    EXPECT_EQ(
        sketches(graph_of(network, make_weights(network, 1))),
        (Names{"Conv input(input, input/weights, input/bias) -> input/linear",
               "Clip input/relu6(input/linear, relu6/min, relu6/max) -> input#2",
               "Conv input/linear(input#2, input/linear/weights, input/linear/bias) -> input/linear/linear",
               "Relu input/linear/relu(input/linear/linear) -> input/linear#2",
               "Conv output(input/linear#2, output/weights, output/bias) -> output#2",
               "Flatten flatten(output#2) -> output"}));
}

TEST(OnnxExport, WithoutWeightsTheyAreInputs) {
    const Network network =
        one_conv({1, 4, 4, 6}, 4, {.kernel = 3, .groups = 2, .padding = {}}, Activation::relu6);
    const onnx::GraphProto graph = exported(network, nullptr).graph();
    ASSERT_EQ(graph.input_size(), 3);
    EXPECT_EQ(graph.input(1).name(), "b0/weights");
    EXPECT_EQ(dims_of(graph.input(1)), (Dims{4, 3, 3, 3}));
    EXPECT_EQ(graph.input(2).name(), "b0/bias");
    EXPECT_EQ(dims_of(graph.input(2)), (Dims{4}));
    ASSERT_EQ(graph.initializer_size(), 2);  // the ends of ReLU6
    EXPECT_EQ(graph.initializer(0).name(), "relu6/min");
}

// V1 has 27 convolutions with ReLU6, a pool, the classifier; published parameters: 4,231,976 with one bias or
// folded batch norm per channel (tests/data).
TEST(OnnxExport, MobileNetV1) {
    const Network network = expand(test::model("mobilenet_v1"), {});
    const Weights weights = make_weights(network, kDataSeed);
    const Written written = write(network, &weights);
    onnx::ModelProto model;
    ASSERT_TRUE(model.ParseFromString(written.bytes));
    EXPECT_EQ(model.graph().node_size(), 2 * 27 + 3);
    EXPECT_EQ(written.file.nodes, model.graph().node_size());
    EXPECT_EQ(written.file.bytes, static_cast<std::int64_t>(written.bytes.size()));
    EXPECT_EQ(dims_of(model.graph().input(0)), (Dims{1, 3, 224, 224}));
    EXPECT_EQ(dims_of(model.graph().output(0)), (Dims{1, 1000}));
    EXPECT_EQ(model.graph().input_size(), 1);
    EXPECT_EQ(model.graph().initializer_size(), 2 * 28 + 2);
    std::int64_t bytes = 0;
    for (const onnx::TensorProto& tensor : model.graph().initializer())
        bytes += dims_of(tensor).empty() ? 0 : static_cast<std::int64_t>(tensor.raw_data().size());
    EXPECT_EQ(bytes, onnx_weight_bytes(network));
    EXPECT_EQ(model.graph().node(2).name(), "Conv2d_1_depthwise");
    EXPECT_EQ(dims_of(model.graph().initializer(0)), (Dims{32, 3, 3, 3}));
}

TEST(OnnxExport, SameInputSameBytes) {
    const Network network =
        expand(test::model("mobilenet_v3_small"), {.alpha = 0.25, .resolution = 32, .classes = 2});
    const Weights weights = make_weights(network, 3);
    EXPECT_EQ(write(network, &weights).bytes, write(network, &weights).bytes);
}

TEST(OnnxExport, TooLargeIsRefusedWithTheFigure) {
    const Network network = expand(test::model("mobilenet_v1"), {.alpha = 30});
    const std::string error = test::error_of([&] { check_onnx_size(network); });
    EXPECT_TRUE(error.starts_with("--onnx: expected weights of at most 1.98 GiB (2,130,706,431 bytes)"))
        << error;
    EXPECT_TRUE(error.find("found 10.") != std::string::npos) << error;
    const Weights none;  // refused before it looks at them
    EXPECT_EQ(test::error_of([&] { (void)write_onnx(network, &none, {}, stdout); }), error);
    EXPECT_GT(write(network, nullptr).file.nodes, 50);
}

TEST(OnnxExport, FullDeviceIsAnError) {
    std::FILE* full = std::fopen("/dev/full", "wb");
    ASSERT_NE(full, nullptr);
    const Network network = expand(test::model("mobilenet_v1"), {.alpha = 0.25, .resolution = 32});
    const Weights weights = make_weights(network, 1);
    EXPECT_THROW((void)write_onnx(network, &weights, {}, full), std::runtime_error);
    std::fclose(full);
}

}  // namespace
}  // namespace mobilenet_cost

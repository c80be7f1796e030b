#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/import/fold.h"
#include "mobilenet_cost/import/import_model.h"
#include "mobilenet_cost/import/infer.h"
#include "mobilenet_cost/import/view.h"
#include "mobilenet_cost/model/expand.h"

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

/// A graph by the names of its tensors.
class GraphMaker {
  public:
    GraphMaker() {
        graph.file = "test";
        input("x", {1, 3, 8, 6});
    }

    PlainTensorId id(const std::string& name) {
        for (std::size_t i = 0; i < graph.tensors.size(); ++i)
            if (graph.tensors[i].name == name) return static_cast<PlainTensorId>(i);
        graph.tensors.emplace_back().name = name;
        return static_cast<PlainTensorId>(graph.tensors.size()) - 1;
    }
    void input(const std::string& name, const Dims& dims) {
        graph.inputs = {id(name)};
        graph.tensor(id(name)).dims = dims;
    }
    void constant(const std::string& name, const Dims& dims, const std::vector<double>& numbers) {
        PlainTensor& tensor = graph.tensor(id(name));
        tensor.dims = dims;
        tensor.values = values_of_numbers(numbers);
        tensor.is_constant = true;
    }
    void filter(const std::string& name, const Dims& dims) {
        std::int64_t count = 1;
        for (const std::int64_t dim : dims)
            count *= dim;
        constant(name, dims, std::vector<double>(static_cast<std::size_t>(count), 0.5));
    }
    PlainNode& node(const std::string& op, const std::vector<std::string>& inputs,
                    const std::string& output) {
        PlainNode node{.op = op, .name = output, .inputs = {}, .outputs = {}, .attributes = {}};
        for (const std::string& name : inputs)
            node.inputs.push_back(id(name));
        node.outputs = {id(output)};
        graph.outputs = {id(output)};
        graph.nodes.push_back(node);
        return graph.nodes.back();
    }
    void conv() {
        filter("w", {4, 3, 3, 3});
        node("Conv", {"x", "w"}, "c");
    }

    [[nodiscard]] std::string sizes(const std::string& name) {
        return dims_text(*graph.tensor(id(name)).dims);
    }
    [[nodiscard]] ModelConfig model() const {
        return parse_model_config(import_graph(graph, {}).document, "test");
    }

    PlainGraph graph;
};

std::string error_of(const GraphMaker& maker) {
    try {
        (void)maker.model();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(import_view, reshapes_and_transpositions_leave_the_map_where_it_is) {
    const View map = *map_view({1, 4, 5, 6}, PlainLayout::nchw, 4);
    const View pixels = transpose_view(map, {0, 2, 3, 1});
    const View flat = *reshape_view(pixels, {1, 120});
    EXPECT_EQ(flat[1], (ViewGroup{{'h', 4, 1}, {'w', 5, 1}, {'c', 6, 1}}));
    EXPECT_EQ(*reshape_view(flat, {1, 4, 5, 6}), pixels);
    EXPECT_EQ(reshape_view(map, {1, 6, 7}), std::nullopt);
    const View groups = *reshape_view(map, {1, 2, 3, 4, 5});
    EXPECT_EQ(groups[1], (ViewGroup{{'c', 2, 3}}));
    const View shuffled = *reshape_view(transpose_view(groups, {0, 2, 1, 3, 4}), {1, 6, 4, 5});
    EXPECT_EQ(shuffled[1], (ViewGroup{{'c', 3, 1}, {'c', 2, 3}}));
}

TEST(import_infer, works_out_sizes_that_depend_on_sizes) {
    GraphMaker maker;
    maker.conv();
    maker.constant("axis", {1}, {0});
    maker.constant("rest", {1}, {-1});
    maker.node("Shape", {"c"}, "shape");
    maker.node("Gather", {"shape", "axis"}, "batch");
    maker.node("Concat", {"batch", "rest"}, "to").attributes["axis"] = std::int64_t{0};
    maker.node("Reshape", {"c", "to"}, "y");
    infer(maker.graph, {});
    EXPECT_EQ(maker.sizes("c"), "1x4x6x4");
    EXPECT_EQ(maker.sizes("y"), "1x96");
    EXPECT_EQ(maker.graph.nodes.size(), 2U);  // the others are constants
}

TEST(import_infer, takes_an_open_size_from_the_user_and_a_batch_of_1) {
    GraphMaker maker;
    maker.input("x", {-1, 3, -1, -1});
    maker.conv();
    PlainGraph open = maker.graph;
    infer(open, {.resolution = {10, 20}});
    EXPECT_EQ(dims_text(*open.tensor(maker.id("c")).dims), "1x4x8x18");
    EXPECT_EQ(
        error_of(maker),
        "test: input \"x\" has no fixed height and width: dimension 2 of 1x3x?x? is open, say --res HxW");
}

TEST(import_infer, takes_sizes_by_an_inputs_name) {
    GraphMaker maker;
    maker.input("x", {-1, 3, -1, -1});
    maker.conv();
    maker.graph.tensor(maker.id("c")).declared = Dims{-1, 4, 8, 6};
    const auto sized = [&](const NamedDims& named) {
        PlainGraph graph = maker.graph;
        infer(graph, {.resolution = {5, 5}, .inputs = {named}});
        return dims_text(*graph.tensor(maker.id("c")).dims);
    };
    EXPECT_EQ(sized({"x", {2, 3, 10, 20}}), "2x4x8x18");
    EXPECT_EQ(test::error_of([&] {
                  (void)sized({"y", {1, 3, 10, 20}});
              }),
              "test: unknown input \"y\" (did you mean \"x\"?)");
    EXPECT_EQ(test::error_of([&] {
                  (void)sized({"x", {1, 3, 10}});
              }),
              "test: tensor \"x\": expected 4 sizes, as ?x3x?x? has, found 1x3x10");
    EXPECT_EQ(test::error_of([&] {
                  (void)sized({"x", {1, 4, 10, 20}});
              }),
              "test: node \"c\": expected a filter for 4 channels in 1 groups, found 4x3x3x3");
}

TEST(import_infer, what_is_declared_for_other_sizes_says_nothing) {
    GraphMaker maker;
    maker.conv();
    maker.node("Strange", {"c"}, "y");
    maker.graph.tensor(maker.id("y")).declared = Dims{1, 4, 6, 4};
    PlainGraph same = maker.graph;
    infer(same, {.inputs = {{"x", {1, 3, 8, 6}}}});
    EXPECT_EQ(dims_text(*same.tensor(maker.id("y")).dims), "1x4x6x4");
    PlainGraph other = maker.graph;
    infer(other, {.inputs = {{"x", {1, 3, 9, 6}}}});
    EXPECT_EQ(dims_text(*other.tensor(maker.id("c")).dims), "1x4x7x4");
    EXPECT_FALSE(other.tensor(maker.id("y")).dims.has_value());
}

TEST(import_infer, holds_sizes_to_what_the_file_declares) {
    GraphMaker maker;
    maker.conv();
    maker.graph.tensor(maker.id("c")).declared = Dims{1, 4, 8, 6};
    EXPECT_EQ(
        error_of(maker),
        "test: node \"c\": expected \"c\" to be 1x4x6x4, as follows from its inputs, found 1x4x8x6 declared");
}

TEST(import_fold, activations_of_several_nodes_become_one) {
    GraphMaker maker;
    maker.conv();
    maker.constant("three", {}, {3});
    maker.constant("sixth", {}, {1.0 / 6});
    maker.node("Add", {"c", "three"}, "a");
    maker.node("Clip", {"a"}, "k").attributes = {{"min", 0.0}, {"max", 6.0}};
    maker.node("Mul", {"k", "sixth"}, "g");
    maker.node("Mul", {"c", "g"}, "y");
    infer(maker.graph, {});
    fold(maker.graph);
    ASSERT_EQ(maker.graph.nodes.size(), 2U);
    EXPECT_EQ(maker.graph.nodes[1].op, "Activation");
    EXPECT_EQ(maker.graph.nodes[1].text("kind", ""), "hard_swish");
}

TEST(import_fold, a_step_that_something_else_reads_stays) {
    GraphMaker maker;
    maker.conv();
    maker.node("Sigmoid", {"c"}, "s");
    maker.node("Mul", {"c", "s"}, "m");
    maker.node("Add", {"m", "s"}, "y");
    infer(maker.graph, {});
    fold(maker.graph);
    EXPECT_EQ(maker.graph.nodes.size(), 4U);
    EXPECT_EQ(maker.graph.nodes[2].text("kind", ""), "swish");
}

TEST(import_fold, zeros_around_a_map_become_those_of_its_convolution) {
    GraphMaker maker;
    maker.filter("w", {4, 3, 3, 3});
    maker.constant("zeros", {8}, {0, 0, 0, 1, 0, 0, 2, 1});
    maker.node("Pad", {"x", "zeros"}, "p");
    maker.node("Conv", {"p", "w"}, "y").attributes["pads"] = Dims{1, 0, 0, 0};
    infer(maker.graph, {});
    fold(maker.graph);
    ASSERT_EQ(maker.graph.nodes.size(), 1U);
    EXPECT_EQ(maker.graph.nodes[0].integers("pads", {}), (Dims{1, 1, 2, 1}));
}

TEST(import_model, batch_norm_and_activation_are_parts_of_the_convolution) {
    GraphMaker maker;
    maker.conv();
    for (const char* name : {"scale", "shift", "mean", "variance"})
        maker.filter(name, {4});
    maker.node("BatchNormalization", {"c", "scale", "shift", "mean", "variance"}, "n");
    maker.node("Relu", {"n"}, "y");
    const ModelConfig config = maker.model();
    ASSERT_EQ(config.blocks.size(), 1U);
    EXPECT_EQ(config.blocks[0].activation, Activation::relu);
    const Cost cost = total_cost(config, {});
    EXPECT_EQ(cost.weights, 108);
    EXPECT_EQ(cost.bn_channels, 4);
    EXPECT_EQ(cost.biases, 0);
    EXPECT_EQ(cost.macs, 108 * 24);
}

TEST(import_model, its_weights_are_those_of_its_own_network_alone) {
    GraphMaker maker;
    maker.conv();
    const ImportedModel imported = import_graph(maker.graph, {});
    ModelConfig config = parse_model_config(imported.document, "test");
    config.weights = imported.weights;
    const Weights own = make_weights(expand(config, {}), 1);
    EXPECT_EQ(own.layers[0].filter, std::vector<float>(108, 0.5F));
    const Network grey = expand(config, {.form = {.channels = 1}});
    EXPECT_FALSE(grey.weights->of(grey).has_value());
    EXPECT_EQ(make_weights(grey, 1).layers[0].filter.size(), 36U);
}

TEST(import_model, an_operator_that_is_not_known_is_a_block_or_an_error) {
    GraphMaker maker;
    maker.conv();
    maker.node("LSTM", {"c"}, "y");
    EXPECT_EQ(
        error_of(maker),
        "test: node \"y\": expected an operator that is known, or one whose output shape the file declares, "
        "found \"LSTM\", and \"y\" without a shape");
    maker.graph.tensor(maker.id("y")).declared = Dims{1, 5, 7};
    const ModelConfig config = maker.model();
    ASSERT_EQ(config.blocks.size(), 2U);
    const auto& unknown = std::get<UnknownBlock>(config.blocks[1].kind);
    EXPECT_EQ(unknown.op, "LSTM");
    EXPECT_EQ(unknown.channels, 7);
    EXPECT_EQ(unknown.size, (Sides{1, 5}));
}

}  // namespace
}  // namespace mobilenet_cost

#include "mobilenet_cost/model/network.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/model/expand.h"

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::error_of;

/// Stem, inverted residual with squeeze-and-excite and residual, pool, classifier.
Network small_network() {
    const InvertedResidualBlock block{.channels = 8, .expansion = 2, .squeeze_excite = 0.5};
    return expand(test::family({{"stem", {}, ConvBlock{.channels = 8, .kernel = 3, .stride = 2}},
                                {"block", Activation::relu, block},
                                {"pool", {}, PoolBlock{}},
                                {"Logits", {}, ClassifierBlock{}}}),
                  {.classes = 10});
}

TEST(LayerName, BlockAndRole) {
    const Network network = small_network();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < network.layers.size(); ++i)
        names.push_back(layer_name(network, i));
    EXPECT_EQ(names, (std::vector<std::string>{"stem", "block/expand", "block/depthwise",
                                               "block/squeeze_excite/pool", "block/squeeze_excite/reduce",
                                               "block/squeeze_excite/expand", "block/squeeze_excite/scale",
                                               "block/project", "block/add", "pool", "Logits"}));
    EXPECT_EQ(block_name(network, 7), "block");
}

TEST(FindLayer, ByNameOrNearestName) {
    const Network network = small_network();
    for (std::size_t i = 0; i < network.layers.size(); ++i)
        EXPECT_EQ(find_layer(network, layer_name(network, i)), i);
    EXPECT_EQ(error_of([&] { (void)find_layer(network, "block/projekt"); }),
              "unknown layer \"block/projekt\" (did you mean \"block/project\"?)");
    EXPECT_EQ(error_of([&] { (void)find_layer(network, "x"); }).substr(0, 30),
              "unknown layer \"x\" (known: stem");
}

TEST(TensorShape, InputAndOutputs) {
    const Network network = small_network();
    EXPECT_EQ(tensor_shape(network, 0), (Shape{1, 8, 8, 3}));
    EXPECT_EQ(tensor_shape(network, 1), (Shape{1, 4, 4, 8}));
    EXPECT_EQ(tensor_shape(network, 11), (Shape{1, 1, 1, 10}));
}

struct BreakRow {
    std::size_t layer;
    std::function<void(Layer&)> damage;
    std::string error;
};

Conv& conv_of(Layer& layer) {
    return std::get<Conv>(layer.kind);
}

const std::vector<BreakRow>& break_rows() {
    static const std::string size =
        "output size does not follow from input, kernel, stride, dilation and padding";
    static const std::string unwritten = "reads a tensor that no earlier layer writes";
    static const std::vector<BreakRow> rows = {
        {0, [](Layer& l) { conv_of(l).kernel = 0; }, "stem: kernel and stride must be at least 1"},
        {0, [](Layer& l) { conv_of(l).stride = 0; }, "stem: kernel and stride must be at least 1"},
        {0, [](Layer& l) { conv_of(l).dilation = 0; }, "stem: dilation must be at least 1"},
        {0, [](Layer& l) { conv_of(l).dilation = 2; }, "stem: " + size},
        {0, [](Layer& l) { conv_of(l).groups = 2; }, "stem: channels must be a multiple of groups"},
        {0, [](Layer& l) { conv_of(l).groups = 0; }, "stem: channels must be a multiple of groups"},
        {0,
         [](Layer& l) {
             conv_of(l).padding = {0, 0, 0, 0};
         },
         "stem: " + size},
        {0, [](Layer& l) { conv_of(l).stride = 1; }, "stem: " + size},
        {0, [](Layer& l) { l.output.w = 5; }, "stem: " + size},
        {0, [](Layer& l) { l.output.n = 2; }, "stem: a layer must keep the batch"},
        {0, [](Layer& l) { l.inputs[0] = 1; }, "stem: " + unwritten},
        {0, [](Layer& l) { l.inputs[0] = kNoTensor; }, "stem: " + unwritten},
        {0, [](Layer& l) { l.inputs[1] = 0; }, "stem: " + unwritten},
        {1, [](Layer& l) { l.inputs[0] = 0; },
         "block/expand: its input shape is not the shape of the tensor it reads"},
        {6, [](Layer& l) { l.inputs[1] = 1; },
         "block/squeeze_excite/scale: a gate must have one value per channel"},
        {8, [](Layer& l) { l.inputs[1] = 2; }, "block/add: a residual sum needs three equal shapes"},
        {8, [](Layer& l) { l.inputs[1] = kNoTensor; }, "block/add: " + unwritten},
        {8, [](Layer& l) { l.inputs[1] = 9; }, "block/add: " + unwritten},
        {9, [](Layer& l) { l.output.h = 2; },
         "pool: global pooling must give a 1x1 map of the same channels"},
        {10, [](Layer& l) { conv_of(l) = {.kernel = 2, .stride = 2, .padding = {}}; }, "Logits: " + size},
    };
    return rows;
}

TEST(CheckNetwork, AcceptsWhatExpandMakes) {
    EXPECT_EQ(error_of([] { check_network(small_network()); }), "no error");
}

TEST(CheckNetwork, NamesTheLayerThatIsWrong) {
    for (const BreakRow& row : break_rows()) {
        Network network = small_network();
        row.damage(network.layers[row.layer]);
        EXPECT_EQ(error_of([&] { check_network(network); }), row.error);
    }
}

TEST(TotalCost, SumsItsLayersByHand) {
    const Network network = small_network();
    // Map 4x4 after the stem. MACs: stem 16*27*8; expand 16*8*16; depthwise 16*9*16; squeeze 2*16*8; project
    // 16*16*8; classifier 8*10.
    const Cost cost = total_cost(network);
    EXPECT_EQ(cost.macs, 3456 + 2048 + 2304 + 256 + 2048 + 80);
    EXPECT_EQ(cost.weights, 216 + 128 + 144 + 256 + 128 + 80);
    EXPECT_EQ(cost.biases, 8 + 16 + 10);
    EXPECT_EQ(cost.bn_channels, 8 + 16 + 16 + 8);
    EXPECT_EQ(cost.input_elements, 192 + 128 + 256 + 256 + 16 + 8 + (256 + 16) + 256 + 2 * 128 + 128 + 8);
    EXPECT_EQ(cost.output_elements, 128 + 256 + 256 + 16 + 8 + 16 + 256 + 128 + 128 + 8 + 10);
}

}  // namespace
}  // namespace mobilenet_cost

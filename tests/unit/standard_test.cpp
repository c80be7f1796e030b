#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/standard_counterpart.h"

#include "unit/engine_support.h"
#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::family;
using Names = std::vector<std::string>;

Names names_of(const Network& network) {
    Names names;
    for (std::size_t i = 0; i < network.layers.size(); ++i)
        names.push_back(layer_name(network, i));
    return names;
}

Names pair_names(const Network& network) {
    Names names;
    for (const SeparablePair& pair : separable_pairs(network))
        names.push_back(layer_name(network, pair.depthwise) + " " + layer_name(network, pair.pointwise));
    return names;
}

/// Stem to 8 channels on an 8x8 map, and the block under test.
Network with_block(const BlockKind& kind) {
    return expand(family({{"stem", {}, ConvBlock{.channels = 8}}, {"b", Activation::relu6, kind}}), {});
}

TEST(SeparablePairs, OneForEachBlockKind) {
    EXPECT_EQ(pair_names(with_block(DepthwiseSeparableBlock{.channels = 8})),
              (Names{"b_depthwise b_pointwise"}));
    EXPECT_EQ(pair_names(with_block(InvertedResidualBlock{.channels = 8, .expansion = 2})),
              (Names{"b/depthwise b/project"}));
    EXPECT_EQ(pair_names(with_block(InvertedResidualBlock{.channels = 8, .squeeze_excite = 0.5})),
              (Names{"b/depthwise b/project"}))
        << "squeeze-and-excite lies between";
    EXPECT_EQ(pair_names(with_block(FusedInvertedBottleneckBlock{.channels = 8})), Names{});
    EXPECT_EQ(pair_names(with_block(ConvBlock{.channels = 8, .kernel = 3})), Names{});
    using Uib = UniversalInvertedBottleneckBlock;
    EXPECT_EQ(pair_names(with_block(Uib{.channels = 8, .start_kernel = 3, .middle_kernel = 5})),
              (Names{"b/start_depthwise b/expand", "b/middle_depthwise b/project"}));
    EXPECT_EQ(pair_names(with_block(Uib{.channels = 8, .start_kernel = 3})),
              (Names{"b/start_depthwise b/expand"}));
    EXPECT_EQ(pair_names(with_block(Uib{.channels = 8})), Names{});
}

TEST(SeparablePairs, CountsOfTheModels) {
    const auto count = [](const char* name) { return separable_pairs(expand(test::model(name), {})).size(); };
    EXPECT_EQ(count("mobilenet_v1"), 13U);
    EXPECT_EQ(count("mobilenet_v2"), 17U);
    EXPECT_EQ(count("mobilenet_v3_large"), 15U);
    EXPECT_EQ(count("mobilenet_v3_small"), 11U);
}

TEST(StandardCounterpart, OfASeparableBlockByHand) {
    const Network standard =
        standard_counterpart(with_block(DepthwiseSeparableBlock{.channels = 16, .kernel = 5, .stride = 2}));
    check_network(standard);
    EXPECT_EQ(names_of(standard), (Names{"stem", "b_standard"}));
    const Layer& layer = standard.layers[1];
    EXPECT_EQ(layer.input, (Shape{1, 8, 8, 8}));
    EXPECT_EQ(layer.output, (Shape{1, 4, 4, 16}));
    EXPECT_EQ(layer.activation, Activation::relu6);
    EXPECT_EQ(std::get<Conv>(layer.kind), (Conv{.kernel = 5,
                                                .stride = 2,
                                                .groups = 1,
                                                .padding = {1, 2, 1, 2},
                                                .batch_norm = true,
                                                .bias = false}));
    // 4 * 4 * 25 * 8 * 16; the depthwise's batch norm is gone, the pointwise's stays.
    EXPECT_EQ(layer_cost(layer), (Cost{51'200, 3'200, 0, 16, 512, 256}));
}

TEST(StandardCounterpart, KeepsResidualsOnTheTensorsThatStandForTheirs) {
    const Network standard =
        standard_counterpart(with_block(InvertedResidualBlock{.channels = 8, .expansion = 2}));
    check_network(standard);
    EXPECT_EQ(names_of(standard), (Names{"stem", "b/expand", "b/project_standard", "b/add"}));
    EXPECT_EQ(standard.layers[3].inputs, (std::array<TensorId, 2>{3, 1}));
    EXPECT_EQ(standard.layers[2].activation, Activation::none) << "the projection stays linear";
}

TEST(StandardCounterpart, MovesSqueezeExciteInFrontOfAStridedConvolution) {
    const Network network =
        with_block(InvertedResidualBlock{.channels = 16, .stride = 2, .expansion = 2, .squeeze_excite = 0.5});
    const Network standard = standard_counterpart(network);
    check_network(standard);
    EXPECT_EQ(names_of(standard),
              (Names{"stem", "b/expand", "b/squeeze_excite/pool", "b/squeeze_excite/reduce",
                     "b/squeeze_excite/expand", "b/squeeze_excite/scale", "b/project_standard"}));
    EXPECT_EQ(standard.layers[2].input, (Shape{1, 8, 8, 16})) << "the map before the stride";
    EXPECT_EQ(standard.layers[5].output, (Shape{1, 8, 8, 16}));
    EXPECT_EQ(standard.layers[5].inputs, (std::array<TensorId, 2>{2, 5})) << "gates what the pool read";
    EXPECT_EQ(standard.layers[6].input, (Shape{1, 8, 8, 16}));
    EXPECT_EQ(standard.layers[6].output, (Shape{1, 4, 4, 16}));
}

TEST(StandardCounterpart, SqueezeExciteKeepsItsParametersAndMacs) {
    for (const char* name : {"mobilenet_v3_large", "mobilenet_v3_small"}) {
        const Network network = expand(test::model(name), {});
        const Network standard = standard_counterpart(network);
        std::size_t compared = 0;
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            const Role role = network.layers[i].role;
            if (role != Role::squeeze_reduce && role != Role::squeeze_expand) continue;
            const std::size_t j = find_layer(standard, layer_name(network, i));
            EXPECT_EQ(layer_cost(standard.layers[j]), layer_cost(network.layers[i]))
                << layer_name(network, i);
            ++compared;
        }
        EXPECT_EQ(compared, std::string(name) == "mobilenet_v3_large" ? 16U : 18U);
    }
}

TEST(StandardCounterpart, UniversalBottleneckMergesBothPairs) {
    const Network standard = standard_counterpart(with_block(UniversalInvertedBottleneckBlock{
        .channels = 8, .start_kernel = 3, .middle_kernel = 5, .expansion = 2}));
    check_network(standard);
    EXPECT_EQ(names_of(standard), (Names{"stem", "b/expand_standard", "b/project_standard", "b/add"}));
    EXPECT_EQ(std::get<Conv>(standard.layers[1].kind).kernel, 3);
    EXPECT_EQ(std::get<Conv>(standard.layers[2].kind).kernel, 5);
    EXPECT_EQ(standard.layers[1].activation, Activation::relu6);
    EXPECT_EQ(standard.layers[3].inputs, (std::array<TensorId, 2>{3, 1}));
}

/// Depthwise 3x3 of 4 channels to 4 m, a squeeze-and-excite's product or not, and a pointwise one to 6.
Network widened(std::int64_t m, bool gated) {
    const Shape in{1, 7, 5, 4};
    const Conv spatial{.kernel = 3, .dilation = 2, .groups = 4, .padding = {2, 2, 2, 2}};
    std::vector<Layer> layers = {conv_layer(in, 4 * m, spatial, Activation::relu)};
    if (gated) {
        layers.push_back(pool_layer(layers[0].output));
        layers[1].inputs[0] = 1;
        layers.push_back(binary_layer(Scale{}, 1, 2, layers[0].output));
        layers[1].role = Role::squeeze_pool;
        layers[2].role = Role::squeeze_scale;
    }
    Layer pointwise = conv_layer(layers[0].output, 6, {.padding = {}}, Activation::relu);
    pointwise.inputs[0] = static_cast<TensorId>(layers.size());
    layers.push_back(pointwise);
    return network_of(in, layers);
}

TEST(StandardCounterpart, KeepsTheDilationAndDropsTheDepthMultiplier) {
    for (const std::int64_t m : {1, 3}) {
        const Network standard = standard_counterpart(widened(m, false));
        check_network(standard);
        ASSERT_EQ(standard.layers.size(), 1U);
        EXPECT_EQ(std::get<Conv>(standard.layers[0].kind),
                  (Conv{.kernel = 3, .dilation = 2, .padding = {2, 2, 2, 2}}));
        EXPECT_EQ(standard.layers[0].input, (Shape{1, 7, 5, 4}));
        EXPECT_EQ(standard.layers[0].output, (Shape{1, 7, 5, 6}));
    }
}

// The gate has 12 values, and the convolution's input 4 channels.
TEST(StandardCounterpart, AGateOfMoreChannelsThanTheDepthwiseReadsStaysWhereItIs) {
    EXPECT_EQ(separable_pairs(widened(1, true)).size(), 1U);
    const Network network = widened(3, true);
    EXPECT_EQ(separable_pairs(network).size(), 0U);
    EXPECT_EQ(standard_counterpart(network).layers, network.layers);
}

TEST(StandardCounterpart, OfANetworkWithoutPairsIsTheNetwork) {
    const Network network = with_block(FusedInvertedBottleneckBlock{.channels = 8, .expansion = 2});
    EXPECT_EQ(standard_counterpart(network).layers, network.layers);
}

TEST(StandardCounterpart, HasNoDepthwiseLeftAndTheSameOutput) {
    Network reused;
    for (const char* name : test::kModels) {
        const Network network = expand(test::model(name), {.alpha = 0.75, .resolution = 161, .batch = 2});
        const Network standard = standard_counterpart(network);
        check_network(standard);
        EXPECT_EQ(separable_pairs(standard).size(), 0U) << name;
        EXPECT_EQ(standard.layers.back(), [&] {
            Layer last = network.layers.back();
            last.inputs[0] = static_cast<TensorId>(standard.layers.size()) - 1;
            return last;
        }()) << name;
        EXPECT_EQ(standard.layers.size() + separable_pairs(network).size(), network.layers.size()) << name;
        standard_counterpart_into(network, reused);
        EXPECT_EQ(reused.layers, standard.layers) << name;
    }
}

TEST(MadeSeparable, EveryStandardConvolutionIsAPair) {
    for (const char* name : test::kModels) {
        const Network network = expand(test::model(name), {.alpha = 0.75, .resolution = 65, .batch = 2});
        const Network separable = made_separable(network);
        check_network(separable);
        EXPECT_EQ(standard_convolutions(separable), 0U) << name;
        EXPECT_EQ(separable.layers.size(), network.layers.size() + standard_convolutions(network)) << name;
        EXPECT_EQ(separable_pairs(separable).size(),
                  separable_pairs(network).size() + standard_convolutions(network))
            << name;
        EXPECT_EQ(total_cost(standard_counterpart(separable)), total_cost(standard_counterpart(network)))
            << name;
        EXPECT_EQ(separable.layers.back().output, network.layers.back().output) << name;
    }
}

TEST(MadeSeparable, BothHaveWhatTheConvolutionHas) {
    const Network separable =
        made_separable(with_block(ConvBlock{.channels = 6, .kernel = {3, 1}, .stride = {2, 1}}));
    ASSERT_EQ(separable.layers.size(), 3U);
    EXPECT_EQ(names_of(separable), (Names{"stem", "b_depthwise", "b_pointwise"}));
    EXPECT_EQ(std::get<Conv>(separable.layers[1].kind).kernel, (Sides{3, 1}));
    EXPECT_EQ(std::get<Conv>(separable.layers[1].kind).groups, 8);
    EXPECT_EQ(separable.layers[1].output, (Shape{1, 4, 8, 8}));
    for (const std::size_t i : {1U, 2U}) {
        EXPECT_TRUE(std::get<Conv>(separable.layers[i].kind).batch_norm);
        EXPECT_EQ(separable.layers[i].activation, Activation::relu6);
    }
    EXPECT_EQ(names_of(made_separable(with_block(FusedInvertedBottleneckBlock{.channels = 8}))),
              (Names{"stem", "b/start_depthwise", "b/expand", "b/project", "b/add"}));
}

TEST(MadeSeparable, TotalsAreThoseOfTheLayers) {
    const Variant variant{.form = {.make_separable = true}};
    const ModelConfig& config = test::model("mobilenet_v2");
    EXPECT_EQ(total_cost(config, variant), total_cost(expand(config, variant)));
}

}  // namespace
}  // namespace mobilenet_cost

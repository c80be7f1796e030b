#include "mobilenet_cost/model/expand.h"

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "unit/csv.h"
#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::error_of;
using test::family;
using Lines = std::vector<std::string>;

std::string size(const Shape& shape) {
    return fmt::format("{}x{}x{}", shape.h, shape.w, shape.c);
}

/// "name op kernel/stride input->output activation", and what it reads if that is not the layer before it.
std::string line(const Network& network, std::size_t index) {
    const Layer& layer = network.layers[index];
    std::string text = layer_name(network, index) + " " + std::string(op_name(layer));
    if (const Conv* conv = std::get_if<Conv>(&layer.kind)) {
        text += fmt::format(" {}/{}", conv->kernel, conv->stride);
        text += std::string(conv->batch_norm ? " bn" : "") + (conv->bias ? " bias" : "");
    }
    text += " " + size(layer.input) + "->" + size(layer.output);
    if (layer.activation != Activation::none) text += " " + std::string(enum_name(layer.activation));
    if (layer.inputs[0] != static_cast<TensorId>(index)) text += fmt::format(" from {}", layer.inputs[0]);
    if (layer.inputs[1] != kNoTensor) text += fmt::format(" with {}", layer.inputs[1]);
    return text;
}

Lines lines(const ModelConfig& config, const Variant& variant = {}) {
    const Network network = expand(config, variant);
    check_network(network);
    Lines all;
    for (std::size_t i = 0; i < network.layers.size(); ++i)
        all.push_back(line(network, i));
    return all;
}

/// Stem of 8 channels that keeps the map, and then the block under test.
Lines block_lines(const BlockKind& kind, Activation activation = Activation::relu6) {
    Lines all =
        lines(family({{"stem", Activation::none, ConvBlock{.channels = 8}}, {"b", activation, kind}}));
    EXPECT_EQ(all.front(), "stem pointwise_conv2d 1/1 bn 8x8x3->8x8x8");
    all.erase(all.begin());
    return all;
}

TEST(ExpandBlock, Conv) {
    EXPECT_EQ(block_lines(ConvBlock{.channels = 16, .kernel = 3, .stride = 2}),
              (Lines{"b conv2d 3/2 bn 8x8x8->4x4x16 relu6"}));
    EXPECT_EQ(block_lines(ConvBlock{.channels = 16, .batch_norm = false, .bias = true}),
              (Lines{"b pointwise_conv2d 1/1 bias 8x8x8->8x8x16 relu6"}));
}

TEST(ExpandBlock, DepthwiseSeparable) {
    EXPECT_EQ(block_lines(DepthwiseSeparableBlock{.channels = 24, .kernel = 5, .stride = 2}),
              (Lines{"b_depthwise depthwise_conv2d 5/2 bn 8x8x8->4x4x8 relu6",
                     "b_pointwise pointwise_conv2d 1/1 bn 4x4x8->4x4x24 relu6"}));
}

TEST(ExpandBlock, InvertedResidualAddsItsInputWhereShapesAllow) {
    const InvertedResidualBlock block{.channels = 8, .expansion = 6};
    EXPECT_EQ(block_lines(block),
              (Lines{"b/expand pointwise_conv2d 1/1 bn 8x8x8->8x8x48 relu6",
                     "b/depthwise depthwise_conv2d 3/1 bn 8x8x48->8x8x48 relu6",
                     "b/project pointwise_conv2d 1/1 bn 8x8x48->8x8x8", "b/add add 8x8x8->8x8x8 with 1"}));
}

TEST(ExpandBlock, InvertedResidualWithoutResidual) {
    const auto adds = [](const InvertedResidualBlock& block) {
        return block_lines(block).back().starts_with("b/add");
    };
    EXPECT_TRUE(adds({.channels = 8, .expansion = 2}));
    EXPECT_FALSE(adds({.channels = 16, .expansion = 2})) << "other channels";
    EXPECT_FALSE(adds({.channels = 8, .stride = 2, .expansion = 2})) << "another size";
    EXPECT_FALSE(adds({.channels = 8, .expansion = 2, .residual = false})) << "not wanted";
}

TEST(ExpandBlock, StridedBlockOnOnePixelHasNoResidual) {
    // Its shapes agree, because SAME padding keeps one pixel; the published models decide by the stride.
    const ModelConfig config = family({{"stem", {}, ConvBlock{.channels = 8}},
                                       {"b", {}, InvertedResidualBlock{.channels = 8, .stride = 2}}});
    EXPECT_EQ(lines(config, {.resolution = 1}).back(), "b/project dense 1/1 bn 1x1x8->1x1x8");
}

TEST(ExpandBlock, InvertedResidualOfExpansionOneHasNoExpandLayer) {
    EXPECT_EQ(block_lines(InvertedResidualBlock{.channels = 16, .kernel = 5, .stride = 2}),
              (Lines{"b/depthwise depthwise_conv2d 5/2 bn 8x8x8->4x4x8 relu6",
                     "b/project pointwise_conv2d 1/1 bn 4x4x8->4x4x16"}));
}

TEST(ExpandBlock, SqueezeExcite) {
    const InvertedResidualBlock block{.channels = 16, .stride = 2, .expansion = 6, .squeeze_excite = 0.25};
    EXPECT_EQ(block_lines(block, Activation::hard_swish),
              (Lines{"b/expand pointwise_conv2d 1/1 bn 8x8x8->8x8x48 hard_swish",
                     "b/depthwise depthwise_conv2d 3/2 bn 8x8x48->4x4x48 hard_swish",
                     "b/squeeze_excite/pool global_average_pool 4x4x48->1x1x48",
                     "b/squeeze_excite/reduce dense 1/1 bias 1x1x48->1x1x12 relu",
                     "b/squeeze_excite/expand dense 1/1 bias 1x1x12->1x1x48 hard_sigmoid",
                     "b/squeeze_excite/scale multiply 4x4x48->4x4x48 from 3 with 6",
                     "b/project pointwise_conv2d 1/1 bn 4x4x48->4x4x16"}));
}

TEST(ExpandBlock, SqueezeExciteWidthIsRounded) {
    // A quarter of 16 is 4, which becomes the minimum of 8; of 96, 24; of 72, 18, which becomes 24 because 16
    // would lose over a tenth.
    const auto squeezed = [](const char* model, const char* block) {
        const Network network = expand(test::model(model), {});
        return network.layers[find_layer(network, std::string(block) + "/squeeze_excite/reduce")].output.c;
    };
    EXPECT_EQ(squeezed("mobilenet_v3_small", "expanded_conv_0"), 8);
    EXPECT_EQ(squeezed("mobilenet_v3_small", "expanded_conv_3"), 24);
    EXPECT_EQ(squeezed("mobilenet_v3_large", "expanded_conv_3"), 24);
}

TEST(ExpandBlock, UniversalInvertedBottleneck) {
    using Uib = UniversalInvertedBottleneckBlock;
    EXPECT_EQ(block_lines(Uib{.channels = 8, .start_kernel = 3, .middle_kernel = 5, .expansion = 4}),
              (Lines{"b/start_depthwise depthwise_conv2d 3/1 bn 8x8x8->8x8x8",
                     "b/expand pointwise_conv2d 1/1 bn 8x8x8->8x8x32 relu6",
                     "b/middle_depthwise depthwise_conv2d 5/1 bn 8x8x32->8x8x32 relu6",
                     "b/project pointwise_conv2d 1/1 bn 8x8x32->8x8x8", "b/add add 8x8x8->8x8x8 with 1"}))
        << "extra depthwise";
    EXPECT_EQ(block_lines(Uib{.channels = 8, .middle_kernel = 3, .stride = 2, .expansion = 4}),
              (Lines{"b/expand pointwise_conv2d 1/1 bn 8x8x8->8x8x32 relu6",
                     "b/middle_depthwise depthwise_conv2d 3/2 bn 8x8x32->4x4x32 relu6",
                     "b/project pointwise_conv2d 1/1 bn 4x4x32->4x4x8"}))
        << "inverted bottleneck";
    EXPECT_EQ(block_lines(Uib{.channels = 8, .expansion = 4}),
              (Lines{"b/expand pointwise_conv2d 1/1 bn 8x8x8->8x8x32 relu6",
                     "b/project pointwise_conv2d 1/1 bn 8x8x32->8x8x8", "b/add add 8x8x8->8x8x8 with 1"}))
        << "feed-forward network";
}

TEST(ExpandBlock, UniversalInvertedBottleneckStridesOnceWhereItsLastDepthwiseIs) {
    using Uib = UniversalInvertedBottleneckBlock;
    const Lines both =
        block_lines(Uib{.channels = 8, .start_kernel = 3, .middle_kernel = 3, .stride = 2, .expansion = 2});
    EXPECT_EQ(both[0], "b/start_depthwise depthwise_conv2d 3/1 bn 8x8x8->8x8x8");
    EXPECT_EQ(both[2], "b/middle_depthwise depthwise_conv2d 3/2 bn 8x8x16->4x4x16 relu6");
    const Lines start = block_lines(Uib{.channels = 8, .start_kernel = 5, .stride = 2, .expansion = 2});
    EXPECT_EQ(start, (Lines{"b/start_depthwise depthwise_conv2d 5/2 bn 8x8x8->4x4x8",
                            "b/expand pointwise_conv2d 1/1 bn 4x4x8->4x4x16 relu6",
                            "b/project pointwise_conv2d 1/1 bn 4x4x16->4x4x8"}))
        << "ConvNext-like";
}

TEST(ExpandBlock, FusedInvertedBottleneck) {
    EXPECT_EQ(block_lines(FusedInvertedBottleneckBlock{.channels = 24, .stride = 2, .expansion = 4}),
              (Lines{"b/expand conv2d 3/2 bn 8x8x8->4x4x32 relu6",
                     "b/project pointwise_conv2d 1/1 bn 4x4x32->4x4x24"}));
    EXPECT_EQ(block_lines(FusedInvertedBottleneckBlock{.channels = 8, .expansion = 2}).back(),
              "b/add add 8x8x8->8x8x8 with 1");
}

TEST(ExpandBlock, PoolAndClassifier) {
    const ModelConfig config = family({{"p", {}, PoolBlock{}}, {"c", {}, ClassifierBlock{}}});
    EXPECT_EQ(lines(config, {.classes = 7}),
              (Lines{"p global_average_pool 8x8x3->1x1x3", "c dense 1/1 bias 1x1x3->1x1x7"}));
    EXPECT_EQ(lines(config, {.classes = 7, .batch = 5}).size(), 2U);
    EXPECT_EQ(expand(config, {.batch = 5}).layers[1].output, (Shape{5, 1, 1, 1000}));
}

TEST(WidthScalingRule, AlwaysNeverAboveOne) {
    const auto widths = [](double alpha) {
        std::vector<std::int64_t> channels;
        for (const WidthScaling scaling :
             {WidthScaling::always, WidthScaling::never, WidthScaling::above_one}) {
            const ModelConfig config = family({{"c", {}, ConvBlock{.channels = 32, .scaling = scaling}}});
            channels.push_back(expand(config, {.alpha = alpha}).layers[0].output.c);
        }
        return channels;
    };
    EXPECT_EQ(widths(0.5), (std::vector<std::int64_t>{16, 32, 32}));
    EXPECT_EQ(widths(1), (std::vector<std::int64_t>{32, 32, 32}));
    EXPECT_EQ(widths(1.5), (std::vector<std::int64_t>{48, 32, 48}));
}

TEST(AlphaScopeRule, InnerKeepsFirstConvolutionAndClassifierAlone) {
    const Variant published{.alpha = 0.5};
    const Variant inner{.alpha = 0.5, .scope = AlphaScope::inner};
    const Network a = expand(test::model("mobilenet_v1"), published);
    const Network b = expand(test::model("mobilenet_v1"), inner);
    EXPECT_EQ(a.layers.front().output.c, 16);
    EXPECT_EQ(b.layers.front().output.c, 32);
    EXPECT_EQ(b.layers.back().output.c, 1000);
    EXPECT_EQ(b.layers[1].output.c, 32) << "a depthwise convolution has the width of its input";
    for (std::size_t i = 2; i < a.layers.size(); ++i)
        EXPECT_EQ(a.layers[i].output, b.layers[i].output) << layer_name(a, i);
    // 112 * 112 * 3 * 3 * (3 * 16 more in the stem + 16 more depthwise) + 112 * 112 * 16 * 32 more pointwise.
    EXPECT_EQ(total_cost(b).macs - total_cost(a).macs, 112 * 112 * (9 * (48 + 16) + 16 * 32));
}

TEST(RoundChannels, FileOfWidths) {
    const auto rows = test::read_csv("channel_rounding.csv");
    std::set<std::string> rules;
    for (const test::CsvRow& row : rows) {
        rules.insert(row["rule"]);
        ASSERT_TRUE(row["rule"] == "divisible" || row["rule"] == "truncate") << row.where;
        const Rounding rounding{
            .rule = row["rule"] == "divisible" ? Rounding::Rule::divisible : Rounding::Rule::truncate,
            .divisor = row.integer("divisor"),
            .minimum = row.integer("minimum"),
            .keep = row.number("keep")};
        EXPECT_EQ(round_channels(row.number("channels") * row.number("alpha"), rounding),
                  row.integer("expected"))
            << row.where;
    }
    EXPECT_EQ(rules.size(), 2U);
}

TEST(RoundChannels, DivisibleLosesAtMostATenthAndStopsAtTheMinimum) {
    const Rounding rule{.rule = Rounding::Rule::divisible, .divisor = 8, .minimum = 16, .keep = 0.9};
    EXPECT_EQ(round_channels(0.001, rule), 16);
    EXPECT_EQ(round_channels(17.7, rule), 16) << "16 is 0.904 of it";
    EXPECT_EQ(round_channels(17.8, rule), 24) << "16 is 0.899 of it";
    EXPECT_EQ(round_channels(20, rule), 24) << "a half goes up";
}

TEST(ResolutionOfBeta, NearestPixel) {
    const ModelConfig& config = test::model("mobilenet_v1");
    EXPECT_EQ(resolution_of_beta(config, 1), 224);
    EXPECT_EQ(resolution_of_beta(config, 160.0 / 224), 160);
    EXPECT_EQ(resolution_of_beta(config, 0.714), 160) << "159.936";
    EXPECT_EQ(resolution_of_beta(config, 1e-9), 1);
    EXPECT_EQ(error_of([&] { (void)resolution_of_beta(config, 0); }),
              "beta: expected a resolution multiplier above 0, found 0");
    EXPECT_EQ(error_of([&] { (void)resolution_of_beta(config, std::nan("")); }),
              "beta: expected a resolution multiplier above 0, found nan");
}

TEST(TotalCost, WithoutANetworkIsTheSameForAllModels) {
    Network reused;
    for (const char* name : test::kModels) {
        for (const Variant& variant : {Variant{}, Variant{.alpha = 0.35, .resolution = 97, .classes = 3},
                                       Variant{.alpha = 1.4, .batch = 3, .scope = AlphaScope::inner}}) {
            const ModelConfig& config = test::model(name);
            const Network network = expand(config, variant);
            EXPECT_EQ(total_cost(config, variant), total_cost(network)) << name << " " << variant.alpha;
            expand_into(config, variant, reused);
            EXPECT_EQ(reused.layers, network.layers) << name << " " << variant.alpha;
            EXPECT_EQ(reused.input, network.input);
        }
    }
}

TEST(ExpandError, VariantOutOfRange) {
    const ModelConfig& config = test::model("mobilenet_v1");
    const auto error = [&config](const Variant& variant) {
        const std::string expanded = error_of([&] { (void)expand(config, variant); });
        EXPECT_EQ(error_of([&] { (void)total_cost(config, variant); }), expanded);
        return expanded;
    };
    const std::string alpha = "alpha: expected a width multiplier above 0 and up to 1000, found ";
    EXPECT_EQ(error({.alpha = 0}), alpha + "0");
    EXPECT_EQ(error({.alpha = -0.5}), alpha + "-0.5");
    EXPECT_EQ(error({.alpha = std::nan("")}), alpha + "nan");
    EXPECT_EQ(error({.alpha = std::numeric_limits<double>::infinity()}), alpha + "inf");
    EXPECT_EQ(error({.alpha = 1000.01}), alpha + "1000.01");
    EXPECT_EQ(error({.resolution = -224}),
              "resolution: expected a whole number from 1 to 1000000, found -224");
    EXPECT_EQ(error({.resolution = 1'000'000'000}),
              "resolution: expected a whole number from 1 to 1000000, found 1000000000");
    EXPECT_EQ(error({.classes = 0}), "classes: expected a whole number from 1 to 100000000, found 0");
    EXPECT_EQ(error({.batch = 0}), "batch: expected a whole number from 1 to 1000000, found 0");
    EXPECT_EQ(error({.alpha = 0.25, .resolution = 32}), "no error");
}

TEST(ExpandError, ResolutionZeroIsTheModelsOwn) {
    EXPECT_EQ(expand(test::model("mobilenet_v4_conv_large"), {.resolution = 0}).input,
              (Shape{1, 384, 384, 3}));
}

TEST(ExpandError, ClassifierWithoutPool) {
    const ModelConfig config =
        family({{"stem", {}, ConvBlock{.channels = 8, .stride = 2}}, {"Logits", {}, ClassifierBlock{}}});
    EXPECT_EQ(error_of([&] { (void)expand(config, {}); }),
              "tiny: block \"Logits\": a classifier reads a 1x1 map, found 4x4 (put a pool block before it)");
    EXPECT_EQ(error_of([&] { (void)expand(config, {.resolution = 2}); }), "no error");
}

TEST(ExpandError, KernelThatDoesNotFit) {
    ModelConfig config = family({{"wide", {}, ConvBlock{.channels = 8, .kernel = 4}}});
    config.padding = PaddingRule::symmetric;
    // (4 - 1) / 2 = 1 zero on either side: 2 pixels become 4, 1 pixel only 3.
    EXPECT_EQ(error_of([&] { (void)expand(config, {.resolution = 2}); }), "no error");
    EXPECT_EQ(error_of([&] { (void)expand(config, {.resolution = 1}); }),
              "tiny: block \"wide\": a 4x4 kernel does not fit a map of 1x1");
    config.padding = PaddingRule::same;
    EXPECT_EQ(error_of([&] { (void)expand(config, {.resolution = 1}); }), "no error");
}

TEST(ExpandError, TooManyChannels) {
    const ModelConfig config = family({{"wide", {}, ConvBlock{.channels = 1 << 20}}});
    EXPECT_EQ(error_of([&] { (void)expand(config, {.alpha = 1000}); }),
              "tiny: block \"wide\": expected at most 268435456 channels, found 1.04858e+09");
}

TEST(ExpandError, CountsThatDoNotFit) {
    const Variant variant{.alpha = 100, .resolution = 1'000'000, .batch = 1'000'000};
    EXPECT_EQ(error_of([&] { (void)total_cost(test::model("mobilenet_v1"), variant); }),
              "a count exceeds the 64-bit range (2^63 - 1)");
}

}  // namespace
}  // namespace mobilenet_cost

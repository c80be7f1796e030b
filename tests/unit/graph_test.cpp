// Networks that are not chains: what a model file says of them, how they expand, what is live, and that the
// kinds of layers that chains have no use for compute what they should.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/liveness.h"
#include "mobilenet_cost/model/standard_counterpart.h"
#include "mobilenet_cost/model/width_expression.h"

#include "unit/engine_support.h"
#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::error_of;

double value_of(const std::string& formula) {
    return WidthExpression::parse(formula, "here")
        .value({.in = 18,
                .classes = 10,
                .alpha = 0.5,
                .scaled = [](double width) { return std::floor(width / 2); },
                .rounded = [](double width) { return std::floor(width); }});
}

TEST(WidthExpression, Values) {
    EXPECT_EQ(value_of("1 + 2 * 3 - 4 / 2"), 5);
    EXPECT_EQ(value_of("8 - 4 - 2"), 2) << "from the left";
    EXPECT_EQ(value_of("8 / 4 / 2"), 1);
    EXPECT_EQ(value_of("-(2 - 5) * -1"), -3);
    EXPECT_EQ(value_of("in*classes"), 180);
    EXPECT_EQ(value_of("ceil(in / 4) + floor(in / 4)"), 9);
    EXPECT_EQ(value_of("min(in, classes) + max(3, 4)"), 14);
    EXPECT_EQ(value_of("scaled(41) + rounded(1.5) + alpha"), 21.5);
    EXPECT_EQ(value_of("multiple(in, 4)"), 20);
    EXPECT_EQ(value_of("multiple(11, 8)"), 16) << "8 would lose more than a tenth";
    EXPECT_TRUE(std::isnan(value_of("in / (in - 18)")));
    EXPECT_TRUE(std::isnan(value_of("multiple(in, 0)")));
    EXPECT_TRUE(std::isnan(value_of("multiple(in, 2.5)")));
    EXPECT_TRUE(std::isnan(value_of("min(8, 1 / 0)")));
    EXPECT_TRUE(std::isnan(value_of("multiple(-1, 1e300)")));
}

TEST(WidthExpression, Errors) {
    const auto error = [](const std::string& formula) { return error_of([&] { (void)value_of(formula); }); };
    EXPECT_EQ(error("1 2"), "here: expected an operator in the formula \"1 2\", found \"2\"");
    EXPECT_EQ(error("max(1)"), "here: expected \",\" in the formula \"max(1)\", found \")\"");
    EXPECT_EQ(error("sqrt(2)"),
              "here: expected a number, in, classes, alpha or a function in the formula \"sqrt(2)\", found "
              "\"sqrt(2)\"");
    EXPECT_EQ(error(std::string(100, '(')), "here: expected a formula of at most 50 levels, found more");
    EXPECT_EQ(error(std::string(1001, '1')),
              "here: expected a formula of at most 1000 characters, found 1001");
}

const ModelConfig& every_kind() {
    return test::model("every_kind.json");
}

std::vector<std::string> names_of(const Network& network) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < network.layers.size(); ++i)
        names.push_back(layer_name(network, i));
    return names;
}

TEST(Graph, NamesOfParts) {
    const Network network = expand(every_kind(), {.resolution = 48});
    check_network(network);
    const std::vector<std::string> names = names_of(network);
    const std::vector<std::string> first(names.begin(), names.begin() + 13);
    EXPECT_EQ(first,
              (std::vector<std::string>{"stem", "max", "unit_1/left", "unit_1/right", "unit_1/conv",
                                        "unit_1/concat", "unit_1/shuffle", "unit_2/left", "unit_2/right",
                                        "unit_2/conv", "unit_2/concat", "unit_2/shuffle", "sums/identity"}));
    const std::size_t identity = find_layer(network, "sums/identity");
    EXPECT_EQ(block_name(network, identity), "sums");
    EXPECT_EQ(block_name(network, 0), "stem");
    EXPECT_EQ(layer_name(network, identity + 3), "sums/branch_3");
    EXPECT_EQ(layer_name(network, identity + 4), "sums/sum_1") << "three sums of four branches";
    EXPECT_EQ(network.layers[identity + 4].activation, Activation::none);
    EXPECT_EQ(network.layers[find_layer(network, "sums/sum")].activation, Activation::relu);
}

TEST(Graph, InputsAreThoseThatAreNamed) {
    const Network network = expand(every_kind(), {.resolution = 48});
    const auto reads = [&](const std::string& name) {
        std::vector<std::string> names;
        for_each_input(network.layers[find_layer(network, name)], [&](TensorId id) {
            names.push_back(id == 0 ? "input" : layer_name(network, static_cast<std::size_t>(id) - 1));
        });
        return names;
    };
    using Names = std::vector<std::string>;
    EXPECT_EQ(reads("stem"), Names{"input"});
    EXPECT_EQ(reads("unit_1/right"), Names{"max"});
    EXPECT_EQ(reads("unit_2/right"), Names{"unit_1/shuffle"}) << "copies without inputs follow each other";
    EXPECT_EQ(reads("sums/branch_3"), Names{"unit_2/shuffle"}) << "copies with inputs all read them";
    EXPECT_EQ(reads("more/sum"), (Names{"more/branch_1", "more/branch_2"}))
        << "without the absent batch norm";
    EXPECT_EQ(reads("all"), (Names{"gated", "half", "dilated"}));
    EXPECT_EQ(reads("gated"), (Names{"square", "weights"})) << "the gate comes second";
}

TEST(Graph, OutputsAreTapsAndTheLast) {
    const Network network = expand(every_kind(), {.resolution = 48});
    const TensorId tap = static_cast<TensorId>(find_layer(network, "more/sum")) + 1;
    EXPECT_EQ(output_tensors(network),
              (std::vector<TensorId>{tap, static_cast<TensorId>(network.layers.size())}));
    EXPECT_EQ(last_uses(network)[static_cast<std::size_t>(tap)], network.layers.size());
}

TEST(Graph, ATapIsLiveToTheEnd) {
    ModelConfig config = test::family({{"wide", {}, ConvBlock{.channels = 64, .kernel = 1}},
                                       {"narrow", {}, ConvBlock{.channels = 8, .kernel = 1}},
                                       {"last", {}, ConvBlock{.channels = 8, .kernel = 1}}});
    const auto peak = [&] { return peak_memory(expand(config, {}), Overlap::none).elements; };
    EXPECT_EQ(peak(), 8 * 8 * (64 + 8)) << "its channels and the next layer's";
    config.blocks[0].tap = true;
    config.branches = true;
    EXPECT_EQ(peak(), 8 * 8 * (64 + 8 + 8));
}

TEST(Graph, WhatIsReadElsewhereIsNoPair) {
    const auto config_of = [](std::vector<std::int32_t> inputs) {
        ModelConfig config = test::family({{"stem", {}, ConvBlock{.channels = 8, .kernel = 1}},
                                           {"dw", {}, DepthwiseBlock{}},
                                           {"pw", {}, ConvBlock{.channels = 8, .kernel = 1}},
                                           {"sum", {}, AddBlock{}, std::move(inputs)}});
        config.branches = true;
        return config;
    };
    EXPECT_EQ(separable_pairs(expand(config_of({2, 0}), {})).size(), 1U);
    EXPECT_TRUE(separable_pairs(expand(config_of({2, 1}), {})).empty()) << "the sum reads the depthwise, too";
    const Network network = expand(config_of({2, 0}), {});
    const Network standard = standard_counterpart(network);
    check_network(standard);
    EXPECT_EQ(standard.layers.size(), 3U);
    EXPECT_EQ(standard.layers.back().inputs, (std::array<TensorId, 2>{2, 1}));
}

TEST(Graph, OnlyAPlainPointwiseClosesAPair) {
    const auto pairs = [](const BlockKind& last) {
        ModelConfig config = test::family({{"dw", {}, DepthwiseBlock{.stride = 8}}, {"last", {}, last}});
        return separable_pairs(expand(config, {})).size();
    };
    EXPECT_EQ(pairs(ConvBlock{.channels = 8}), 1U);
    EXPECT_EQ(pairs(ConvBlock{.channels = 8, .stride = 2}), 0U);
    EXPECT_EQ(pairs(ConvBlock{.channels = 9, .groups = 3}), 0U);
    EXPECT_EQ(pairs(ClassifierBlock{}), 0U);
}

TEST(Graph, NumbersAreScaledAndFormulasAreNot) {
    const auto channels = [](const std::string& width, const Variant& variant) {
        const std::string text =
            R"({"schema": "mobilenet-cost.model.v2", "name": "n", "resolution": 8, "rounding": {"rule": "truncate", "minimum": 1},
            "blocks": [{"kind": "conv", "name": "a", "kernel": 1, "channels": )" +
            width +
            R"(}, {"kind": "conv", "name": "b", "kernel": 1, "channels": "in * 4"},
            {"kind": "slice", "name": "c", "channels": 40}]})";
        const Network network = expand(parse_model_config(text, "m.json"), variant);
        std::vector<std::int64_t> found;
        for (const Layer& layer : network.layers)
            found.push_back(layer.output.c);
        return found;
    };
    using Channels = std::vector<std::int64_t>;
    EXPECT_EQ(channels("32", {}), (Channels{32, 128, 40}));
    EXPECT_EQ(channels("32", {.alpha = 0.5}), (Channels{16, 64, 20}));
    EXPECT_EQ(channels("\"scaled(32)\"", {.alpha = 0.5}), (Channels{16, 64, 20}));
    EXPECT_EQ(channels("\"scaled(32)\"", {.alpha = 0.5, .scope = AlphaScope::inner}),
              (Channels{32, 128, 20}));
    EXPECT_EQ(channels("\"40 - 8\"", {.alpha = 0.5}), (Channels{32, 128, 20}));
}

TEST(Graph, ATapOnTheLastBlockIsOneOutput) {
    const Network network =
        expand(parse_model_config(R"({"schema": "mobilenet-cost.model.v2", "name": "n", "resolution": 8,
        "rounding": {"rule": "truncate", "minimum": 1}, "blocks": [{"kind": "conv", "name": "a", "kernel": 1, "channels": 4,
        "tap": true}]})",
                                  "m.json"),
               {});
    EXPECT_EQ(output_tensors(network), std::vector<TensorId>{1});
}

TEST(Graph, ResizeToTheNearestIsAMultiple) {
    const auto resized = [](const std::string& rule) {
        return error_of([&] {
            (void)expand(
                parse_model_config(R"({"schema": "mobilenet-cost.model.v2", "name": "n", "resolution": 9,
            "rounding": {"rule": "truncate", "minimum": 1}, "blocks": [{"kind": "conv", "name": "a", "kernel": 3, "stride": 2,
            "channels": 4}, {"kind": "resize", "name": "b", "like": "input", "rule": ")" +
                                       rule + "\"}]}",
                                   "m.json"),
                {});
        });
    };
    EXPECT_EQ(resized("bilinear"), "no error");
    EXPECT_EQ(resized("nearest"),
              "n: block \"b\" (/blocks/1): expected a multiple of 5x5 to resize to the nearest, found 9x9");
}

TEST(Graph, TheCounterpartKeepsTaps) {
    const Network standard = standard_counterpart(expand(every_kind(), {.resolution = 48}));
    check_network(standard);
    ASSERT_EQ(standard.taps.size(), 1U);
    EXPECT_EQ(layer_name(standard, static_cast<std::size_t>(standard.taps[0]) - 1), "more/sum");
}

TEST(Graph, TheTopIsOnlyWhatNothingLeadsAround) {
    EXPECT_EQ(error_of([] { (void)expand(every_kind(), {.form = {.top = false}}); }),
              "every_kind: it has no top to leave out: block \"more/sum\" is an output, too");
    EXPECT_EQ(
        error_of([] { (void)expand(every_kind(), {.form = {.output_stride = 8}}); }).find("block \"half\""),
        12U)
        << "no window of pooling is dilated";
}

/// One layer on an input of 2 x 2 x C.
std::vector<float> run_layer(const LayerKind& kind, const Shape& output, const std::vector<float>& values,
                             Activation activation = Activation::none, const LayerWeights& weights = {}) {
    const Shape input{1, 2, 2, static_cast<std::int64_t>(values.size()) / 4};
    const Layer layer{
        .kind = kind, .activation = activation, .inputs = {0, kNoTensor}, .input = input, .output = output};
    return run_once("reference", network_of(input, {layer}), {{weights}}, values);
}

using Values = std::vector<float>;

TEST(GraphLayers, WindowsOfPooling) {
    const Values plane = {1, 2, 3, 5};
    WindowPool pool{.rule = WindowPool::Rule::max, .kernel = 2, .stride = 2, .padding = {}};
    EXPECT_EQ(run_layer(pool, {1, 1, 1, 1}, plane), Values{5});
    pool.rule = WindowPool::Rule::average;
    EXPECT_EQ(run_layer(pool, {1, 1, 1, 1}, plane), Values{2.75F});
    pool.stride = 1;
    pool.padding = {.top = 0, .bottom = 1, .left = 0, .right = 1};
    EXPECT_EQ(run_layer(pool, {1, 2, 2, 1}, plane), (Values{2.75F, 3.5F, 4, 5})) << "of what lies in the map";
    pool.rule = WindowPool::Rule::max;
    EXPECT_EQ(run_layer(pool, {1, 2, 2, 1}, {-1, -2, -3, -5}), (Values{-1, -2, -3, -5}));
}

TEST(GraphLayers, ResizeAsPyTorchDoes) {
    // torch.nn.functional.interpolate(..., size=(4, 4), mode="bilinear", align_corners=False)
    EXPECT_EQ(run_layer(Resize{}, {1, 4, 4, 1}, {0, 4, 8, 12}),
              (Values{0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12}));
    EXPECT_EQ(run_layer(Resize{Resize::Rule::nearest}, {1, 3, 3, 1}, {0, 4, 8, 12}),
              (Values{0, 0, 4, 0, 0, 4, 8, 8, 12}));
    EXPECT_EQ(run_layer(Resize{}, {1, 1, 1, 1}, {0, 4, 8, 12}), Values{6});
}

TEST(GraphLayers, ChannelsThatMove) {
    const Values pixels = {0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33};
    EXPECT_EQ(run_layer(Slice{1}, {1, 2, 2, 2}, pixels), (Values{1, 2, 11, 12, 21, 22, 31, 32}));
    EXPECT_EQ(run_layer(ChannelShuffle{2}, {1, 2, 2, 4}, pixels),
              (Values{0, 2, 1, 3, 10, 12, 11, 13, 20, 22, 21, 23, 30, 32, 31, 33}));
}

TEST(GraphLayers, OfTheirOwn) {
    EXPECT_EQ(run_layer(ByChannel{}, {1, 2, 2, 1}, {1, 2, 3, 4}, Activation::relu, {{-2}, {5}}),
              (Values{3, 1, 0, 0}));
    EXPECT_EQ(run_layer(Activate{}, {1, 2, 2, 1}, {-1, 2, 7, 4}, Activation::relu6), (Values{0, 2, 6, 4}));
}

TEST(GraphLayers, SlopesAndFactors) {
    EXPECT_EQ(run_layer(ByChannel{ByChannel::Rule::prelu}, {1, 2, 2, 1}, {-2, 2, -6, 0}, Activation::none,
                        {{0.5}, {}}),
              (Values{-1, 2, -3, 0}));
    EXPECT_EQ(run_layer(ByChannel{ByChannel::Rule::scale}, {1, 2, 2, 1}, {-2, 2, -6, 0}, Activation::none,
                        {{3}, {}}),
              (Values{-6, 6, -18, 0}));
    EXPECT_EQ(run_layer(Activate{0.25F}, {1, 2, 2, 1}, {-4, 2, -8, 1}, Activation::leaky_relu),
              (Values{-1, 2, -2, 1}));
    // torch.nn.functional.gelu(torch.tensor([-1., 0., 1., 3.]))
    const Values gelu = run_layer(Activate{}, {1, 2, 2, 1}, {-1, 0, 1, 3}, Activation::gelu);
    const Values expected = {-0.15865526F, 0, 0.84134474F, 2.99595F};
    for (std::size_t i = 0; i < gelu.size(); ++i)
        EXPECT_NEAR(gelu[i], expected[i], 1e-6);
}

TEST(GraphLayers, ZerosAroundAMap) {
    EXPECT_EQ(
        run_layer(Pad{.padding = {.top = 1, .bottom = 0, .left = 0, .right = 1}}, {1, 3, 3, 1}, {1, 2, 3, 4}),
        (Values{0, 0, 0, 1, 2, 0, 3, 4, 0}));
    EXPECT_EQ(run_layer(Pad{.padding = {}, .channels_before = 1}, {1, 2, 2, 3}, {1, 2, 3, 4}),
              (Values{0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0}));
}

TEST(GraphLayers, SoftmaxOverChannels) {
    const float third = std::log(3.0F);  // exp: 1 and 3
    const Values found = run_layer(Softmax{}, {1, 2, 2, 2}, {0, third, third, 0, 5, 5, 90, -90});
    const Values expected = {0.25, 0.75, 0.75, 0.25, 0.5, 0.5, 1, 0};
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(found[i], expected[i], 1e-6);
}

TEST(GraphLayers, TransposedConvolutions) {
    // torch.nn.functional.conv_transpose2d, 2x2 input [[1, 2], [3, 4]], 2x2 filter [[1, 10], [100, 1000]]
    const LayerWeights weights{{1, 10, 100, 1000}, {0.5}};
    const TransposedConv twice{.kernel = 2, .stride = 2, .padding = {}};
    EXPECT_EQ(run_layer(twice, {1, 4, 4, 1}, {1, 2, 3, 4}, Activation::none, weights),
              (Values{1.5, 10.5, 2.5, 20.5, 100.5, 1000.5, 200.5, 2000.5, 3.5, 30.5, 4.5, 40.5, 300.5, 3000.5,
                      400.5, 4000.5}));
    const TransposedConv cut{
        .kernel = 2, .stride = 1, .padding = {.top = 1, .bottom = 0, .left = 0, .right = 1}};
    EXPECT_EQ(run_layer(cut, {1, 2, 2, 1}, {1, 2, 3, 4}, Activation::none, weights),
              (Values{103.5, 1234.5, 300.5, 3400.5}));
}

/// Every kind, in odd sizes and numbers of channels, on every engine that runs it.
TEST(GraphLayers, NativeIsTheReferenceAtAnyNumberOfThreads) {
    if (std::ranges::count(available_engines(), "native") == 0) GTEST_SKIP() << "no native engine";
    for (const Variant& variant :
         std::vector<Variant>{{.resolution = 48},
                              {.alpha = 0.6, .resolution = 37},
                              {.resolution = {33, 64}, .batch = 2},
                              {.alpha = 1.3, .resolution = 17, .classes = 7, .form = {.channels = 5}}}) {
        const Network network = expand(every_kind(), variant);
        const Weights weights = make_weights(network, 7);
        const std::vector<float> input = make_input(network.input, 7);
        const std::vector<float> expected = run_once("reference", network, weights, input);
        const std::vector<float> one = run_once("native", network, weights, input);
        ASSERT_EQ(one.size(), expected.size());
        float largest = 0;
        for (const float value : expected)
            largest = std::max(largest, std::abs(value));
        EXPECT_GT(largest, 0.05F) << "weights keep the values in range";
        for (std::size_t i = 0; i < one.size(); ++i)
            ASSERT_NEAR(one[i], expected[i], 2e-5F * largest) << "value " << i;
        EXPECT_EQ(run_once("native", network, weights, input, {.threads = 2}), one);
        EXPECT_EQ(
            run_once("native", network, weights, input, {.threads = 1, .keep_activations = true}).size(),
            one.size());
    }
}

TEST(GraphLayers, AnEngineWithoutAKernelNamesTheLayer) {
    const Network network = expand(every_kind(), {.resolution = 48});
    for (const std::string engine : {"onednn", "xnnpack"}) {
        if (std::ranges::count(available_engines(), engine) == 0) continue;
        EXPECT_EQ(
            error_of([&] { (void)find_engine(engine)->make_session(network, make_weights(network, 1), {}); }),
            "max: " + engine + " has no kernel for max_pool");
    }
}

}  // namespace
}  // namespace mobilenet_cost

#include "mobilenet_cost/model/model_config.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_files.h"

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::error_of;

/// A small valid model on four lines; the tests change one thing in it.
const std::string kModel = R"({"schema": "mobilenet-cost.model.v1", "name": "tiny", "resolution": 32,
"rounding": {"rule": "truncate", "minimum": 8},
"blocks": [{"kind": "conv", "name": "stem", "channels": 8, "kernel": 3, "stride": 2},
{"kind": "inverted_residual", "name": "b", "channels": 16, "kernel": 3, "expansion": 6}]})";

std::string replaced(const std::string& from, const std::string& to) {
    std::string text = kModel;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

std::string error_in(const std::string& text) {
    return error_of([&] { (void)parse_model_config(text, "m.json"); });
}

TEST(ParseModelConfig, Defaults) {
    const ModelConfig config = parse_model_config(kModel, "m.json");
    EXPECT_EQ(config.name, "tiny");
    EXPECT_EQ(config.title, "tiny") << "the name, where there is no title";
    EXPECT_EQ(config.resolution, 32);
    EXPECT_EQ(config.input_channels, 3);
    EXPECT_EQ(config.padding, PaddingRule::same);
    EXPECT_EQ(config.rounding, (Rounding{.rule = Rounding::Rule::truncate, .divisor = 1, .minimum = 8}));
    EXPECT_TRUE(config.alphas.empty());
    EXPECT_EQ(*config.block_names, (std::vector<std::string>{"stem", "b"}));
    EXPECT_EQ(config.blocks[0].activation, Activation::relu);
    const auto& block = std::get<InvertedResidualBlock>(config.blocks[1].kind);
    EXPECT_EQ(block.stride, 1);
    EXPECT_EQ(block.squeeze_excite, 0);
    EXPECT_TRUE(block.residual);
}

TEST(ParseModelConfig, EveryKey) {
    const ModelConfig config = parse_model_config(
        R"({"$schema": "x", "schema": "mobilenet-cost.model.v1", "name": "n", "title": "t", "description": "d",
        "sources": ["a", "b"], "resolution": 64, "input_channels": 1, "alphas": [1, 0.5], "resolutions": [64, 32],
        "padding": "symmetric", "rounding": {"rule": "divisible", "divisor": 4, "minimum": 4, "keep": 0.8},
        "activation": "hard_swish", "blocks": [
        {"kind": "conv", "name": "c", "channels": 8, "kernel": 1, "scale": "never", "batch_norm": false, "bias": true},
        {"kind": "inverted_residual", "name": "i", "channels": 8, "kernel": 5, "stride": 2, "expansion": [88, 24],
         "squeeze_excite": 0.25, "residual": false, "activation": "relu6"},
        {"kind": "universal_inverted_bottleneck", "name": "u", "channels": 8, "start_kernel": 3, "middle_kernel": 0,
         "stride": 2, "expansion": 0.5},
        {"kind": "fused_inverted_bottleneck", "name": "f", "channels": 8, "kernel": 3, "expansion": 2},
        {"kind": "pool", "name": "p"}, {"kind": "classifier", "name": "l"}]})",
        "m.json");
    EXPECT_EQ(config.sources, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(config.alphas, (std::vector<double>{1, 0.5}));
    EXPECT_EQ(config.resolutions, (std::vector<std::int64_t>{64, 32}));
    EXPECT_EQ(config.padding, PaddingRule::symmetric);
    EXPECT_EQ(config.rounding,
              (Rounding{.rule = Rounding::Rule::divisible, .divisor = 4, .minimum = 4, .keep = 0.8}));
    const auto& conv = std::get<ConvBlock>(config.blocks[0].kind);
    EXPECT_EQ(conv.scaling, WidthScaling::never);
    EXPECT_FALSE(conv.batch_norm);
    EXPECT_TRUE(conv.bias);
    EXPECT_EQ(config.blocks[0].activation, Activation::hard_swish);
    const auto& inverted = std::get<InvertedResidualBlock>(config.blocks[1].kind);
    EXPECT_EQ(inverted.expansion, 88.0 / 24);
    EXPECT_EQ(inverted.squeeze_excite, 0.25);
    EXPECT_FALSE(inverted.residual);
    EXPECT_EQ(config.blocks[1].activation, Activation::relu6);
    EXPECT_EQ(std::get<UniversalInvertedBottleneckBlock>(config.blocks[2].kind).expansion, 0.5);
    EXPECT_EQ(config.blocks[5].activation, Activation::none) << "a classifier has none";
}

struct ErrorRow {
    std::string from;
    std::string to;
    std::string error;  ///< after "m.json: "
};

void check(const std::vector<ErrorRow>& rows) {
    for (const ErrorRow& row : rows)
        EXPECT_EQ(error_in(replaced(row.from, row.to)), "m.json: " + row.error)
            << row.from << " -> " << row.to;
}

TEST(ParseModelConfig, Names) {
    check(
        {{"\"kernel\"", "\"kernal\"", "/blocks/0: unknown key \"kernal\" (did you mean \"kernel\"?)"},
         {"\"kernel\"", "\"krenel\"", "/blocks/0: unknown key \"krenel\" (did you mean \"kernel\"?)"},
         {"\"resolution\"", "\"resolutoin\"", "unknown key \"resolutoin\" (did you mean \"resolution\"?)"},
         {"\"conv\"", "\"convv\"", "/blocks/0: unknown kind \"convv\" (did you mean \"conv\"?)"},
         {"\"conv\"", "\"transformer\"",
          "/blocks/0: unknown kind \"transformer\" (known: conv, depthwise, depthwise_separable, "
          "inverted_residual, universal_inverted_bottleneck, fused_inverted_bottleneck, pool, max_pool, "
          "average_pool, squeeze_excite, add, multiply, concat, slice, resize, channel_shuffle, batch_norm, "
          "layer_scale, prelu, transposed_conv, pad, softmax, matmul, operator, unknown, activation, "
          "classifier)"},
         {"\"stride\": 2", "\"activation\": \"rela\"",
          "/blocks/0: unknown activation \"rela\" (did you mean \"relu\"?)"},
         {"\"stride\": 2", "\"activation\": \"softmax\"",
          "/blocks/0: unknown activation \"softmax\" (known: none, relu, relu6, hard_swish, hard_sigmoid, "
          "swish, sigmoid, leaky_relu, prelu, gelu)"},
         {"\"truncate\"", "\"trunkate\"",
          "/rounding: unknown rule \"trunkate\" (did you mean \"truncate\"?)"},
         {"\"minimum\": 8", "\"minimum\": 8, \"divisor\": 8",
          "/rounding: unknown key \"divisor\" (known: rule, minimum)"},
         {"\"name\": \"b\"", "\"name\": \"stem\"",
          "/blocks/1/name: expected a name no other block has, found \"stem\""}});
}

TEST(ParseModelConfig, MissingAndWrongValues) {
    check({{", \"name\": \"stem\"", "", "/blocks/0: expected a key \"name\", found none"},
           {"\"name\": \"tiny\", ", "", "expected a key \"name\", found none"},
           {"\"tiny\"", "\"\"", "/name: expected a text, found \"\""},
           {"\"tiny\"", "7", "/name: expected a text, found 7"},
           {"model.v1", "model.v3",
            "/schema: expected \"mobilenet-cost.model.v1\", found \"mobilenet-cost.model.v3\""},
           {"\"schema\": \"mobilenet-cost.model.v1\", ", "", "expected a key \"schema\", found none"},
           {"\"stride\": 2", "\"stride\": -2",
            "/blocks/0/stride: expected a whole number from 1 to 16, found -2"},
           {"\"stride\": 2", "\"stride\": 1.5",
            "/blocks/0/stride: expected a whole number from 1 to 16, found 1.5"},
           {"\"kernel\": 3", "\"kernel\": 0",
            "/blocks/0/kernel: expected a whole number from 1 to 255, found 0"},
           {"\"channels\": 8", "\"channels\": \"8\"",
            "/blocks/0/channels: expected a whole number from 1 to 1048576, or a formula, found \"8\""},
           {"\"channels\": 8", "\"channels\": 1e300",
            "/blocks/0/channels: expected a whole number from 1 to 1048576, found 1e+300"},
           {"\"resolution\": 32", "\"resolution\": 0",
            "/resolution: expected a whole number from 1 to 1000000, found 0"},
           {"\"resolution\": 32", "\"resolution\": null",
            "/resolution: expected a whole number from 1 to 1000000, found null"},
           {"{\"rule\": \"truncate\", \"minimum\": 8}", "8", "/rounding: expected an object, found 8"},
           {"\"stride\": 2", "\"batch_norm\": 1", "/blocks/0/batch_norm: expected true or false, found 1"}});
    EXPECT_EQ(error_in("[]"), "m.json: expected an object, found an array of 0");
    EXPECT_EQ(error_in("null"), "m.json: expected an object, found null");
}

TEST(ParseModelConfig, AlphasExpansionsAndRatios) {
    const std::string number = "expected a number above 0 and at most ";
    check(
        {{"\"resolution\"", "\"alphas\": [1, 0], \"resolution\"", "/alphas: " + number + "1000, found 0"},
         {"\"resolution\"", "\"alphas\": [-1], \"resolution\"", "/alphas: " + number + "1000, found -1"},
         {"\"resolution\"", "\"alphas\": [], \"resolution\"",
          "/alphas: expected an array of 1 to 100 values, found an array of 0"},
         {"\"resolution\"", "\"alphas\": 1, \"resolution\"",
          "/alphas: expected an array of 1 to 100 values, found 1"},
         {"\"expansion\": 6", "\"expansion\": 0", "/blocks/1/expansion: " + number + "1000, found 0"},
         {"\"expansion\": 6", "\"expansion\": \"6\"", "/blocks/1/expansion: " + number + "1000, found \"6\""},
         {"\"expansion\": 6", "\"expansion\": [1, 0]",
          "/blocks/1/expansion/1: " + number + "1000000, found 0"},
         {"\"expansion\": 6", "\"expansion\": [1, 2, 3]",
          "/blocks/1/expansion: expected a number or [numerator, denominator], found an array of 3"},
         {"\"expansion\": 6", "\"expansion\": [1001, 1]",
          "/blocks/1/expansion: expected at most 1000, found an array of 2"},
         {"\"expansion\": 6", "\"expansion\": 6, \"squeeze_excite\": 1.5",
          "/blocks/1/squeeze_excite: " + number + "1, found 1.5"}});
}

TEST(ParseModelConfig, StrideWithoutADepthwiseLayer) {
    const std::string block =
        "\"kind\": \"universal_inverted_bottleneck\", \"start_kernel\": 0, "
        "\"middle_kernel\": 0, \"stride\": 2";
    std::string text = replaced("\"kind\": \"inverted_residual\"", block);
    text.erase(text.rfind("\"kernel\": 3, "), std::string("\"kernel\": 3, ").size());
    EXPECT_EQ(error_in(text),
              "m.json: /blocks/1/stride: expected 1 where no depthwise convolution could stride, found 2");
}

TEST(ParseModelConfig, NoBlocks) {
    const std::size_t at = kModel.find("[{");
    EXPECT_EQ(error_in(kModel.substr(0, at) + "[]}"),
              "m.json: /blocks: expected an array of 1 to 4096 values, found an array of 0");
    EXPECT_EQ(error_in(kModel.substr(0, at) + "[3]}"), "m.json: /blocks/0: expected an object, found 3");
}

TEST(ParseModelConfig, PoolAndClassifierTakeNothing) {
    const std::string start = kModel.substr(0, kModel.find("[{"));
    for (const char* kind : {"pool", "classifier"}) {
        for (const char* key : {"activation", "channels"})
            EXPECT_EQ(error_in(start + "[{\"kind\": \"" + kind + "\", \"name\": \"x\", \"" + key +
                               "\": \"relu\"}]}"),
                      std::string("m.json: /blocks/0: unknown key \"") + key +
                          "\" (known: kind, name, inputs, repeat, tap)");
    }
}

TEST(ParseModelConfig, WhatAFileExtends) {
    const ModelConfig config = parse_model_config(
        R"({"schema": "mobilenet-cost.model.v2", "extends": "mobilenet_v1", "name": "mine", "padding": "end_only",
        "sizes": {"050": 0.5}, "changes": {"Conv2d_0": {"scale_from": 0.75, "padding": "same"}}})",
        "m.json");
    EXPECT_EQ(config.name, "mine");
    EXPECT_EQ(config.extends, "mobilenet_v1");
    EXPECT_EQ(config.blocks.size(), find_model("mobilenet_v1").blocks.size());
    EXPECT_EQ(config.padding, PaddingRule::end_only);
    ASSERT_EQ(config.sizes.size(), 1U);
    EXPECT_EQ(config.sizes[0].alpha, 0.5);
    const auto& stem = std::get<ConvBlock>(config.blocks[0].kind);
    EXPECT_EQ(stem.scaled_from, 0.75);
    EXPECT_EQ(stem.padding.rule, PaddingRule::same);
}

TEST(ParseModelConfig, ChangesAllBlocksOfAKind) {
    const ModelConfig config = parse_model_config(R"({
        "schema": "mobilenet-cost.model.v2", "extends": "mobilenet_v1", "name": "mine", "classes": 10,
        "changes": {"depthwise_separable": {"kernel": 5}, "Conv2d_0": {"channels": 16}}})",
                                                  "m.json");
    EXPECT_EQ(config.classes, 10);
    EXPECT_EQ(std::get<ConvBlock>(config.blocks[0].kind).channels, 16);
    EXPECT_EQ(std::get<ConvBlock>(config.blocks[0].kind).kernel, 3);
    for (std::size_t i = 1; i <= 13; ++i)
        EXPECT_EQ(std::get<DepthwiseSeparableBlock>(config.blocks[i].kind).kernel, 5);
}

TEST(ParseModelConfig, HowSqueezeAndExciteIsBuilt) {
    const ModelConfig config = parse_model_config(R"({
        "schema": "mobilenet-cost.model.v2", "extends": "mobilenet_v3_small", "name": "mine",
        "squeeze_excite": {"of": "input", "rounding": {"rule": "nearest", "minimum": 1}, "squeeze": "swish",
                           "gate": "sigmoid"}})",
                                                  "m.json");
    const SqueezeExcite& rule = config.squeeze_excite;
    EXPECT_EQ(rule.from, SqueezeExcite::From::input);
    EXPECT_EQ(rule.squeeze, Activation::swish);
    EXPECT_EQ(rule.gate, Activation::sigmoid);
    ASSERT_TRUE(rule.rounding.has_value());
    EXPECT_EQ(round_channels(2.5, *rule.rounding), 2);
    EXPECT_EQ(round_channels(3.5, *rule.rounding), 4);
    const Network network = expand(config, {});
    const Layer& reduce = network.layers[find_layer(network, "expanded_conv_0/squeeze_excite/reduce")];
    EXPECT_EQ(reduce.output.c, 4);  // a quarter of the block's 16 inputs
    EXPECT_EQ(reduce.activation, Activation::swish);
}

TEST(ParseModelConfig, WhatAFileCannotExtend) {
    const auto error = [](const std::string& keys) { return error_in(R"({"name": "mine", )" + keys + "}"); };
    EXPECT_EQ(
        error(R"("schema": "mobilenet-cost.model.v2", "extends": "mobilenet_v1", "changes": {"x": {}})"),
        "m.json: /changes/x: expected keys of a block, or a kind of block, that the extended model has");
    EXPECT_EQ(error(R"("schema": "mobilenet-cost.model.v2", "extends": "keras:MobileNetV9")").substr(0, 56),
              "m.json: /extends: unknown model \"keras:MobileNetV9\" (kno");
    EXPECT_TRUE(error(R"("schema": "mobilenet-cost.model.v1", "extends": "mobilenet_v1")")
                    .starts_with("m.json: /schema"));
    EXPECT_TRUE(error(R"("schema": "mobilenet-cost.model.v2", "extends": "mobilenet_v1",
                         "changes": {"Conv2d_0": {"expansion": 6}})")
                    .ends_with("expected channels or expansion, not both, found 6"));
}

TEST(ParseModelConfig, NotJson) {
    EXPECT_EQ(error_in(replaced("\"resolution\": 32", "\"resolution\": NaN")).substr(0, 31),
              "m.json: line 1, column 69: expe");
    EXPECT_EQ(error_in(replaced("\"channels\": 16", "\"channels\": -Infinity")).substr(0, 26),
              "m.json: line 4, column 57:");
    EXPECT_EQ(error_in(replaced("\"minimum\": 8", "\"minimum\": 8,")).substr(0, 26),
              "m.json: line 2, column 47:");
    EXPECT_EQ(error_in(kModel.substr(0, kModel.size() - 1)).substr(0, 26), "m.json: line 4, column 89:");
    EXPECT_EQ(error_in(replaced("\"stride\": 2", "\"kernel\": 3")),
              "m.json: /blocks/0: expected each key once, found \"kernel\" twice in one object");
    EXPECT_EQ(error_in(replaced("\"tiny\"", std::string(40, '[') + std::string(40, ']'))),
              "m.json: expected JSON nested at most 32 deep");
    EXPECT_NE(error_in(replaced("tiny", "\xff")), "no error") << "not UTF-8";
}

TEST(ModelConfig, BundledModelsHaveTheNameOfTheirFile) {
    for (const char* name : test::kModels) {
        const ModelConfig& config = test::model(name);
        EXPECT_EQ(config.name, name);
        EXPECT_FALSE(config.title.empty());
        EXPECT_FALSE(config.sources.empty());
        EXPECT_NE(std::find(config.alphas.begin(), config.alphas.end(), 1.0), config.alphas.end());
        EXPECT_NE(std::find(config.resolutions.begin(), config.resolutions.end(), config.resolution),
                  config.resolutions.end());
        EXPECT_NO_THROW(check_network(expand(config, {})));
    }
}

/// Looks in the source tree, wherever the build is; leaves the environment as it was.
class FindModel : public testing::Test {
  protected:
    FindModel() {
        if (const char* value = std::getenv(kVariable)) before_ = value;
        setenv(kVariable, MOBILENET_COST_SOURCE_DIR "/configs", 1);
    }
    ~FindModel() override {
        if (before_) {
            setenv(kVariable, before_->c_str(), 1);
        } else {
            unsetenv(kVariable);
        }
    }

    static constexpr const char* kVariable = "MOBILENET_COST_CONFIG_DIR";
    std::optional<std::string> before_;
};

TEST_F(FindModel, BundledNames) {
    EXPECT_EQ(model_names(), (std::vector<std::string>(test::kModels.begin(), test::kModels.end())));
    EXPECT_EQ(find_model("mobilenet_v2").title, "MobileNetV2");
    EXPECT_EQ(error_of([] { (void)find_model("mobilenet_v22"); }),
              "--model: unknown model \"mobilenet_v22\" (did you mean \"mobilenet_v2\"?)");
    EXPECT_TRUE(error_of([] {
                    (void)find_model("");
                }).starts_with("--model: unknown model \"\" (known: mobilenet_v1"));
}

TEST_F(FindModel, WordsForSeveral) {
    using Names = std::vector<std::string>;
    EXPECT_EQ(models_named({"all"}), model_names());
    EXPECT_EQ(models_named({"mobilenet_v2", "*_v4_conv_[ms]*", "a/*.json"}),
              (Names{"mobilenet_v2", "mobilenet_v4_conv_medium", "mobilenet_v4_conv_small", "a/*.json"}));
    EXPECT_EQ(models_named({"mobilenet_v1", "mobilenet_v1", "mobilenet_v?"}),
              (Names{"mobilenet_v1", "mobilenet_v1", "mobilenet_v2"}))
        << "a pattern adds no model again";
}

TEST_F(FindModel, AnotherNumberIsAnotherNetwork) {
    EXPECT_TRUE(error_of([] {
                    (void)find_model("mobilenet_v5");
                }).starts_with("--model: unknown model \"mobilenet_v5\" (known: mobilenet_v1"));
}

TEST_F(FindModel, Paths) {
    EXPECT_EQ(find_model(MOBILENET_COST_SOURCE_DIR "/configs/mobilenet_v1.json").name, "mobilenet_v1");
    EXPECT_EQ(error_of([] { (void)find_model("no_such_file.json"); }),
              "no_such_file.json: expected a readable file, found: No such file or directory");
}

TEST_F(FindModel, FolderWithoutConfigs) {
    setenv(kVariable, "/no/such/folder", 1);
    EXPECT_EQ(error_of([] { (void)find_model("mobilenet_v1"); }),
              "expected the bundled model configs in one of /no/such/folder, found none (set "
              "MOBILENET_COST_CONFIG_DIR)");
}

}  // namespace
}  // namespace mobilenet_cost

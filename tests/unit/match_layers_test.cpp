#include "mobilenet_cost/compare/match_layers.h"

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/model/expand.h"

namespace mobilenet_cost {
namespace {

/// Convolutions in a row, of these names and kernels.
MatchedNetwork convolutions(const std::vector<std::pair<std::string, int>>& layers) {
    std::string blocks;
    for (const auto& [name, kernel] : layers)
        blocks += (blocks.empty() ? "" : ",") + std::string(R"({"kind": "conv", "name": ")") + name +
                  R"(", "channels": 16, "kernel": )" + std::to_string(kernel) + "}";
    const ModelConfig config = parse_model_config(
        R"({"schema": "mobilenet-cost.model.v2", "name": "m", "resolution": 8, "input_channels": 16,
            "rounding": {"rule": "truncate", "minimum": 1}, "blocks": [)" +
            blocks + "]}",
        "test");
    MatchedNetwork made{expand(config, Variant{}), {}};
    made.ops = layer_ops(config, made.network);
    return made;
}

/// "a=a b- +c": pairs, layers of the base alone, layers of the contender alone.
std::string match(const std::vector<std::pair<std::string, int>>& base,
                  const std::vector<std::pair<std::string, int>>& contender) {
    const MatchedNetwork left = convolutions(base);
    const MatchedNetwork right = convolutions(contender);
    std::string text;
    for (const LayerPair& pair : match_layers(left, right)) {
        text += text.empty() ? "" : " ";
        if (pair.base) text += layer_name(left.network, *pair.base);
        text += pair.base && pair.contender ? "=" : pair.base ? "-" : "+";
        if (pair.contender) text += layer_name(right.network, *pair.contender);
    }
    return text;
}

TEST(MatchLayers, NamesAreNotNeeded) {
    EXPECT_EQ(match({{"a", 3}, {"b", 5}, {"c", 1}}, {{"x", 3}, {"y", 5}, {"z", 1}}), "a=x b=y c=z");
}

TEST(MatchLayers, OneMoreOrOneLess) {
    EXPECT_EQ(match({{"a", 3}, {"b", 5}, {"c", 7}}, {{"a", 3}, {"c", 7}}), "a=a b- c=c");
    EXPECT_EQ(match({{"a", 3}, {"c", 7}}, {{"a", 3}, {"b", 1}, {"c", 7}}), "a=a +b c=c");
}

TEST(MatchLayers, NamesDecideAmongLayersThatAreAlike) {
    EXPECT_EQ(match({{"s", 7}, {"a", 3}, {"b", 3}, {"t", 7}}, {{"u", 1}, {"b", 3}, {"v", 1}}),
              "s- a- +u b=b t=v");
}

TEST(MatchLayers, OfRepeatedLayersTheLastIsLeftOver) {
    EXPECT_EQ(match({{"a", 3}, {"b", 5}, {"c", 3}, {"d", 5}, {"e", 3}, {"f", 5}},
                    {{"t", 3}, {"u", 5}, {"v", 3}, {"w", 5}, {"x", 1}}),
              "a=t b=u c=v d=w e- f- +x");
}

TEST(MatchLayers, AChangedLayerBetweenEqualOnes) {
    EXPECT_EQ(match({{"a", 3}, {"b", 5}, {"c", 7}}, {{"x", 3}, {"y", 1}, {"z", 7}}), "a=x b=y c=z");
    EXPECT_EQ(match({{"a", 3}, {"b", 5}, {"c", 5}, {"d", 7}}, {{"a", 3}, {"c", 9}, {"d", 7}}),
              "a=a b- c=c d=d");
}

TEST(MatchLayers, EveryLayerOnceAndInOrder) {
    const MatchedNetwork base = convolutions({{"a", 1}, {"b", 3}, {"c", 1}, {"d", 5}, {"e", 7}});
    const MatchedNetwork contender = convolutions({{"e", 7}, {"d", 5}, {"c", 3}, {"b", 3}});
    std::size_t i = 0;
    std::size_t j = 0;
    for (const LayerPair& pair : match_layers(base, contender)) {
        if (pair.base) EXPECT_EQ(*pair.base, i++);
        if (pair.contender) EXPECT_EQ(*pair.contender, j++);
    }
    EXPECT_EQ(i, base.network.layers.size());
    EXPECT_EQ(j, contender.network.layers.size());
}

}  // namespace
}  // namespace mobilenet_cost

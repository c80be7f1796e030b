#include "mobilenet_cost/model/layer.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::error_of;

Layer layer(const LayerKind& kind, const Shape& input, const Shape& output, Role role = Role::whole) {
    Layer result;
    result.kind = kind;
    result.role = role;
    result.inputs = {0, kNoTensor};
    result.input = input;
    result.output = output;
    return result;
}

struct CostRow {
    std::string what;
    Layer layer;
    Cost cost;  ///< worked by hand: macs, weights, biases, bn_channels, input_elements, output_elements
};

const Conv kStem{.kernel = 3, .stride = 2, .padding = {0, 1, 0, 1}, .batch_norm = true};
const Conv kDepthwise32{.kernel = 3, .groups = 32, .padding = {1, 1, 1, 1}, .batch_norm = true};
const Conv kPointwise{.padding = {}, .batch_norm = true};
const Conv kDense{.padding = {}, .bias = true};

/// Formulas beside the numbers that do not follow at a glance.
const std::vector<CostRow>& cost_rows() {
    static const std::vector<CostRow> rows = {
        {"MobileNetV1's first convolution: 112 * 112 * 3 * 3 * 3 * 32",
         layer(kStem, {1, 224, 224, 3}, {1, 112, 112, 32}),
         {10'838'016, 864, 0, 32, 150'528, 401'408}},
        {"depthwise: 112 * 112 * 3 * 3 * 32",
         layer(kDepthwise32, {1, 112, 112, 32}, {1, 112, 112, 32}),
         {3'612'672, 288, 0, 32, 401'408, 401'408}},
        {"pointwise: 112 * 112 * 32 * 64",
         layer(kPointwise, {1, 112, 112, 32}, {1, 112, 112, 64}),
         {25'690'112, 2'048, 0, 64, 401'408, 802'816}},
        {"classifier: a bias and no batch norm",
         layer(kDense, {1, 1, 1, 1024}, {1, 1, 1, 1000}, Role::classifier),
         {1'024'000, 1'024'000, 1'000, 0, 1'024, 1'000}},
        {"5x5 in 4 groups, batch 2: weights 25 * 8/4 * 12, MACs 2 * 10 * 10 * 600",
         layer(Conv{.kernel = 5, .groups = 4, .padding = {2, 2, 2, 2}}, {2, 10, 10, 8}, {2, 10, 10, 12}),
         {120'000, 600, 0, 0, 1'600, 2'400}},
        {"atrous: 6 * 5 * 9 * 4 taps, as if they were neighbours",
         layer(Conv{.kernel = 3, .dilation = 2, .groups = 4, .padding = {2, 2, 2, 2}}, {1, 6, 5, 4},
               {1, 6, 5, 4}),
         {1'080, 36, 0, 0, 120, 120}},
        {"depth multiplier 2: 6 * 5 * 9 * 8",
         layer(Conv{.kernel = 3, .groups = 4, .padding = {1, 1, 1, 1}}, {1, 6, 5, 4}, {1, 6, 5, 8}),
         {2'160, 72, 0, 0, 120, 240}},
        {"oblong map: 3 * 4 * 9 * 3 * 2, bias and batch norm",
         layer(Conv{.kernel = 3, .stride = 2, .padding = {1, 1, 1, 1}, .batch_norm = true, .bias = true},
               {1, 5, 7, 3}, {1, 3, 4, 2}),
         {648, 54, 2, 2, 105, 24}},
        {"depthwise at batch 3: weights do not grow",
         layer(kDepthwise32, {3, 4, 4, 32}, {3, 4, 4, 32}),
         {13'824, 288, 0, 32, 1'536, 1'536}},
        {"pooling has no MACs: tools that count it say so in their convention",
         layer(GlobalPool{}, {1, 7, 7, 1024}, {1, 1, 1, 1024}),
         {0, 0, 0, 0, 50'176, 1'024}},
        {"residual sum reads two tensors",
         layer(Add{}, {1, 14, 14, 96}, {1, 14, 14, 96}),
         {0, 0, 0, 0, 37'632, 18'816}},
        {"gate reads its map and one value per image and channel: 2 * 28 * 28 * 72 + 2 * 72",
         layer(Scale{}, {2, 28, 28, 72}, {2, 28, 28, 72}),
         {0, 0, 0, 0, 113'040, 112'896}},
    };
    return rows;
}

TEST(LayerCost, EveryKindByHand) {
    for (const CostRow& row : cost_rows()) {
        SCOPED_TRACE(row.what);
        const Cost cost = layer_cost(row.layer);
        EXPECT_EQ(cost.macs, row.cost.macs);
        EXPECT_EQ(cost.weights, row.cost.weights);
        EXPECT_EQ(cost.biases, row.cost.biases);
        EXPECT_EQ(cost.bn_channels, row.cost.bn_channels);
        EXPECT_EQ(cost.input_elements, row.cost.input_elements);
        EXPECT_EQ(cost.output_elements, row.cost.output_elements);
    }
}

TEST(LayerCost, ActivationCostsNothing) {
    for (const CostRow& row : cost_rows()) {
        Layer activated = row.layer;
        activated.activation = Activation::hard_swish;
        EXPECT_EQ(layer_cost(activated), layer_cost(row.layer)) << row.what;
    }
}

TEST(LayerCost, OverflowIsAnErrorInEveryKind) {
    const std::string expected = "a count exceeds the 64-bit range (2^63 - 1)";
    const std::int64_t k2to21 = 1 << 21;
    const Shape huge{k2to21, k2to21, k2to21, 1};  // 2^63 elements
    const Shape large{k2to21, k2to21, k2to21 / 2, 1};
    const Shape gate{1, 1, 1, 1};
    EXPECT_EQ(error_of([&] { (void)layer_cost(layer(kPointwise, gate, huge)); }), expected);
    EXPECT_EQ(error_of([&] { (void)layer_cost(layer(kPointwise, huge, gate)); }), expected);
    EXPECT_EQ(error_of([&] { (void)layer_cost(layer(GlobalPool{}, huge, gate)); }), expected);
    EXPECT_EQ(error_of([&] { (void)layer_cost(layer(Add{}, large, large)); }), expected) << "2 * 2^62";
    EXPECT_EQ(error_of([&] { (void)layer_cost(layer(Scale{}, huge, huge)); }), expected);
    EXPECT_EQ(error_of([&] { (void)layer_cost(layer(Conv{.kernel = 2, .padding = {}}, large, large)); }),
              expected)
        << "MACs alone overflow: 2^62 outputs of 4 taps";
    const Conv kernel_overflows{.kernel = std::int64_t{1} << 32, .padding = {}};
    EXPECT_EQ(error_of([&] { (void)layer_cost(layer(kernel_overflows, gate, gate)); }), expected);
}

TEST(LayerCost, LargestCountsThatFitAreExact) {
    const Shape row{1, 1, 1 << 30, 1 << 20};
    const Cost cost = layer_cost(layer(Conv{.groups = 1 << 20, .padding = {}}, row, row));
    EXPECT_EQ(cost.macs, std::int64_t{1} << 50);
    EXPECT_EQ(cost.weights, 1 << 20);
    const Cost sum = layer_cost(layer(Add{}, {1, 1 << 20, 1 << 20, 1 << 21}, {1, 1 << 20, 1 << 20, 1 << 21}));
    EXPECT_EQ(sum.input_elements, std::int64_t{1} << 62);
}

struct OpRow {
    std::string what;
    Layer layer;
    std::string_view op;
    bool depthwise;
    bool pointwise;
};

TEST(OpName, EveryKindAndItsEdges) {
    const Conv depthwise1x1{.groups = 8, .padding = {}};
    const Conv depthwise3x3{.kernel = 3, .groups = 8, .padding = {1, 1, 1, 1}};
    const Conv grouped{.kernel = 3, .groups = 4, .padding = {1, 1, 1, 1}};
    const Conv plain3x3{.kernel = 3, .padding = {1, 1, 1, 1}};
    const Shape map{1, 4, 4, 8};
    const Shape one_channel{1, 4, 4, 1};
    const Shape pixel{1, 1, 1, 8};
    const std::vector<OpRow> rows = {
        {"3x3", layer(plain3x3, map, map), "conv2d", false, false},
        {"1x1", layer(Conv{}, map, map), "pointwise_conv2d", false, true},
        {"1x1, one channel to one", layer(Conv{}, one_channel, one_channel), "pointwise_conv2d", false, true},
        {"3x3, one channel to one", layer(plain3x3, one_channel, one_channel), "depthwise_conv2d", true,
         false},
        {"3x3, one group per channel", layer(depthwise3x3, map, map), "depthwise_conv2d", true, false},
        {"1x1, one group per channel", layer(depthwise1x1, map, map), "depthwise_conv2d", true, false},
        {"depth multiplier 2", layer(depthwise3x3, map, {1, 4, 4, 16}), "depthwise_conv2d", true, false},
        {"1x1, depth multiplier 3", layer(depthwise1x1, map, {1, 4, 4, 24}), "depthwise_conv2d", true, false},
        {"3x3 on a grey image", layer(plain3x3, one_channel, map), "conv2d", false, false},
        {"4 groups of 2", layer(grouped, map, map), "conv2d", false, false},
        {"1x1 on one pixel", layer(Conv{}, pixel, {1, 1, 1, 5}), "dense", false, true},
        {"1x1 on one pixel of several images", layer(Conv{}, {4, 1, 1, 8}, {4, 1, 1, 5}), "dense", false,
         true},
        {"1x1 on a row of pixels", layer(Conv{}, {1, 1, 2, 8}, {1, 1, 2, 8}), "pointwise_conv2d", false,
         true},
        {"3x3 on one pixel", layer(plain3x3, pixel, pixel), "conv2d", false, false},
        {"depthwise on one pixel", layer(depthwise3x3, pixel, pixel), "depthwise_conv2d", true, false},
        {"classifier", layer(kDense, pixel, {1, 1, 1, 1}, Role::classifier), "dense", false, true},
        {"pool", layer(GlobalPool{}, map, pixel), "global_average_pool", false, false},
        {"add", layer(Add{}, map, map), "add", false, false},
        {"scale", layer(Scale{}, map, map), "multiply", false, false},
    };
    for (const OpRow& row : rows) {
        EXPECT_EQ(op_name(row.layer), row.op) << row.what;
        EXPECT_EQ(is_depthwise(row.layer), row.depthwise) << row.what;
        EXPECT_EQ(is_pointwise(row.layer), row.pointwise) << row.what;
    }
}

TEST(ActivationName, AsInAConfig) {
    EXPECT_EQ(enum_name(Activation::none), "none");
    EXPECT_EQ(enum_name(Activation::relu), "relu");
    EXPECT_EQ(enum_name(Activation::relu6), "relu6");
    EXPECT_EQ(enum_name(Activation::hard_swish), "hard_swish");
    EXPECT_EQ(enum_name(Activation::hard_sigmoid), "hard_sigmoid");
    EXPECT_EQ(enum_name(Activation::swish), "swish");
    EXPECT_EQ(enum_name(Activation::sigmoid), "sigmoid");
}

}  // namespace
}  // namespace mobilenet_cost

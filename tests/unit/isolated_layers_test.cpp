#include "mobilenet_cost/measure/isolated_layers.h"

#include <gtest/gtest.h>

#include "unit/engine_support.h"

namespace mobilenet_cost {
namespace {

const Shape kShape{1, 6, 6, 8};

/// conv b0, pool b1 of it, b0 * b1, linear conv b3, b2 + b3.
Network gated_network() {
    const Layer first = conv_layer(kShape, 8, Conv{}, Activation::relu);
    Layer pool = pool_layer(kShape);
    pool.inputs = {1, kNoTensor};
    Layer linear = conv_layer(kShape, 8, Conv{}, Activation::none);
    linear.inputs = {3, kNoTensor};
    // Read again by the sum: the product must outlive the convolution.
    return network_of(kShape, {first, pool, binary_layer(Scale{}, 1, 2, kShape), linear,
                               binary_layer(Add{}, 1, 4, kShape)});
}

TEST(IsolatedLayers, AConvolutionStandsAloneWithItsWeights) {
    const Network network = gated_network();
    const Weights weights = make_weights(network, 1);
    const IsolatedLayer isolated = isolate_layer(network, weights, 3);
    ASSERT_EQ(isolated.network.layers.size(), 1U);
    EXPECT_EQ(isolated.first, 0U);
    EXPECT_EQ(isolated.count, 1U);
    EXPECT_EQ(isolated.network.input, network.layers[3].input);
    EXPECT_EQ(isolated.network.layers[0].kind, network.layers[3].kind);
    EXPECT_EQ(isolated.weights.layers[0].filter, weights.layers[3].filter);
    EXPECT_EQ(isolated.weights.layers[0].bias, weights.layers[3].bias);
}

TEST(IsolatedLayers, OperandsAreWrittenBefore) {
    const Network network = gated_network();
    const Weights weights = make_weights(network, 1);
    const IsolatedLayer product = isolate_layer(network, weights, 2);
    EXPECT_EQ(product.first, product.network.layers.size() - 1);
    EXPECT_EQ(product.network.layers.back().kind, network.layers[2].kind);
    EXPECT_EQ(tensor_shape(product.network, product.network.layers.back().inputs[1]), (Shape{1, 1, 1, 8}));
    const IsolatedLayer sum = isolate_layer(network, weights, 4);
    EXPECT_NE(sum.network.layers.back().inputs[0], 0);
    EXPECT_NE(sum.network.layers.back().inputs[0], sum.network.layers.back().inputs[1]);
}

TEST(IsolatedLayers, AConvolutionWithItsSumKeepsTheOrderOfTheAddends) {
    const Network network = gated_network();
    const Weights weights = make_weights(network, 1);
    const IsolatedLayer isolated = isolate_layer(network, weights, 3, true);
    ASSERT_EQ(isolated.network.layers.size(), 3U);
    EXPECT_EQ(isolated.first, 1U);
    EXPECT_EQ(isolated.count, 2U);
    EXPECT_EQ(isolated.network.layers[2].inputs, (std::array<TensorId, 2>{1, 2}));
    EXPECT_EQ(isolated.weights.layers[1].filter, weights.layers[3].filter);
}

/// What an engine fuses in the whole network it fuses alone, too; and every layer runs by itself.
TEST(IsolatedLayers, EveryEngineRunsThemAndFusesAsInTheWhole) {
    const Network network = gated_network();
    const Weights weights = make_weights(network, 1);
    for (const std::string& name : available_engines()) {
        SCOPED_TRACE(name);
        const auto engine = find_engine(name);
        const auto whole = engine->make_session(network, weights, {});
        std::vector<LayerProfile> profiles(1);
        MeasureSettings settings{.rounds = 2, .max_seconds = 2};
        const IsolatedTarget target{
            .whole = {.session = whole.get(), .pin_cpu = std::nullopt, .profile = 0, .before_pass = {}},
            .engine = engine,
            .threads = 1,
            .before_pass = {}};
        profiles[0].mode = LayerMode::isolated;
        measure_isolated_layers(network, weights, {target}, settings, {}, profiles);
        ASSERT_EQ(profiles[0].status, BenchStatus::ok) << profiles[0].reason;
        const std::vector<std::string> kernels = whole->kernels();
        ASSERT_EQ(profiles[0].layers.size(), kernels.size());
        for (std::size_t i = 0; i < kernels.size(); ++i) {
            EXPECT_EQ(profiles[0].layers[i].kernel, kernels[i]);
            EXPECT_EQ(profiles[0].layers[i].fused, kernels[i].rfind(kFusedInto, 0) == 0);
            if (!profiles[0].layers[i].fused) {
                EXPECT_GT(profiles[0].layers[i].mean_seconds, 0);
            }
        }
    }
}

TEST(IsolatedLayers, OnednnAndNativeFuseTheSumOfThePair) {
    const auto names = available_engines();
    const Network network = gated_network();
    const IsolatedLayer isolated = isolate_layer(network, make_weights(network, 1), 3, true);
    for (const std::string& name : names) {
        const auto session = find_engine(name)->make_session(isolated.network, isolated.weights, {});
        const bool fuses = session->kernels()[2].rfind(kFusedInto, 0) == 0;
        EXPECT_EQ(fuses, name == "onednn" || name == "native") << name;
    }
}

}  // namespace
}  // namespace mobilenet_cost

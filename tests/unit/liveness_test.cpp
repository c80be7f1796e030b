#include "mobilenet_cost/model/liveness.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/standard_counterpart.h"

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::family;
using Uses = std::vector<std::size_t>;

Layer layer(const LayerKind& kind, TensorId first, TensorId second, const Shape& input, const Shape& output) {
    Layer result;
    result.kind = kind;
    result.inputs = {first, second};
    result.input = input;
    result.output = output;
    return result;
}

TEST(LastUses, InputResidualAndOutput) {
    // Tensors: 0 input, 1 stem, 2 expand, 3 depthwise, 4 project, 5 add.
    const Network network = expand(family({{"stem", {}, ConvBlock{.channels = 8}},
                                           {"b", {}, InvertedResidualBlock{.channels = 8, .expansion = 2}}}),
                                   {});
    EXPECT_EQ(last_uses(network), (Uses{0, 4, 2, 3, 4, 5}));
}

TEST(LastUses, ATensorReadTwiceInOneLayer) {
    const Shape map{1, 2, 2, 8};
    Network network;
    network.input = map;
    network.layers = {layer(Add{}, 0, 0, map, map)};
    EXPECT_EQ(last_uses(network), (Uses{0, 1}));
    EXPECT_EQ(peak_memory(network, Overlap::none), (PeakMemory{64, 0}));
    EXPECT_EQ(peak_memory(network, Overlap::in_place), (PeakMemory{32, 0}));
}

TEST(PeakMemory, ATensorReadTwiceIsFreedOnce) {
    const Shape map{1, 2, 2, 8};
    const Shape wide{1, 2, 2, 16};
    Network network;
    network.input = map;
    network.layers = {layer(Add{}, 0, 0, map, map), layer(Conv{.padding = {}}, 1, kNoTensor, map, wide)};
    EXPECT_EQ(peak_memory(network, Overlap::none), (PeakMemory{32 + 64, 1}));
}

// 64 values in, 4x4 maps of 2; the plane of one input channel becomes two of 2x2.
TEST(PeakMemory, ADepthMultiplierNeedsAllPlanesOfOneChannel) {
    const Shape in{1, 4, 4, 4}, out{1, 2, 2, 8};
    Network network;
    network.input = in;
    const Conv conv{.kernel = 3, .stride = 2, .groups = 4, .padding = {0, 1, 0, 1}};
    network.layers = {layer(conv, 0, kNoTensor, in, out)};
    EXPECT_EQ(peak_memory(network, Overlap::none), (PeakMemory{64 + 32, 0}));
    EXPECT_EQ(peak_memory(network, Overlap::in_place), (PeakMemory{64 + 8, 0}));
}

TEST(PeakMemory, ChainByHand) {
    // 8x8x3 = 192 in; stem 8x8x8 = 512; conv /2 4x4x16 = 256; pool 16; classifier 1000.
    const Network network = expand(family({{"stem", {}, ConvBlock{.channels = 8}},
                                           {"c", {}, ConvBlock{.channels = 16, .stride = 2}},
                                           {"pool", {}, PoolBlock{}},
                                           {"Logits", {}, ClassifierBlock{}}}),
                                   {});
    EXPECT_EQ(peak_memory(network, Overlap::none), (PeakMemory{16 + 1000, 3}));
    EXPECT_EQ(peak_memory(network, Overlap::in_place), (PeakMemory{16 + 1000, 3}));
    Network short_network = network;
    short_network.layers.pop_back();
    EXPECT_EQ(peak_memory(short_network, Overlap::none), (PeakMemory{512 + 256, 1}));
}

TEST(PeakMemory, FirstOfEqualLayers) {
    const Network network = expand(family({{"a", {}, ConvBlock{.channels = 8}},
                                           {"b", {}, ConvBlock{.channels = 8}},
                                           {"c", {}, ConvBlock{.channels = 8}}}),
                                   {});
    EXPECT_EQ(peak_memory(network, Overlap::none), (PeakMemory{1024, 1}));
}

TEST(PeakMemory, ResidualHoldsTheBlocksInput) {
    // 512 held through the block: expand 512 + 1024, depthwise 512 + 1024 + 1024, project 512 + 1024 + 512.
    const InvertedResidualBlock block{.channels = 8, .expansion = 2};
    const auto network = [&](bool residual) {
        InvertedResidualBlock kind = block;
        kind.residual = residual;
        return expand(family({{"stem", {}, ConvBlock{.channels = 8}}, {"b", {}, kind}}), {});
    };
    EXPECT_EQ(peak_memory(network(true), Overlap::none), (PeakMemory{2560, 2}));
    EXPECT_EQ(peak_memory(network(false), Overlap::none), (PeakMemory{2048, 2}));
    // In place: the depthwise adds one plane of 8x8 to 512 + 1024, the projection is the peak.
    EXPECT_EQ(peak_memory(network(true), Overlap::in_place), (PeakMemory{2048, 3}));
    EXPECT_EQ(peak_memory(network(false), Overlap::in_place), (PeakMemory{1536, 1}));
}

TEST(PeakMemory, InPlaceNeedsAnInputThatDies) {
    const Shape map{1, 4, 4, 8};
    Network network;
    network.input = map;
    // The depthwise reads the input, which the sum after it still needs.
    network.layers = {layer(Conv{.groups = 8, .padding = {}}, 0, kNoTensor, map, map),
                      layer(Add{}, 1, 0, map, map)};
    EXPECT_EQ(peak_memory(network, Overlap::none), (PeakMemory{384, 1}));
    EXPECT_EQ(peak_memory(network, Overlap::in_place), (PeakMemory{256, 0}));
}

TEST(PeakMemory, DepthwiseOfABatchNeedsOnePlane) {
    const Shape map{3, 4, 4, 8};
    Network network;
    network.input = map;
    network.layers = {layer(Conv{.groups = 8, .padding = {}}, 0, kNoTensor, map, map)};
    EXPECT_EQ(peak_memory(network, Overlap::in_place), (PeakMemory{3 * 128 + 16, 0}));
}

TEST(PeakMemory, StandardConvolutionIsNeverInPlace) {
    const Shape map{1, 4, 4, 8};
    Network network;
    network.input = map;
    network.layers = {layer(Conv{.padding = {}}, 0, kNoTensor, map, map)};
    EXPECT_EQ(peak_memory(network, Overlap::in_place), (PeakMemory{256, 0}));
}

TEST(PeakMemory, FirstModelsByHand) {
    // The first pointwise: 112 * 112 * 32 in and 112 * 112 * 64 out.
    const Network network = expand(test::model("mobilenet_v1"), {});
    const PeakMemory peak = peak_memory(network, Overlap::none);
    EXPECT_EQ(peak.elements, 112 * 112 * 96);
    EXPECT_EQ(layer_name(network, peak.layer), "Conv2d_1_pointwise");
    // MobileNetV2: the depthwise that halves 96 channels of 112 * 112.
    const Network second = expand(test::model("mobilenet_v2"), {});
    EXPECT_EQ(peak_memory(second, Overlap::none).elements, 112 * 112 * 96 + 56 * 56 * 96);
}

/// Whether any layer from `from` on reads the tensor, or it is the network's output.
bool is_needed(const Network& network, TensorId tensor, std::size_t from) {
    if (tensor == static_cast<TensorId>(network.layers.size())) return true;
    for (std::size_t i = from; i < network.layers.size(); ++i) {
        const auto& inputs = network.layers[i].inputs;
        if (std::find(inputs.begin(), inputs.end(), tensor) != inputs.end()) return true;
    }
    return false;
}

/// Elements live while layer i runs, from the definition: its output, and each tensor written before that
/// this or a later layer reads.
std::int64_t live_at(const Network& network, std::size_t i, Overlap overlap) {
    const Layer& running = network.layers[i];
    const std::int64_t output = element_count(running.output);
    std::int64_t live = 0;
    bool may_overwrite = false;
    for (std::size_t t = 0; t <= i; ++t) {
        const auto tensor = static_cast<TensorId>(t);
        if (!is_needed(network, tensor, i)) continue;
        const std::int64_t elements = element_count(tensor_shape(network, tensor));
        live += elements;
        if (!is_needed(network, tensor, i + 1) && elements >= output) may_overwrite = true;
    }
    const bool element_wise =
        std::holds_alternative<Add>(running.kind) || std::holds_alternative<Scale>(running.kind);
    if (overlap == Overlap::in_place && may_overwrite && element_wise) return live;
    if (overlap == Overlap::in_place && may_overwrite && is_depthwise(running))
        return live + running.output.h * running.output.w * (running.output.c / running.input.c);
    return live + output;
}

PeakMemory peak_by_definition(const Network& network, Overlap overlap) {
    PeakMemory peak;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const std::int64_t live = live_at(network, i, overlap);
        if (live > peak.elements) peak = {live, i};
    }
    return peak;
}

TEST(PeakMemory, IsTheDefinitionForAllModelsAndRandomVariants) {
    std::mt19937_64 random(20240517);
    std::uniform_real_distribution<double> alpha(0.1, 2);
    std::uniform_int_distribution<std::int64_t> resolution(1, 300);
    std::uniform_int_distribution<std::int64_t> batch(1, 4);
    for (const char* name : test::kModels) {
        for (int trial = 0; trial < 12; ++trial) {
            const Variant variant{
                .alpha = alpha(random), .resolution = resolution(random), .batch = batch(random)};
            const Network network = expand(test::model(name), variant);
            for (const Network& each : {network, standard_counterpart(network)}) {
                for (const Overlap overlap : {Overlap::none, Overlap::in_place})
                    EXPECT_EQ(peak_memory(each, overlap), peak_by_definition(each, overlap))
                        << name << " " << variant.alpha << " " << resolution_text(variant.resolution);
            }
        }
    }
}

}  // namespace
}  // namespace mobilenet_cost

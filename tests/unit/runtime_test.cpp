#include "mobilenet_cost/runtime/runtime.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/liveness.h"
#include "mobilenet_cost/runtime/convert.h"
#include "mobilenet_cost/runtime/tflm.h"

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::family;
using test::kModels;
using test::model;

std::vector<std::string> operators_of(const TfliteGraph& graph) {
    std::vector<std::string> names;
    for (const TfliteNode& node : graph.nodes)
        names.emplace_back(enum_name(node.code));
    return names;
}

std::vector<std::string> operators_of(std::vector<Block> blocks, const Resolution& resolution) {
    return operators_of(as_converted(expand(family(std::move(blocks)), {.resolution = resolution})));
}

using Names = std::vector<std::string>;

TEST(AsConverted, PadsApartWhereNeitherSameNorValidDoes) {
    const BlockPadding end_only = {.zeros = Padding{0, 1, 0, 1}};
    const ConvBlock strided = {.channels = 8, .kernel = 3, .stride = 2, .padding = end_only};
    // Of an even map SAME puts its zeros there itself.
    EXPECT_EQ(operators_of({{"a", {}, strided}}, 8), (Names{"CONV_2D"}));
    EXPECT_EQ(operators_of({{"a", {}, strided}}, 9), (Names{"PAD", "CONV_2D"}));
    const BlockPadding around = {.zeros = Padding{1, 1, 1, 1}};
    EXPECT_EQ(
        operators_of({{"a", {}, ConvBlock{.channels = 8, .kernel = 3, .stride = 2, .padding = around}}}, 8),
        (Names{"PAD", "CONV_2D"}));
    EXPECT_EQ(operators_of({{"a", {}, ConvBlock{.channels = 8, .kernel = 3, .padding = around}}}, 8),
              (Names{"CONV_2D"}));
}

TEST(AsConverted, ActivationsOfTheirOwn) {
    EXPECT_EQ(operators_of({{"a", Activation::relu6, ConvBlock{.channels = 8}}}, 8), (Names{"CONV_2D"}));
    EXPECT_EQ(operators_of({{"a", Activation::hard_swish, ConvBlock{.channels = 8}}}, 8),
              (Names{"CONV_2D", "HARD_SWISH"}));
    EXPECT_EQ(operators_of({{"a", Activation::hard_sigmoid, ConvBlock{.channels = 8}}}, 8),
              (Names{"CONV_2D", "MUL"}));
    EXPECT_EQ(operators_of({{"a", Activation::swish, ConvBlock{.channels = 8}}}, 8),
              (Names{"CONV_2D", "LOGISTIC", "MUL"}));
}

TEST(AsConverted, HeadsOfTheFamilies) {
    const auto tail_of = [](const char* name, std::size_t count) {
        const Names all = operators_of(as_converted(expand(model(name), {})));
        return Names(all.end() - static_cast<std::ptrdiff_t>(count), all.end());
    };
    EXPECT_EQ(tail_of("mobilenet_v1", 3), (Names{"MEAN", "CONV_2D", "RESHAPE"}));
    EXPECT_EQ(tail_of("mobilenet_v2", 3), (Names{"CONV_2D", "MEAN", "FULLY_CONNECTED"}));
    EXPECT_EQ(tail_of("mobilenet_v3_small", 5),
              (Names{"MEAN", "CONV_2D", "HARD_SWISH", "CONV_2D", "RESHAPE"}));
}

TEST(AsConverted, RefusesWhatHasNoKernel) {
    const Network network = expand(family({{"a", Activation::gelu, ConvBlock{.channels = 8}}}), {});
    try {
        (void)as_converted(network);
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(
            error.what(),
            "a/activation: expected a layer that TensorFlow Lite Micro's int8 kernels run, found gelu");
    }
}

/// Bytes that are needed while a step runs.
std::int64_t live_in(const TflmHead& head, std::size_t step) {
    std::int64_t live = 0;
    for (const TflmBuffer& buffer : head.buffers)
        if (buffer.place.first <= step && step <= buffer.place.last) live += buffer.place.bytes;
    return live;
}

TEST(TflmHead, HoldsEveryStepOfEveryNetwork) {
    for (const char* name : kModels) {
        for (const double alpha : {0.35, 1.0}) {
            const Network network = expand(model(name), {.alpha = alpha, .resolution = 97});
            const TflmHead head = tflm_head(as_converted(network));
            EXPECT_GE(head.bytes, peak_memory(network, Overlap::none).elements) << name;
            for (std::size_t step = 0; step <= head.steps; ++step)
                EXPECT_GE(head.bytes, live_in(head, step)) << name;
            for (const TflmBuffer& one : head.buffers) {
                EXPECT_EQ(one.place.offset % 16, 0);
                EXPECT_EQ(one.place.bytes % 16, 0);
                EXPECT_LE(one.place.offset + one.place.bytes, head.bytes);
                for (const TflmBuffer& other : head.buffers) {
                    if (&one == &other || !overlap_in_time(one.place, other.place)) continue;
                    EXPECT_TRUE(one.place.offset + one.place.bytes <= other.place.offset ||
                                other.place.offset + other.place.bytes <= one.place.offset)
                        << name;
                }
            }
        }
    }
}

TEST(TflmTail, OneConvolutionByHand) {
    // 8 channels of 4 x 4, 1x1: 104 + 72 + 272 + 16 + 24 = 488 of the allocator, 4 tensors of 24, an operator
    // of 64 with settings of 28; from 688 on data of 80 and twice 32, then 8 + 64 + 24 + 8 for the input and
    // as much for the output, the 8 in 16 bytes. The package says 1056.
    const Network network =
        expand(family({{"a", {}, ConvBlock{.channels = 8}}}), {.resolution = 4, .form = {.channels = 8}});
    const TfliteGraph graph = as_converted(network);
    EXPECT_EQ(tflm_tail_bytes(graph), 1056);
    EXPECT_EQ(tflm_head(graph).bytes, 256);
}

TEST(AsConverted, AnUntrainedDenseLayerHasNoBias) {
    const Network network = expand(model("mobilenet_v2"), {});
    EXPECT_EQ(as_converted(network).nodes.back().inputs.size(), 3);
    EXPECT_EQ(as_converted(network, Training::none).nodes.back().inputs.size(), 2);
}

TEST(TfliteFile, ZerosOfOneLengthAreStoredOnce) {
    const Network network = expand(family({{"a", {}, ConvBlock{.channels = 8}},
                                           {"b", {}, ConvBlock{.channels = 8}},
                                           {"c", {}, ConvBlock{.channels = 16}}}),
                                   {});
    const TfliteGraph graph = as_converted(network);
    // The second bias of 8 values takes 32 bytes; names of trained networks are longer.
    const std::int64_t names = (182 - 71) * static_cast<std::int64_t>(graph.tensors.size());
    EXPECT_EQ(tflite_file_bytes(graph, Training::trained) - tflite_file_bytes(graph, Training::none),
              32 + names);
}

TEST(Runtime, DefaultsFollowTheDataType) {
    EXPECT_EQ(default_runtime(DataType::i8), Runtime::tflm);
    EXPECT_EQ(default_runtime(DataType::f32), Runtime::live);
    EXPECT_EQ(default_runtime(DataType::f16), Runtime::live);
}

TEST(Runtime, LiveIsALowerBoundOfTflm) {
    for (const char* name : kModels) {
        const Network network = expand(model(name), {.alpha = 0.5});
        const RuntimeNeed live = need_of(network, Runtime::live, DataType::i8);
        const RuntimeNeed tflm = need_of(network, Runtime::tflm, DataType::i8);
        EXPECT_LT(live.ram_bytes, tflm.ram_bytes) << name;
        EXPECT_LT(live.flash_bytes, tflm.flash_bytes) << name;
    }
}

}  // namespace
}  // namespace mobilenet_cost

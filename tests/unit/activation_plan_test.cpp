#include "mobilenet_cost/engine/activation_plan.h"

#include <algorithm>
#include <stdexcept>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/model/liveness.h"

#include "unit/engine_support.h"

namespace mobilenet_cost {
namespace {

std::int64_t explained(const Network& network, const SessionMemory& memory) {
    return peak_memory(network, Overlap::none).elements * 4 + memory.in_place_bytes + memory.kept_bytes +
           memory.padding_bytes + memory.gap_bytes;
}

/// conv b0 -> conv b1 -> b0 + b1, 100 values each.
Network residual_network() {
    const Shape shape{1, 5, 5, 4};
    Layer first = conv_layer(shape, 4, Conv{}, Activation::none);
    Layer second = first;
    second.inputs = {1, kNoTensor};
    return network_of(shape, {first, second, binary_layer(Add{}, 2, 1, shape)});
}

TEST(ActivationPlan, EachTermIsWhatItsRuleAdds) {
    const Network network = residual_network();
    const std::vector<std::size_t> last = last_uses(network);
    const ActivationPlan plan = plan_activations(
        network, {.extra_bytes = 16,
                  .overwritten = [&](std::size_t layer) { return dying_operand(network, last, layer); }});
    // By hand, in blocks of 400 bytes, padded to 448: tensors 1 and 2 and the sum live together without
    // in place (1200), two of them with it, where the first layer needs as much for its input (800); the
    // input kept makes it three again (1200), padded 1344.
    EXPECT_EQ(plan.memory.in_place_bytes, -400);
    EXPECT_EQ(plan.memory.kept_bytes, 400);
    EXPECT_EQ(plan.memory.padding_bytes, 144);
    EXPECT_EQ(plan.memory.gap_bytes, 0);
    EXPECT_EQ(plan.memory.activation_bytes, 1344);
    EXPECT_EQ(plan.bytes, 1344U);
    EXPECT_EQ(plan.offsets[3], plan.offsets[2]);
    EXPECT_NE(plan.offsets[1], plan.offsets[2]);
}

TEST(ActivationPlan, KeepingEverythingOverwritesNothing) {
    const Network network = residual_network();
    const ActivationPlan plan = plan_activations(
        network, {.keep_all = true, .overwritten = [](std::size_t) -> std::optional<TensorId> {
                      throw std::logic_error("asked");
                  }});
    EXPECT_EQ(plan.memory.in_place_bytes, 0);
    EXPECT_EQ(plan.memory.kept_bytes, 4 * 400 - 1200);
    EXPECT_EQ(plan.memory.activation_bytes, 4 * 448);
}

TEST(ActivationPlan, OnlyADyingOperandOfASumOrProductIsOverwritten) {
    const Network network = residual_network();
    const std::vector<std::size_t> last = last_uses(network);
    EXPECT_EQ(dying_operand(network, last, 2), 2);
    EXPECT_FALSE(dying_operand(network, last, 1).has_value());  // a convolution
    const Shape shape{1, 5, 5, 4};
    const Network sum = network_of(shape, {binary_layer(Add{}, 0, 0, shape)});
    EXPECT_FALSE(dying_operand(sum, last_uses(sum), 0).has_value());  // the network's input
}

TEST(ActivationPlan, WhatLayersHandOnToEachOtherIsNotInMemory) {
    const Shape shape{1, 5, 5, 4};
    const Layer wide = conv_layer(shape, 16, Conv{}, Activation::none);
    Layer narrow = conv_layer(wide.output, 4, Conv{}, Activation::none);
    narrow.inputs = {1, kNoTensor};
    const Network network = network_of(shape, {wide, narrow});
    const ActivationPlan plan =
        plan_activations(network, {.extra_bytes = 16, .together = {LayerRange{0, 2}}});
    // By hand: 400 bytes of input and 1600 between the layers live together, or else 400 of each end.
    EXPECT_EQ(plan.memory.in_place_bytes, 2 * 400 - 2000);
    EXPECT_EQ(plan.memory.kept_bytes, 0);
    EXPECT_EQ(plan.memory.padding_bytes, 2 * 48);
    EXPECT_EQ(plan.memory.activation_bytes, 2 * 448);
    EXPECT_NE(plan.offsets[2], plan.offsets[0]);  // the input is read until the last row is written
    const ActivationPlan kept = plan_activations(network, {.keep_all = true, .together = {LayerRange{0, 2}}});
    EXPECT_EQ(kept.bytes, 448U + 1600U + 448U);
}

TEST(ActivationPlan, TermsOfEveryEngineAddUp) {
    const Network network = residual_network();
    const Weights weights = make_weights(network, 1);
    for (const std::string& engine : available_engines()) {
        SCOPED_TRACE(engine);
        for (const bool keep : {false, true}) {
            const auto session =
                find_engine(engine)->make_session(network, weights, {.keep_activations = keep});
            const SessionMemory memory = session->memory_use();
            EXPECT_EQ(explained(network, memory), memory.activation_bytes);
            EXPECT_GE(memory.weight_bytes, 2 * (4 * 4 + 4) * 4);
        }
    }
}

TEST(ActivationPlan, RegionsAreTheMemoryThatIsCounted) {
    const Network network = residual_network();
    const Weights weights = make_weights(network, 1);
    for (const std::string& engine : available_engines()) {
        SCOPED_TRACE(engine);
        const auto session = find_engine(engine)->make_session(network, weights, {});
        const SessionRegions regions = session->regions();
        const auto bytes = [](const std::vector<MemoryRegion>& all) {
            std::int64_t sum = 0;
            for (const MemoryRegion& region : all)
                sum += static_cast<std::int64_t>(region.bytes);
            return sum;
        };
        const SessionMemory memory = session->memory_use();
        EXPECT_EQ(bytes(regions.weights), memory.weight_bytes);
        EXPECT_EQ(bytes(regions.others), memory.activation_bytes + memory.scratch_bytes);
        const auto* input = reinterpret_cast<const std::byte*>(session->input().data());
        EXPECT_TRUE(
            std::any_of(regions.others.begin(), regions.others.end(), [&](const MemoryRegion& region) {
                return region.begin <= input && input < region.begin + region.bytes;
            }));
    }
}

TEST(ThreadLimit, EveryEngineRefusesTenThousandThreads) {
    const Network network = residual_network();
    const Weights weights = make_weights(network, 1);
    for (const std::string& engine : available_engines()) {
        SCOPED_TRACE(engine);
        try {
            (void)find_engine(engine)->make_session(network, weights, {.threads = 10000});
            FAIL() << "expected an Error";
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()).find("not on 10000"), std::string::npos) << error.what();
        }
    }
}

}  // namespace
}  // namespace mobilenet_cost

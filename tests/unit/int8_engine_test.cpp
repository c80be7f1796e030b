// Passes of 8 bits: those of every engine that has them against the naive loops, whose integers are exact, to
// the bit, and the naive loops against f32.

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/engine/calibration.h"
#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/standard_counterpart.h"

#include "unit/engine_support.h"
#include "unit/models.h"

namespace mobilenet_cost {
namespace {

constexpr std::uint64_t kInt8Seed = 1704;

std::vector<float> pass_of(const std::string& engine, const Network& network, const Weights& weights,
                           const SessionOptions& options = {}) {
    return run_once(engine, network, weights, make_input(network.input, kInt8Seed), options);
}

void expect_same_bits(const std::string& engine, const Network& network, int threads) {
    const Weights weights = make_weights(network, kInt8Seed);
    const std::vector<float> expected = pass_of("reference:i8", network, weights);
    const std::vector<float> output = pass_of(engine, network, weights, {.threads = threads});
    ASSERT_EQ(output.size(), expected.size());
    for (std::size_t i = 0; i < output.size(); ++i)
        ASSERT_EQ(output[i], expected[i]) << "value " << i << " of " << output.size();
}

/// 20 log10 of the size of `expected` over that of the error, in dB.
double signal_to_noise(const std::vector<float>& values, const std::vector<float>& expected) {
    double signal = 0;
    double noise = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        signal += std::pow(static_cast<double>(expected[i]), 2);
        noise += std::pow(static_cast<double>(values[i]) - static_cast<double>(expected[i]), 2);
    }
    return 10 * std::log10(signal / noise);
}

std::vector<std::string> int8_engines() {
    std::vector<std::string> names;
    for (const EngineStatus& status : engine_statuses())
        if (status.available && type_refusal(status.info, DataType::i8).empty() &&
            status.name != kNaiveEngine)
            names.push_back(typed_name({status.name, DataType::i8}));
    return names;
}

class Int8Engine : public testing::TestWithParam<std::string> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Int8Engine);

constexpr Activation kInt8Activations[] = {Activation::none,        Activation::relu,  Activation::relu6,
                                           Activation::hard_swish,  Activation::swish, Activation::sigmoid,
                                           Activation::hard_sigmoid};

TEST_P(Int8Engine, random_convolutions_are_those_of_the_naive_loops) {
    std::mt19937_64 random(kInt8Seed);
    const auto from = [&](std::vector<std::int64_t> values) {
        return values[std::uniform_int_distribution<std::size_t>(0, values.size() - 1)(random)];
    };
    for (int trial = 0; trial < 150; ++trial) {
        const std::int64_t groups = from({1, 1, 1, 2, 8, 16, 33});
        const bool depthwise = groups > 4 || from({0, 1}) == 1;
        const Shape in{from({1, 2}), from({1, 5, 13, 14}), from({1, 6, 9, 31}),
                       groups * (depthwise ? 1 : from({1, 3, 7, 40}))};
        Conv conv{.kernel = Sides(from({1, 1, 2, 3, 3, 5, 7})),
                  .stride = from({1, 1, 2}),
                  .dilation = from({1, 1, 2}),
                  .groups = groups,
                  .padding = {},
                  .bias = true};
        if (from({0, 0, 1}) == 1) conv.kernel.w = from({1, 3, 5});
        conv.padding = same_padding(in, effective_kernel(conv), conv.stride);
        const Layer layer =
            conv_layer(in, groups * from({1, 1, 2, 5, 24}), conv,
                       kInt8Activations[static_cast<std::size_t>(trial) % std::size(kInt8Activations)]);
        SCOPED_TRACE(testing::Message()
                     << "trial " << trial << ": kernel " << sides_text(conv.kernel) << ", stride "
                     << sides_text(conv.stride) << ", groups " << groups << ", input " << in.h << "x" << in.w
                     << "x" << in.c << ", channels " << layer.output.c);
        expect_same_bits(GetParam(), network_of(in, {layer}), 1 + trial % 3);
        if (HasFatalFailure()) return;
    }
}

TEST_P(Int8Engine, every_family_is_that_of_the_naive_loops_on_any_number_of_threads) {
    const std::vector<std::pair<std::int64_t, std::int64_t>> sizes = {{32, 32}, {33, 50}};
    for (const char* name : test::kModels) {
        for (const auto& [height, width] : sizes) {
            Variant variant;
            variant.alpha = 0.25;
            variant.classes = 11;
            variant.resolution = Resolution{height, width};
            const Network network = expand(test::model(name), variant);
            SCOPED_TRACE(name);
            for (const int threads : {1, 2, 3})
                expect_same_bits(GetParam(), network, threads);
            if (height == width) expect_same_bits(GetParam(), standard_counterpart(network), 2);
            if (HasFatalFailure()) return;
        }
    }
}

TEST_P(Int8Engine, activations_of_a_byte_need_a_quarter_of_the_memory) {
    Variant variant;
    const Network network = expand(test::model("mobilenet_v1"), variant);
    const Weights weights = make_weights(network, kInt8Seed);
    const auto session = find_engine(GetParam())->make_session(network, weights, {});
    const SessionMemory memory = session->memory_use();
    EXPECT_EQ(memory.in_place_bytes + memory.kept_bytes + memory.padding_bytes + memory.gap_bytes +
                  peak_memory(network, Overlap::none).elements,
              memory.activation_bytes);
}

TEST_P(Int8Engine, every_layer_has_a_time_and_a_kernel) {
    Variant variant;
    variant.alpha = 0.25;
    variant.resolution = Resolution{64};
    const Network network = expand(test::model("mobilenet_v3_small"), variant);
    const auto session = find_engine(GetParam())->make_session(network, make_weights(network, kInt8Seed), {});
    std::vector<std::int64_t> nanoseconds(network.layers.size(), 0);
    session->run_timed(nanoseconds);
    for (std::size_t i = 0; i < nanoseconds.size(); ++i) {
        EXPECT_GT(nanoseconds[i], 0) << layer_name(network, i);
        EXPECT_NE(session->kernels()[i], "") << layer_name(network, i);
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, Int8Engine, testing::ValuesIn(int8_engines()));

/// Random weights quantise worse than trained ones; a fault in a formula leaves less than 3 dB.
TEST(Int8Reference, every_family_is_close_to_f32) {
    for (const char* name : test::kModels) {
        Variant variant;
        variant.alpha = 0.5;
        variant.classes = 100;
        variant.resolution = Resolution{64};
        const Network network = expand(test::model(name), variant);
        const Weights weights = make_weights(network, kInt8Seed);
        const double noise = signal_to_noise(pass_of("reference:i8", network, weights),
                                             pass_of("reference", network, weights));
        RecordProperty(name, std::to_string(noise));
        EXPECT_GT(noise, 10) << name;
    }
}

TEST(Int8Reference, scales_do_not_depend_on_the_engine_that_calibrates) {
    Variant variant;
    variant.alpha = 0.25;
    variant.resolution = Resolution{64};
    for (const char* name : test::kModels) {
        const Network network = expand(test::model(name), variant);
        const Weights weights = make_weights(network, kInt8Seed);
        const NetworkScales expected = calibrate(*find_engine("reference"), network, weights);
        for (const std::string& engine : int8_engines()) {
            const NetworkScales found =
                calibrate(*find_engine(read_typed_name(engine).engine), network, weights);
            ASSERT_EQ(found.tensors.size(), expected.tensors.size());
            for (std::size_t i = 0; i < found.tensors.size(); ++i)
                EXPECT_EQ(found.tensors[i].scale, expected.tensors[i].scale) << engine << ", tensor " << i;
            EXPECT_EQ(found.tensors, expected.tensors) << engine;
            EXPECT_EQ(found.sums, expected.sums) << engine;
        }
    }
}

TEST(TypedName, is_the_engine_and_its_data_type) {
    EXPECT_EQ(read_typed_name("native"), (TypedName{"native", DataType::f32}));
    EXPECT_EQ(read_typed_name("native:f32"), (TypedName{"native", DataType::f32}));
    EXPECT_EQ(read_typed_name("native:i8"), (TypedName{"native", DataType::i8}));
    EXPECT_EQ(typed_name({"native", DataType::i8}), "native:i8");
    EXPECT_EQ(typed_name({"native", DataType::f32}), "native");
    EXPECT_THROW((void)read_typed_name("native:f16"), Error);
}

}  // namespace
}  // namespace mobilenet_cost

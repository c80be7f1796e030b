// Engines against the reference, layer by layer, and the registry.
//
// How close is close enough. A layer is checked on its own: the reference gets the very input that the engine
// gave to this layer, so that errors of earlier layers do not count. The reference accumulates in double;
// what remains is the engine's rounding in float. A sum of n products has an error of at most n u S, where u
// = 2^-24 is the unit roundoff and S the sum of |w x| (Higham, Accuracy and Stability of Numerical
// Algorithms, section 3.1). That is too generous to be a test: one tap left out changes the result by about S
// / n, less than n u S from n = 4096 on. Rounding errors of mixed sign stay below lambda sqrt(n) u S except
// with probability 2 n exp(-lambda^2 / 2) (Higham and Mary, SIAM J. Sci. Comput. 41(5), 2019, theorem 2.4),
// which is less than S / n up to n = 16000, longer than any sum here. lambda = 8: 3e-14 n. S is computed
// exactly, by a reference pass over absolute values. n counts 8 more for bias, activation and stores; the
// steepest activations are hard swish, with slope 1.5, and swish, with 1.1.

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <random>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/arena.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/model/standard_counterpart.h"

#include "unit/engine_support.h"

namespace mobilenet_cost {
namespace {

constexpr std::uint64_t kSeed = 1704;
constexpr double kRoundoff = 0x1p-24;
constexpr double kLambda = 8;

std::vector<float> absolute(std::vector<float> values) {
    for (float& value : values)
        value = std::abs(value);
    return values;
}

/// Terms in the sum behind one output value.
double sum_length(const Layer& layer) {
    if (const auto* conv = std::get_if<Conv>(&layer.kind))
        return static_cast<double>(area(conv->kernel) * layer.input.c / conv->groups);
    if (std::holds_alternative<GlobalPool>(layer.kind))
        return static_cast<double>(layer.input.h * layer.input.w);
    return std::holds_alternative<Add>(layer.kind) ? 2 : 1;
}

/// One layer by the reference engine, as a network of its own. A network has one input, so the sum or product
/// of a layer with two is taken here, and the reference applies the activation to it.
std::vector<float> reference_layer(const Layer& layer, const LayerWeights& weights,
                                   const std::vector<float>& a, const std::vector<float>& b) {
    Layer alone = layer;
    alone.inputs = {0, kNoTensor};
    if (b.empty()) return run_once("reference", network_of(layer.input, {alone}), {{weights}}, a);
    std::vector<float> out(a.size());
    const bool sum = std::holds_alternative<Add>(layer.kind);
    const auto channels = static_cast<std::size_t>(layer.input.c);
    const std::size_t image = a.size() / static_cast<std::size_t>(layer.input.n);
    for (std::size_t i = 0; i < a.size(); ++i)
        out[i] = sum ? a[i] + b[i] : a[i] * b[i / image * channels + i % channels];
    const Layer activation =
        conv_layer(layer.output, layer.output.c, {.groups = layer.output.c, .padding = {}}, layer.activation);
    const std::vector<float> ones(channels, 1), zeros(channels, 0);
    return run_once("reference", network_of(layer.output, {activation}), {{{ones, zeros}}}, out);
}

/// Checks the engine's `output` of one layer on inputs `a` and `b`.
void check_layer(const Layer& layer, const LayerWeights& weights, const std::vector<float>& a,
                 const std::vector<float>& b, const std::vector<float>& output) {
    Layer linear = layer;
    linear.activation = Activation::none;
    const LayerWeights sizes{absolute(weights.filter), absolute(weights.bias)};
    const std::vector<float> expected = reference_layer(layer, weights, a, b);
    const std::vector<float> size = reference_layer(linear, sizes, absolute(a), absolute(b));
    ASSERT_EQ(output.size(), expected.size());
    const Activation activation = layer.activation;
    const double slope = activation == Activation::hard_swish ? 1.5
                         : activation == Activation::swish    ? 1.1
                                                              : 1;
    const bool adds = activation == Activation::hard_sigmoid || activation == Activation::sigmoid;
    const double offset = adds ? 1 : 0;  // x / 6 + 1/2 rounds, too, and so does 1 + exp(-x)
    const double relative = kLambda * std::sqrt(sum_length(layer) + 8) * kRoundoff;
    double worst = 0;
    std::size_t where = 0;
    for (std::size_t i = 0; i < output.size(); ++i) {
        ASSERT_TRUE(std::isfinite(output[i])) << "value " << i;
        ASSERT_NE(std::fpclassify(output[i]), FP_SUBNORMAL) << "value " << i;
        const double tolerance = relative * (slope * static_cast<double>(size[i]) + offset) + FLT_MIN;
        const double error = std::abs(static_cast<double>(output[i]) - static_cast<double>(expected[i]));
        if (error / tolerance > worst) worst = error / tolerance, where = i;
    }
    EXPECT_LE(worst, 1) << "value " << where << " is " << output[where] << ", reference " << expected[where];
}

struct RunOf {
    std::string engine;
    Network network;
    Weights weights;
    int threads = 1;
    std::int64_t l2_bytes = 0;
};

std::vector<float> network_input(const RunOf& run) {
    return make_input(run.network.input, kSeed);
}

/// Every layer's output of one pass, each checked against the reference.
void check_layers(const RunOf& run) {
    const auto session = find_engine(run.engine)->make_session(run.network, run.weights, {run.threads, true});
    const std::vector<float> input = network_input(run);
    set_input(*session, input);
    session->run();
    const auto tensor = [&](TensorId id) -> std::vector<float> {
        if (id == kNoTensor) return {};
        return id == 0 ? input : session->layer_output(static_cast<std::size_t>(id) - 1);
    };
    for (std::size_t i = 0; i < run.network.layers.size(); ++i) {
        const Layer& layer = run.network.layers[i];
        SCOPED_TRACE(layer_name(run.network, i) + ", kernel " + session->kernels()[i]);
        check_layer(layer, run.weights.layers[i], tensor(layer.inputs[0]), tensor(layer.inputs[1]),
                    session->layer_output(i));
    }
}

/// Fusing and reusing memory only change rounding. A random-sign sum of n terms loses about u sqrt(n / 6) of
/// its own size, layers add up as the root of the sum of squares, and lambda is as above; the weights keep
/// every layer's gain near 1.
void expect_close(const RunOf& run, const std::vector<float>& output, const std::vector<float>& expected) {
    double length = 0;
    for (const Layer& layer : run.network.layers)
        length += sum_length(layer) + 8;
    double largest = 0;
    for (const float value : expected)
        largest = std::max(largest, std::abs(static_cast<double>(value)));
    ASSERT_EQ(output.size(), expected.size());
    for (std::size_t i = 0; i < output.size(); ++i)
        ASSERT_NEAR(output[i], expected[i], kLambda * kRoundoff * std::sqrt(length) * largest)
            << "value " << i;
}

/// The output is the same with memory reused, on a second pass, and with the clock read around each layer.
void check_reuse(const RunOf& run) {
    const auto engine = find_engine(run.engine);
    const auto kept = engine->make_session(run.network, run.weights, {run.threads, true, run.l2_bytes});
    const auto reused = engine->make_session(run.network, run.weights, {run.threads, false, run.l2_bytes});
    for (Session* session : {kept.get(), reused.get()}) {
        set_input(*session, network_input(run));
        session->run();
    }
    const std::vector<float> output = reused->output();
    expect_close(run, output, kept->output());
    reused->run();
    EXPECT_EQ(reused->output(), output);
    std::vector<std::int64_t> nanoseconds(run.network.layers.size(), 0);
    reused->run_timed(nanoseconds);
    EXPECT_EQ(reused->output(), output);
    const std::vector<std::string> kernels = reused->kernels();
    ASSERT_EQ(kernels.size(), nanoseconds.size());
    for (std::size_t i = 0; i < nanoseconds.size(); ++i)
        EXPECT_EQ(nanoseconds[i] == 0, kernels[i].starts_with("fused into ")) << kernels[i];
    // Of tensors of a few bytes it may take more: each place begins at a cache line.
    EXPECT_LE(total_bytes(reused->memory_use()),
              total_bytes(kept->memory_use()) + static_cast<std::int64_t>(kArenaAlignment));
    EXPECT_THROW((void)reused->layer_output(0), Error);
}

std::string described(const Shape& in, std::int64_t channels, const Conv& conv, Activation activation) {
    std::ostringstream text;
    text << "input " << in.n << "x" << in.h << "x" << in.w << "x" << in.c << ", channels " << channels
         << ", kernel " << sides_text(conv.kernel) << ", stride " << sides_text(conv.stride) << ", dilation "
         << sides_text(conv.dilation) << ", groups " << conv.groups << ", padding " << conv.padding.top << " "
         << conv.padding.bottom << " " << conv.padding.left << " " << conv.padding.right << ", activation "
         << enum_name(activation);
    return text.str();
}

struct ChannelCase {
    std::int64_t in;
    std::int64_t out;
    std::int64_t groups;
};

/// One channel and many, full vectors and remainders, depthwise and grouped.
constexpr ChannelCase kChannels[] = {{1, 1, 1},    {3, 8, 1},    {16, 16, 1}, {17, 33, 1}, {72, 24, 1},
                                     {16, 16, 16}, {33, 33, 33}, {9, 18, 9},  {8, 12, 2},  {36, 36, 3}};

constexpr Activation kActivations[] = {Activation::none,       Activation::relu,         Activation::relu6,
                                       Activation::hard_swish, Activation::hard_sigmoid, Activation::swish,
                                       Activation::sigmoid};
constexpr std::size_t kActivationCount = std::size(kActivations);

class EngineShapes : public testing::TestWithParam<std::tuple<std::string, std::int64_t, int>> {};

TEST_P(EngineShapes, convolutions_agree_with_the_reference) {
    const auto& [engine, batch, threads] = GetParam();
    std::size_t count = 0;
    for (const auto& [height, width] : {std::pair{1, 1}, {2, 3}, {5, 7}, {8, 8}, {13, 6}}) {
        for (const auto& [kernel, stride] : {std::pair{1, 1}, {1, 2}, {3, 1}, {3, 2}, {5, 1}, {5, 2}}) {
            for (const ChannelCase& channels : kChannels) {
                const Shape in{batch, height, width, channels.in};
                Conv conv{.kernel = kernel,
                          .stride = stride,
                          .groups = channels.groups,
                          .padding = {},
                          .bias = true};
                const std::int64_t half = (kernel - 1) / 2;
                conv.padding =
                    count % 4 == 3 ? Padding{half, half, half, half} : same_padding(in, kernel, stride);
                const Activation activation = kActivations[count++ % kActivationCount];
                const Layer layer = conv_layer(in, channels.out, conv, activation);
                SCOPED_TRACE(described(in, channels.out, conv, activation) + ", threads " +
                             std::to_string(threads) + ", engine " + engine + ", seed " +
                             std::to_string(kSeed));
                const Network network = network_of(in, {layer});
                check_layers({engine, network, make_weights(network, kSeed), threads});
                if (HasFailure()) return;  // one case is enough to start from
            }
        }
    }
}

struct RandomNumbers {
    std::mt19937_64 engine;

    std::int64_t from(std::initializer_list<std::int64_t> values) {
        return *(values.begin() + std::uniform_int_distribution<std::ptrdiff_t>(
                                      0, static_cast<std::ptrdiff_t>(values.size()) - 1)(engine));
    }
};

/// Any convolution of few channels on a rectangular map: dilated, grouped or depthwise with several outputs.
Layer random_convolution(RandomNumbers& random, std::int64_t batch) {
    const std::int64_t groups = random.from({1, 1, 2, 3, 8});
    const bool depthwise = random.from({0, 1}) == 1;
    const Shape in{batch, random.from({1, 5, 14, 19}), random.from({1, 6, 9, 31}),
                   groups * (depthwise ? 1 : random.from({1, 2, 4, 7}))};
    const auto sides = [&](std::initializer_list<std::int64_t> values) {
        const std::int64_t rows = random.from(values);
        return random.from({0, 1}) == 1 ? Sides(rows) : Sides(rows, random.from(values));
    };
    Conv conv{.kernel = sides({1, 2, 3, 3, 5, 7}),
              .stride = sides({1, 1, 2}),
              .dilation = sides({1, 2, 3, 4}),
              .groups = groups,
              .padding = {},
              .bias = true};
    conv.padding = same_padding(in, effective_kernel(conv), conv.stride);
    return conv_layer(in, groups * random.from({1, 2, 3, 16}), conv,
                      kActivations[static_cast<std::size_t>(random.from({0, 1, 2, 3, 4, 5, 6}))]);
}

TEST_P(EngineShapes, random_convolutions_agree_with_the_reference) {
    const auto& [engine, batch, threads] = GetParam();
    RandomNumbers random{std::mt19937_64(kSeed + static_cast<std::uint64_t>(10 * batch + threads))};
    for (int trial = 0; trial < 60; ++trial) {
        const Layer layer = random_convolution(random, batch);
        SCOPED_TRACE(described(layer.input, layer.output.c, std::get<Conv>(layer.kind), layer.activation) +
                     ", threads " + std::to_string(threads) + ", engine " + engine + ", trial " +
                     std::to_string(trial));
        const Network network = network_of(layer.input, {layer});
        check_layers({engine, network, make_weights(network, kSeed), threads});
        if (HasFailure()) return;
    }
}

/// A stem on 1, 2 or 4 channels, an atrous depthwise convolution of two outputs per channel, a gate by a true
/// sigmoid, a grouped convolution and a pointwise one, a residual sum behind it.
Network atrous(std::int64_t batch, std::int64_t channels, std::int64_t dilation) {
    const Shape in{batch, 13, 22, channels};
    std::vector<Layer> layers;
    const auto add = [&](Layer layer, TensorId a, TensorId b = kNoTensor) {
        layer.inputs = {a, b};
        layers.push_back(layer);
        return static_cast<TensorId>(layers.size());
    };
    const auto conv = [&](TensorId a, std::int64_t to, Conv how, Activation then) {
        const Shape from = a == 0 ? in : layers[static_cast<std::size_t>(a) - 1].output;
        how.bias = true;
        how.padding = same_padding(from, effective_kernel(how), how.stride);
        return add(conv_layer(from, to, how, then), a);
    };
    const TensorId stem = conv(0, 12, {.kernel = 3, .stride = 2, .padding = {}}, Activation::swish);
    const Conv spatial{.kernel = 3, .dilation = dilation, .groups = 12, .padding = {}};
    const TensorId deep = conv(stem, 24, spatial, Activation::swish);
    const Shape wide = layers.back().output;
    const TensorId gate = conv(add(pool_layer(wide), deep), 24, {.padding = {}}, Activation::sigmoid);
    const TensorId gated = add(binary_layer(Scale{}, 0, 0, wide), deep, gate);
    const Conv grouped{.kernel = 3, .dilation = dilation, .groups = 4, .padding = {}};
    const TensorId mixed = conv(gated, 12, grouped, Activation::relu6);
    const TensorId projected = conv(mixed, 12, {.padding = {}}, Activation::none);
    Layer sum = binary_layer(Add{}, 0, 0, layers.back().output);
    sum.activation = Activation::swish;
    const TensorId added = add(sum, projected, stem);
    Layer mean = pool_layer(sum.output);
    mean.activation = Activation::sigmoid;
    add(mean, added);
    return network_of(in, layers);
}

TEST_P(EngineShapes, atrous_networks_agree_with_the_reference) {
    const auto& [engine, batch, threads] = GetParam();
    for (const std::int64_t channels : {1, 2, 4}) {
        for (const std::int64_t dilation : {2, 4}) {
            const Network network = atrous(batch, channels, dilation);
            SCOPED_TRACE("channels " + std::to_string(channels) + ", dilation " + std::to_string(dilation) +
                         ", threads " + std::to_string(threads) + ", engine " + engine);
            const RunOf run{engine, network, make_weights(network, kSeed), threads};
            check_layers(run);
            check_reuse(run);
            if (HasFailure()) return;
        }
    }
}

/// Stem, expand, depthwise, squeeze-and-excite, project, residual sum, pooling.
Network bottleneck(const Shape& in, std::int64_t channels, std::int64_t expanded, Activation activation) {
    std::vector<Layer> layers;
    const auto add = [&](Layer layer, TensorId a, TensorId b = kNoTensor) {
        layer.inputs = {a, b};
        layers.push_back(layer);
        return static_cast<TensorId>(layers.size());
    };
    const auto conv = [&](TensorId a, std::int64_t to, const Conv& how, Activation then) {
        return add(conv_layer(a == 0 ? in : layers[static_cast<std::size_t>(a) - 1].output, to, how, then),
                   a);
    };
    const Conv pointwise{.padding = {}, .bias = true};
    const Conv depthwise{.kernel = 3, .groups = expanded, .padding = {1, 1, 1, 1}, .bias = true};
    const TensorId stem = conv(0, channels, pointwise, activation);
    const TensorId deep = conv(conv(stem, expanded, pointwise, activation), expanded, depthwise, activation);
    const Shape wide{in.n, in.h, in.w, expanded};
    const TensorId squeezed = conv(add(pool_layer(wide), deep), 5, pointwise, Activation::relu);
    const TensorId gate = conv(squeezed, expanded, pointwise, Activation::hard_sigmoid);
    const TensorId gated = add(binary_layer(Scale{}, 0, 0, wide), deep, gate);
    const TensorId projected = conv(gated, channels, pointwise, Activation::none);
    Layer sum = binary_layer(Add{}, 0, 0, {in.n, in.h, in.w, channels});
    sum.activation = activation;
    add(pool_layer(sum.output), add(sum, projected, stem));
    return network_of(in, layers);
}

TEST_P(EngineShapes, bottlenecks_agree_with_the_reference) {
    const auto& [engine, batch, threads] = GetParam();
    for (const auto& [height, width] : {std::pair{1, 1}, {2, 3}, {7, 5}, {8, 8}}) {
        for (const auto& [channels, expanded] : {std::pair{1, 3}, {8, 24}, {17, 40}, {32, 64}}) {
            for (const Activation activation : kActivations) {
                const Shape in{batch, height, width, 3};
                SCOPED_TRACE(described(in, channels, {.padding = {}}, activation) + ", expanded " +
                             std::to_string(expanded) + ", threads " + std::to_string(threads) + ", engine " +
                             engine + ", seed " + std::to_string(kSeed));
                const Network network = bottleneck(in, channels, expanded, activation);
                const RunOf run{engine, network, make_weights(network, kSeed), threads};
                check_layers(run);
                check_reuse(run);
                if (HasFailure()) return;
            }
        }
    }
}

std::string shapes_name(const testing::TestParamInfo<EngineShapes::ParamType>& info) {
    const auto& [engine, batch, threads] = info.param;
    return engine + "_batch_" + std::to_string(batch) + "_threads_" + std::to_string(threads);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EngineShapes);  // reference alone, in a build without libraries
INSTANTIATE_TEST_SUITE_P(each, EngineShapes,
                         testing::Combine(testing::ValuesIn(engines_to_check()), testing::Values(1, 2),
                                          testing::Values(1, 2)),
                         shapes_name);

struct FamilyCase {
    double alpha;
    std::int64_t resolution;
    std::int64_t batch;
    int threads;
};

class Families : public testing::TestWithParam<std::string> {
  protected:
    static Network network(const FamilyCase& one, bool standard) {
        const Variant variant{
            .alpha = one.alpha, .resolution = one.resolution, .classes = 11, .batch = one.batch};
        const Network separable = expand(find_model(GetParam()), variant);
        return standard ? standard_counterpart(separable) : separable;
    }
    static std::string trace(const FamilyCase& one, bool standard, const std::string& engine) {
        std::ostringstream text;
        text << GetParam() << ", alpha " << one.alpha << ", resolution " << resolution_text(one.resolution)
             << ", batch " << one.batch << ", threads " << one.threads
             << (standard ? ", standard" : ", separable") << ", engine " << engine << ", seed " << kSeed;
        return text.str();
    }
};

TEST_P(Families, every_layer_agrees_with_the_reference) {
    for (const FamilyCase& one : {FamilyCase{0.25, 33, 2, 1}, {0.25, 64, 1, 2}, {0.5, 47, 1, 1}}) {
        for (const bool standard : {false, true}) {
            if (standard && one.alpha > 0.25)
                continue;  // slow in the reference, and the kernels are the same
            for (const std::string& engine : engines_to_check()) {
                SCOPED_TRACE(trace(one, standard, engine));
                const Network net = network(one, standard);
                check_layers({engine, net, make_weights(net, kSeed), one.threads});
            }
        }
    }
}

TEST_P(Families, output_does_not_depend_on_memory_reuse_or_timing) {
    for (const FamilyCase& one : {FamilyCase{0.25, 33, 2, 1}, {0.5, 64, 1, 1}}) {
        for (const bool standard : {false, true}) {
            for (const std::string& engine : available_engines()) {
                if (engine == "reference" && (standard || one.alpha > 0.25)) continue;  // slow
                SCOPED_TRACE(trace(one, standard, engine));
                const Network net = network(one, standard);
                check_reuse({engine, net, make_weights(net, kSeed), one.threads});
            }
        }
    }
}

double standard_deviation(const std::vector<float>& values) {
    double sum = 0, squares = 0;
    for (const float value : values) {
        sum += static_cast<double>(value);
        squares += static_cast<double>(value) * static_cast<double>(value);
    }
    const auto count = static_cast<double>(values.size());
    return std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count)));
}

// Random weights must not make a network that no trained one resembles: values that grow or die out, ReLUs
// that are all off, denormals. Gates of a few channels vary least, residual sums of many blocks most.
TEST_P(Families, activations_stay_in_a_sane_range) {
    for (const FamilyCase& one : {FamilyCase{0.25, 33, 1, 1}, {0.5, 64, 1, 1}}) {
        for (const bool standard : {false, true}) {
            if (standard && one.alpha > 0.25) continue;  // slow
            SCOPED_TRACE(trace(one, standard, "reference"));
            const Network net = network(one, standard);
            const auto session =
                find_engine("reference")->make_session(net, make_weights(net, kSeed), {1, true});
            set_input(*session, make_input(net.input, kSeed));
            session->run();
            for (std::size_t i = 0; i < net.layers.size(); ++i) {
                const std::vector<float> values = session->layer_output(i);
                for (const float value : values)
                    ASSERT_TRUE(value == 0 || std::isnormal(value)) << layer_name(net, i) << ": " << value;
                EXPECT_GT(standard_deviation(values), 0.05) << layer_name(net, i);
                EXPECT_LT(standard_deviation(values), 15) << layer_name(net, i);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(each, Families, testing::ValuesIn(model_names()),
                         [](const auto& model) { return model.param; });

TEST(engines, sessions_of_different_thread_counts_take_turns) {
    for (const std::string& engine : engines_to_check()) {
        const Network network = bottleneck({1, 9, 9, 3}, 16, 48, Activation::relu6);
        const Weights weights = make_weights(network, kSeed);
        const auto one = find_engine(engine)->make_session(network, weights, {1, false});
        const auto two = find_engine(engine)->make_session(network, weights, {2, false});
        const RunOf run{engine, network, weights};
        set_input(*one, network_input(run));
        set_input(*two, network_input(run));
        for (int round = 0; round < 3; ++round) {
            one->run();
            two->run();
            expect_close(run, two->output(), one->output());
        }
    }
}

TEST(engines, impossible_options_are_refused) {
    const Network network = bottleneck({1, 3, 3, 3}, 4, 8, Activation::relu);
    const Weights weights = make_weights(network, kSeed);
    for (const std::string& engine : available_engines())
        EXPECT_THROW((void)find_engine(engine)->make_session(network, weights, {0, false}), Error) << engine;
    EXPECT_THROW((void)find_engine("reference")->make_session(network, weights, {2, false}), Error);
    if (is_configured("xnnpack")) {
        EXPECT_THROW((void)find_engine("xnnpack")->make_session(network, weights, {10000, false}), Error);
    }
}

// Work is split over outputs, never over a sum: each output is the same chain of roundings on any number of
// threads. Other libraries do not promise that.
TEST(engines, native_results_are_the_same_on_any_number_of_threads) {
    if (!is_configured("native")) GTEST_SKIP() << "the native engine was not built";
    for (const std::string& model : model_names()) {
        for (const bool standard : {false, true}) {
            SCOPED_TRACE(model + (standard ? ", standard" : ", separable"));
            const Network separable =
                expand(find_model(model), {.alpha = 0.25, .resolution = 65, .classes = 11, .batch = 2});
            const Network network = standard ? standard_counterpart(separable) : separable;
            const Weights weights = make_weights(network, kSeed);
            const std::vector<float> input = make_input(network.input, kSeed);
            const std::vector<float> one = run_once("native", network, weights, input, {1, false});
            for (const int threads : {2, 3})
                EXPECT_EQ(run_once("native", network, weights, input, {threads, false}), one) << threads;
        }
    }
}

/// A cache to plan for, whatever this machine has.
constexpr std::int64_t kSmallL2 = std::int64_t{256} << 10;

/// Expand, depthwise, project, and then depthwise and pointwise; what lies between them exceeds kSmallL2.
Network wide_network() {
    const Shape in{1, 161, 160, 8};
    const Conv pointwise{.padding = {}, .bias = true};
    Conv depthwise{.kernel = 3, .groups = 64, .padding = {1, 1, 1, 1}, .bias = true};
    std::vector<Layer> layers;
    const auto add = [&](std::int64_t channels, const Conv& conv) {
        const Shape from = layers.empty() ? in : layers.back().output;
        layers.push_back(conv_layer(from, channels, conv, Activation::relu6));
        layers.back().inputs = {static_cast<TensorId>(layers.size() - 1), kNoTensor};
    };
    add(64, pointwise);
    add(64, depthwise);
    add(64, pointwise);
    depthwise.stride = 2;
    add(64, depthwise);
    add(24, pointwise);
    return network_of(in, layers);
}

TEST(engines, native_layers_in_bands_compute_what_whole_layers_do) {
    if (!is_configured("native")) GTEST_SKIP() << "the native engine was not built";
    const Network network = wide_network();
    const Weights weights = make_weights(network, kSeed);
    const std::vector<float> input = make_input(network.input, kSeed);
    const auto session = find_engine("native")->make_session(network, weights, {.l2_bytes = kSmallL2});
    const SessionMemory memory = session->memory_use();
    EXPECT_GT(memory.scratch_bytes, 0);
    EXPECT_LT(real_peak_bytes(memory), 8 * 161 * 160 * 64);  // two of the large tensors, in bytes
    const std::vector<float> whole = run_once("native", network, weights, input, {1, true, kSmallL2});
    for (const int threads : {1, 2, 3}) {
        EXPECT_EQ(run_once("native", network, weights, input, {threads, false, kSmallL2}), whole) << threads;
        check_reuse({"native", network, weights, threads, kSmallL2});
    }
}

// A processor takes some hundred cycles for each denormal, which no trained network has many of. They come in
// as an input, and as a product of two normal numbers; without flushing, the outputs are 1.6e-9 and 1.6e-39.
TEST(engines, denormals_count_as_zero_on_every_thread) {
    const Shape in{1, 48, 48, 16};
    const Network network = network_of(in, {conv_layer(in, in.c, {}, Activation::none)});
    const auto count = static_cast<std::size_t>(element_count(in));
    for (const std::string& engine : engines_to_check()) {
        for (const int threads : {1, 2}) {
            for (const auto& [x, w] : {std::pair{1e-40F, 1e30F}, {1e-30F, 1e-10F}}) {
                const Weights weights{{{std::vector<float>(256, w), std::vector<float>(16, 0)}}};
                const std::vector<float> input(count, x);
                EXPECT_EQ(run_once(engine, network, weights, input, {threads, false}),
                          std::vector<float>(count, 0))
                    << engine << ", threads " << threads << ", input " << x;
            }
        }
    }
}

std::string message_of(const std::string& engine) {
    try {
        (void)find_engine(engine);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

TEST(registry, lists_every_engine_in_order_of_preference) {
    const std::vector<EngineStatus> statuses = engine_statuses();
    std::vector<std::string> names;
    for (const EngineStatus& status : statuses) {
        names.push_back(status.name);
        EXPECT_EQ(status.available, status.reason.empty()) << status.name << ": " << status.reason;
        EXPECT_EQ(status.info.name, status.available ? status.name : "");
        EXPECT_EQ(status.info.data_types.empty(), !status.available) << status.name;
    }
    const std::vector<std::string> known = {"native", "onednn", "xnnpack", "reference"};
    std::vector<std::string> found;  // those of `known`, in the order of the table
    std::copy_if(names.begin(), names.end(), std::back_inserter(found), [&](const std::string& name) {
        return std::find(known.begin(), known.end(), name) != known.end();
    });
    EXPECT_EQ(found, known);
    EXPECT_EQ(names.back(), kNaiveEngine);

    const std::filesystem::path source = MOBILENET_COST_SOURCE_DIR;
    std::multiset<std::string> folders = {std::string(kNaiveEngine)};  // part of the library
    for (const auto& entry : std::filesystem::directory_iterator(source / "src/mobilenet_cost/engine"))
        if (entry.is_directory()) folders.insert(entry.path().filename().string());
    EXPECT_EQ(std::multiset<std::string>(names.begin(), names.end()), folders);
}

TEST(registry, plugins_are_available_exactly_if_they_were_configured) {
    for (const EngineStatus& engine : engine_statuses()) {
        const std::string missing = "--engine: engine \"" + engine.name + "\" is not available: not built: ";
        const bool here = engine.name == kNaiveEngine || is_configured(engine.name);
        EXPECT_EQ(message_of(engine.name),
                  here ? "no error" : missing + std::string(why_left_out(engine.name)));
    }
    if (is_configured("onednn")) {
        EXPECT_FALSE(find_engine("onednn")->info().version.empty());
    }
}

TEST(registry, unknown_engine_names_the_nearest) {
    EXPECT_EQ(message_of("onedn"), "--engine: unknown engine \"onedn\" (did you mean \"onednn\"?)");
}

/// A folder of plug-ins that goes first, for the duration of a test.
class NamedFolder {
  public:
    explicit NamedFolder(const std::filesystem::path& folder) {
        std::filesystem::create_directories(folder);
        setenv("MOBILENET_COST_ENGINE_DIR", folder.c_str(), 1);
    }
    ~NamedFolder() { unsetenv("MOBILENET_COST_ENGINE_DIR"); }
    NamedFolder(const NamedFolder&) = delete;
    NamedFolder& operator=(const NamedFolder&) = delete;
};

TEST(registry, a_plugin_that_does_not_load_is_unavailable_with_the_reason) {
    const std::filesystem::path folder =
        std::filesystem::path(testing::TempDir()) / "mobilenet_cost_broken_engine";
    const NamedFolder named(folder);
    std::ofstream(folder / "mobilenet_cost_native.so") << "not a shared library";
    const std::vector<EngineStatus> statuses = engine_statuses();
    EXPECT_FALSE(statuses.front().available);
    EXPECT_TRUE(statuses.front().reason.starts_with("does not load: " + folder.string()))
        << statuses.front().reason;
    EXPECT_EQ(message_of("native"),
              "--engine: engine \"native\" is not available: " + statuses.front().reason);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mobilenet_cost

// Laws that hold for every network, over random variants of all models. The seeds are fixed.

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/count/convention_table.h"
#include "mobilenet_cost/model/standard_counterpart.h"

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

class Generator {
  public:
    explicit Generator(std::uint64_t seed) : engine_(seed) {}

    std::int64_t integer(std::int64_t least, std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>(least, most)(engine_);
    }
    double real(double least, double most) {
        return std::uniform_real_distribution<double>(least, most)(engine_);
    }
    bool chance() { return integer(0, 1) == 1; }
    std::size_t index(std::size_t size) {
        return static_cast<std::size_t>(integer(0, static_cast<std::int64_t>(size) - 1));
    }

    Variant variant() {
        return {.alpha = real(0.05, 2.5),
                .resolution = integer(1, 320),
                .classes = integer(1, 2000),
                .batch = integer(1, 8),
                .scope = chance() ? AlphaScope::published : AlphaScope::inner};
    }

  private:
    std::mt19937_64 engine_;
};

/// Calls `check` with each model and 25 random variants of it.
template <typename Check>
void for_random_variants(std::uint64_t seed, Check check) {
    Generator random(seed);
    for (const char* name : test::kModels) {
        for (int trial = 0; trial < 25; ++trial) {
            const Variant variant = random.variant();
            SCOPED_TRACE(std::string(name) + " alpha " + std::to_string(variant.alpha) + " resolution " +
                         resolution_text(variant.resolution) + " batch " + std::to_string(variant.batch));
            check(test::model(name), variant, random);
        }
    }
}

TEST(Property, NetworksAndCounterpartsAreWellFormed) {
    for_random_variants(1, [](const ModelConfig& config, const Variant& variant, Generator&) {
        const Network network = expand(config, variant);
        EXPECT_EQ(test::error_of([&] { check_network(network); }), "no error");
        EXPECT_EQ(test::error_of([&] { check_network(standard_counterpart(network)); }), "no error");
        EXPECT_EQ(total_cost(config, variant), total_cost(network));
    });
}

TEST(Property, BatchIsThatManyPasses) {
    for_random_variants(2, [](const ModelConfig& config, Variant variant, Generator& random) {
        variant.batch = 1;
        const Network one = expand(config, variant);
        const std::int64_t k = random.integer(2, 64);
        variant.batch = k;
        const Network many = expand(config, variant);
        const Cost a = total_cost(one);
        const Cost b = total_cost(many);
        EXPECT_EQ(b, (Cost{k * a.macs, a.weights, a.biases, a.bn_channels, k * a.input_elements,
                           k * a.output_elements}));
        EXPECT_EQ(peak_memory(many, Overlap::none).elements, k * peak_memory(one, Overlap::none).elements);
        for (const Convention& convention : convention_table())
            EXPECT_EQ(count_macs(total_terms(many), convention), k * count_macs(total_terms(one), convention))
                << convention.name;
    });
}

TEST(Property, WiderIsNeverCheaper) {
    for_random_variants(3, [](const ModelConfig& config, Variant variant, Generator& random) {
        const Cost narrow = total_cost(config, variant);
        variant.alpha *= random.real(1, 1.5);
        const Cost wide = total_cost(config, variant);
        EXPECT_GE(wide.macs, narrow.macs);
        EXPECT_GE(wide.weights, narrow.weights);
        EXPECT_GE(wide.biases, narrow.biases);
        EXPECT_GE(wide.bn_channels, narrow.bn_channels);
    });
}

TEST(Property, LargerIsNeverCheaperAndHasTheSameWeights) {
    for_random_variants(4, [](const ModelConfig& config, Variant variant, Generator& random) {
        const Network small = expand(config, variant);
        variant.resolution = variant.resolution.height + random.integer(1, 40);
        const Network large = expand(config, variant);
        EXPECT_GE(total_cost(large).macs, total_cost(small).macs);
        EXPECT_GE(total_cost(large).output_elements, total_cost(small).output_elements);
        EXPECT_GE(peak_memory(large, Overlap::none).elements, peak_memory(small, Overlap::none).elements);
        EXPECT_EQ(total_cost(large).weights, total_cost(small).weights);
    });
}

TEST(Property, StandardCounterpartIsNeverCheaper) {
    for_random_variants(5, [](const ModelConfig& config, const Variant& variant, Generator&) {
        const Analysis analysis = analyze(config, variant, DataType::f32, convention_table()[0]);
        EXPECT_GT(analysis.standard.macs, analysis.totals.macs);
        EXPECT_GT(analysis.standard.params, analysis.totals.params);
        for (const SeparableBlock& block : analysis.blocks) {
            EXPECT_GT(area(block.k), 1) << block.name;
            EXPECT_GT(block.p_s, block.p_d) << block.name;
            EXPECT_GT(block.c_s, block.c_d) << block.name;
        }
    });
}

TEST(Property, PeakHoldsEveryLayersInputsAndOutput) {
    for_random_variants(6, [](const ModelConfig& config, const Variant& variant, Generator&) {
        const Network network = expand(config, variant);
        std::int64_t largest = 0;
        std::int64_t largest_tensor = 0;
        for (const Layer& layer : network.layers) {
            const Cost cost = layer_cost(layer);
            largest = std::max(largest, cost.input_elements + cost.output_elements);
            largest_tensor = std::max(largest_tensor, cost.output_elements);
        }
        const PeakMemory apart = peak_memory(network, Overlap::none);
        const PeakMemory in_place = peak_memory(network, Overlap::in_place);
        EXPECT_GE(apart.elements, largest);
        EXPECT_LE(in_place.elements, apart.elements);
        EXPECT_GE(in_place.elements, largest_tensor);
    });
}

TEST(Property, DoubleSizeIsFourTimesTheMacsWithoutStride) {
    Generator random(7);
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<Block> blocks;
        for (std::int64_t i = random.integer(1, 6); i > 0; --i) {
            const std::int64_t channels = random.integer(1, 64);
            const std::int64_t kernel = random.integer(1, 7);
            const double expansion = random.real(0.5, 6);
            const std::vector<BlockKind> kinds = {
                ConvBlock{.channels = channels, .kernel = kernel},
                DepthwiseSeparableBlock{.channels = channels, .kernel = kernel},
                InvertedResidualBlock{.channels = channels, .kernel = kernel, .expansion = expansion},
                UniversalInvertedBottleneckBlock{.channels = channels,
                                                 .start_kernel = random.integer(0, 5),
                                                 .middle_kernel = random.integer(0, 5),
                                                 .expansion = expansion},
                FusedInvertedBottleneckBlock{.channels = channels, .kernel = kernel, .expansion = expansion}};
            blocks.push_back({"b" + std::to_string(i), Activation::relu, kinds[random.index(kinds.size())]});
        }
        const ModelConfig config = test::family(blocks);
        const std::int64_t size = random.integer(1, 100);
        const Cost one = total_cost(config, {.resolution = size});
        const Cost two = total_cost(config, {.resolution = 2 * size});
        EXPECT_EQ(two.macs, 4 * one.macs);
        EXPECT_EQ(two.output_elements, 4 * one.output_elements);
        EXPECT_EQ(two.weights, one.weights);
    }
}

/// One random change to a document: a key or element removed, or a value replaced by an odd one.
void mutate(nlohmann::json& value, Generator& random) {
    using nlohmann::json;
    if (value.is_structured() && !value.empty() && random.integer(0, 5) > 0) {
        const auto child =
            std::next(value.begin(), random.integer(0, static_cast<std::int64_t>(value.size()) - 1));
        if (random.integer(0, 9) == 0) {
            value.erase(child);
        } else {
            mutate(*child, random);
        }
        return;
    }
    const std::vector<json> odd = {nullptr,
                                   true,
                                   0,
                                   1,
                                   2,
                                   3,
                                   5,
                                   -1,
                                   0.25,
                                   1e300,
                                   17,
                                   "",
                                   "relu",
                                   "conv",
                                   "x",
                                   json::array(),
                                   json::object(),
                                   json::array({3, 2}),
                                   1 << 20,
                                   4096,
                                   INT64_MAX};
    value = odd[random.index(odd.size())];
}

/// Parses, and expands what was parsed. Anything but a network or an Error fails the test. Returns whether
/// there was a network.
bool is_network_or_error(const std::string& text) {
    try {
        const ModelConfig config = parse_model_config(text, "mutated.json");
        for (const Variant& variant : {Variant{.resolution = 32}, Variant{.alpha = 0.3, .resolution = 7}}) {
            const Network network = expand(config, variant);
            check_network(network);
            check_network(standard_counterpart(network));
            EXPECT_EQ(total_cost(config, variant), total_cost(network));
            EXPECT_GE(peak_memory(network, Overlap::none).elements, 1);
        }
        return true;
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()), "");
        return false;
    }
}

std::string text_of(const char* model) {
    return read_text_file(std::string(MOBILENET_COST_SOURCE_DIR) + "/configs/" + model + ".json", 1 << 20);
}

TEST(Property, MutatedConfigsAreNetworksOrErrors) {
    Generator random(8);
    int networks = 0;
    int errors = 0;
    for (const char* name : test::kModels) {
        const nlohmann::json document = nlohmann::json::parse(text_of(name));
        for (int trial = 0; trial < 150; ++trial) {
            nlohmann::json changed = document;
            for (std::int64_t i = random.integer(1, 3); i > 0; --i)
                mutate(changed, random);
            (is_network_or_error(changed.dump()) ? networks : errors) += 1;
        }
    }
    EXPECT_GT(networks, 100) << "the mutations are too coarse";
    EXPECT_GT(errors, 100) << "the mutations are too tame";
}

TEST(Property, MutatedBytesAreNetworksOrErrors) {
    Generator random(9);
    int errors = 0;
    for (const char* name : test::kModels) {
        const std::string original = text_of(name);
        for (int trial = 0; trial < 100; ++trial) {
            std::string changed = original;
            for (std::int64_t i = random.integer(1, 4); i > 0; --i)
                changed[random.index(changed.size())] = static_cast<char>(random.integer(0, 255));
            if (random.integer(0, 3) == 0) changed.resize(random.index(changed.size()));
            if (!is_network_or_error(changed)) ++errors;
        }
    }
    EXPECT_GT(errors, 100);
}

}  // namespace
}  // namespace mobilenet_cost

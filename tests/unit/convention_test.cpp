#include "mobilenet_cost/count/convention.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/count/convention_table.h"
#include "mobilenet_cost/model/expand.h"

#include "unit/csv.h"
#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::CsvRow;
using test::error_of;

Network network_of(const CsvRow& row) {
    const std::int64_t classes = row.integer("classes");
    Network network = expand(test::model(row["model"]), {.alpha = row.number("alpha"),
                                                         .resolution = row.integer("resolution"),
                                                         .classes = classes == 0 ? 1000 : classes});
    if (classes == 0) network.layers.pop_back();  // the row is without the classifier
    return network;
}

/// What a tool counts in a network that is built unlike ours.
std::int64_t structural_difference(const CsvRow& row, const Network& network) {
    const std::string& name = row["convention"];
    const Terms terms = total_terms(network);
    // torchvision's MobileNetV2 pools by function: thop has no rule for it, ptflops sees it once, not twice.
    const bool pools_by_function = row["model"] == "mobilenet_v2";
    if (name == "thop" && pools_by_function) return -terms.pool_inputs - terms.pool_outputs;
    if (name == "ptflops_pytorch" && pools_by_function) return -terms.pool_inputs;
    // Keras' MobileNetV3 rescales its input: one product and one sum for each value.
    const bool rescales = row["model"].starts_with("mobilenet_v3");
    if (name.starts_with("tf_profiler") && rescales) return 2 * element_count(network.input);
    return 0;
}

/// Rows whose name is not the name of our convention.
const std::map<std::string, std::string>& convention_names() {
    static const std::map<std::string, std::string> names = {
        {"deepspeed flops", "deepspeed_flops"},   {"slim_docstring macs", "paper"},
        {"slim_docstring params", "paper"},       {"slim_variables params", "tf_slim"},
        {"keras_total params", "keras"},          {"onnx_tool_folded macs", "onnx_tool"},
        {"onnx_tool_folded params", "onnx_tool"},
    };
    return names;
}

using Rule = std::function<std::int64_t(const Network&)>;

std::int64_t classifier_weights(const Network& network) {
    return layer_cost(network.layers.back()).weights;
}

/// Figures that no convention of ours gives: a tool on classes that it does not know, another Keras, a part.
const std::map<std::string, Rule>& other_rules() {
    static const std::map<std::string, Rule> rules = {
        {"keras_trainable params",
         [](const Network& n) { return parameter_count(total_cost(n), BatchNormCount::bn2); }},
        {"tf_profiler_keras2 flops",  // its fused batch norm has no registered count
         [](const Network& n) {
             const Terms t = total_terms(n);
             return count_macs(t, find_convention("tf_profiler")) - 2 * t.bn_elements - 6 * t.bn_channels;
         }},
        // timm's batch norm includes the activation, and its linear layer is a class of its own: exact type
        // matching misses both.
        {"ptflops_pytorch_on_timm macs",
         [](const Network& n) {
             const Terms t = total_terms(n);
             return t.conv_macs + t.conv_bias_adds + 2 * t.relu + 2 * t.pool_inputs;
         }},
        {"thop_on_timm macs",
         [](const Network& n) {
             const Terms t = total_terms(n);
             return t.conv_macs + t.pool_inputs + t.pool_outputs;
         }},
        {"thop_on_timm params",
         [](const Network& n) { return total_cost(n).weights - classifier_weights(n); }},
        {"torchinfo_on_timm macs",
         [](const Network& n) { return total_cost(n).macs + total_terms(n).dense_bias_adds; }},
        {"ptflops_pytorch_on_timm params",
         [](const Network& n) { return parameter_count(total_cost(n), BatchNormCount::bn2); }},
        {"torchinfo_on_timm params",
         [](const Network& n) { return parameter_count(total_cost(n), BatchNormCount::bn2); }},
    };
    return rules;
}

std::int64_t by_convention(const CsvRow& row, const Network& network, const std::string& name) {
    const Convention& convention = find_convention(name);
    if (row["quantity"] == "params") return parameter_count(total_cost(network), convention.batch_norm);
    EXPECT_EQ(convention.unit == "FLOPs" && convention.name != "fvcore", row["quantity"] == "flops")
        << row.where;
    return count_macs(total_terms(network), convention) + structural_difference(row, network);
}

TEST(Convention, EveryFigureOfEveryToolToTheInteger) {
    std::set<std::string> checked;
    for (const CsvRow& row : test::read_csv("convention_totals.csv")) {
        const std::string key = row["convention"] + " " + row["quantity"];
        const Network network = network_of(row);
        const auto renamed = convention_names().find(key);
        const auto other = other_rules().find(key);
        const std::string& name = renamed == convention_names().end() ? row["convention"] : renamed->second;
        std::int64_t counted = 0;
        if (other != other_rules().end()) {
            counted = other->second(network) + structural_difference(row, network);
        } else {
            counted = by_convention(row, network, name);
            checked.insert(name);
        }
        EXPECT_EQ(counted, row.integer("value")) << row.where << " " << key << " " << row["model"];
    }
    // The others print no integers, or were not run; their figures are below.
    const std::set<std::string> rounded = {"openvino", "onnxsim", "pnnx"};
    for (const Convention& convention : convention_table())
        EXPECT_NE(checked.contains(convention.name), rounded.contains(convention.name)) << convention.name;
}

TEST(Convention, WhatPrintsRoundedFiguresToTheirLastDigit) {
    struct Printed {
        const char* convention;
        const char* model;
        double alpha;
        std::int64_t resolution;
        std::int64_t printed;  ///< in units of the last digit
        std::int64_t unit;
    };
    const Printed rows[] = {
        {"pnnx", "mobilenet_v1", 1, 224, 1148, 1'000'000},
        {"pnnx", "mobilenet_v2", 1, 224, 614'613, 1000},
        {"pnnx", "mobilenet_v2", 0.5, 160, 104'018, 1000},
        {"pnnx", "mobilenet_v3_small", 1, 224, 118'765, 1000},
        {"pnnx", "mobilenet_v3_large", 1, 224, 447'625, 1000},
        {"pnnx", "mobilenet_v4_conv_small", 1, 224, 375'869, 1000},
        {"onnxsim", "mobilenet_v1", 1, 224, 5687, 100'000},
        {"onnxsim", "mobilenet_v2", 1, 224, 3008, 100'000},
        {"onnxsim", "mobilenet_v2", 0.5, 160, 502, 100'000},
        {"onnxsim", "mobilenet_v3_small", 1, 224, 565, 100'000},
        {"onnxsim", "mobilenet_v3_large", 1, 224, 2166, 100'000},
        {"onnxsim", "mobilenet_v4_conv_small", 1, 224, 1860, 100'000},
    };
    for (const Printed& row : rows) {
        const Network network =
            expand(test::model(row.model), {.alpha = row.alpha, .resolution = row.resolution});
        const std::int64_t count = count_macs(total_terms(network), find_convention(row.convention));
        EXPECT_EQ((count + row.unit / 2) / row.unit, row.printed) << row.convention << " " << row.model;
    }
}

TEST(Convention, OpenVinoIsTwoPerMacAndPerOutput) {
    // models/public/mobilenet-v1-1.0-224-tf/README.md and mobilenet-v2-1.0-224: "GFlops" 1.148 and 0.615.
    const auto flops = [](const char* name) {
        const Network network = expand(test::model(name), {.classes = 1001});
        return count_macs(total_terms(network), find_convention("openvino"));
    };
    EXPECT_EQ(flops("mobilenet_v1"), 2 * (568'741'376 + 5'042'688 + 1001));
    EXPECT_EQ((flops("mobilenet_v1") + 500'000) / 1'000'000, 1148);
    EXPECT_EQ(flops("mobilenet_v2"), 2 * (300'775'552 + 6'678'112 + 1001));
    EXPECT_EQ((flops("mobilenet_v2") + 500'000) / 1'000'000, 615);
}

/// Stem, squeeze-and-excite block with residual, pool, biased head, classifier with a sigmoid; batch 2 on an
/// 8x8 map.
Network every_term() {
    const InvertedResidualBlock block{.channels = 8, .expansion = 2, .squeeze_excite = 0.5};
    Network network = expand(test::family({{"stem", Activation::relu6, ConvBlock{.channels = 8, .kernel = 3}},
                                           {"b", Activation::hard_swish, block},
                                           {"pool", {}, PoolBlock{}},
                                           {"head", Activation::swish,
                                            ConvBlock{.channels = 16, .batch_norm = false, .bias = true}},
                                           {"Logits", {}, ClassifierBlock{}}}),
                             {.classes = 10, .batch = 2});
    network.layers.back().activation = Activation::sigmoid;
    return network;
}

TEST(Terms, ByHand) {
    const Terms terms = total_terms(every_term());
    // 64 pixels, 2 images: stem 27 * 8, expand 8 * 16, depthwise 9 * 16, project 16 * 8; squeeze 2 * 16 * 8.
    EXPECT_EQ(terms.conv_macs, 2 * (64 * (216 + 128 + 144 + 128) + 256));
    EXPECT_EQ(terms.dense_macs, 2 * (8 * 16 + 16 * 10));
    EXPECT_EQ(terms.conv_bias_adds, 2 * (8 + 16));
    EXPECT_EQ(terms.dense_bias_adds, 2 * (16 + 10));
    EXPECT_EQ(terms.bn_elements, 2 * 64 * (8 + 16 + 16 + 8));
    EXPECT_EQ(terms.conv_outputs, terms.bn_elements + terms.conv_bias_adds + terms.dense_bias_adds);
    EXPECT_EQ(terms.bn_channels, 2 * (8 + 16 + 16 + 8));
    EXPECT_EQ(terms.relu, 2 * 8);
    EXPECT_EQ(terms.relu6, 2 * 64 * 8);
    EXPECT_EQ(terms.hard_swish, 2 * 64 * 32);
    EXPECT_EQ(terms.hard_sigmoid, 2 * 16);
    EXPECT_EQ(terms.swish, 2 * 16);
    EXPECT_EQ(terms.sigmoid, 2 * 10);
    EXPECT_EQ(terms.pool_inputs, 2 * 64 * 8);
    EXPECT_EQ(terms.pool_outputs, 2 * 8);
    EXPECT_EQ(terms.squeeze_inputs, 2 * 64 * 16);
    EXPECT_EQ(terms.squeeze_outputs, 2 * 16);
    EXPECT_EQ(terms.residual_adds, 2 * 64 * 8);
    EXPECT_EQ(terms.gate_multiplies, 2 * 64 * 16);
    EXPECT_EQ(terms.class_scores, 2 * 10);
}

TEST(Terms, TableNamesEveryMemberOnce) {
    std::set<std::string_view> names;
    std::set<std::string_view> meanings;
    Terms all;
    for (const TermRow& row : term_table()) {
        names.insert(row.name);
        meanings.insert(row.meaning);
        EXPECT_EQ(all.*row.member, 0) << row.name << " is listed twice";
        all.*row.member = 1;
    }
    EXPECT_EQ(names.size(), term_table().size());
    EXPECT_EQ(meanings.size(), term_table().size());
    EXPECT_EQ(sizeof(Terms), term_table().size() * sizeof(std::int64_t)) << "a member is not in the table";
}

TEST(Terms, LayersSumToTheTotal) {
    const Network network = every_term();
    const Terms total = total_terms(network);
    for (const TermRow& row : term_table()) {
        std::int64_t sum = 0;
        for (const Layer& layer : network.layers)
            sum += layer_terms(layer).*row.member;
        EXPECT_EQ(sum, total.*row.member) << row.name;
        EXPECT_GT(sum, 0) << row.name;
    }
}

TEST(CountMacs, OverflowIsAnError) {
    const std::string expected = "a count exceeds the 64-bit range (2^63 - 1)";
    Convention convention = find_convention("paper");
    convention.counted = {{&Terms::relu, 2}, {&Terms::relu6, 1}};
    EXPECT_EQ(count_macs(Terms{.relu = INT64_MAX / 2, .relu6 = 1}, convention), INT64_MAX);
    EXPECT_EQ(error_of([&] { (void)count_macs(Terms{.relu = INT64_MAX / 2 + 1}, convention); }), expected);
    EXPECT_EQ(error_of([&] { (void)count_macs(Terms{.relu = INT64_MAX / 2, .relu6 = 2}, convention); }),
              expected);
    // Four sums of 2^62 elements each.
    const Shape large{1 << 20, 1 << 20, 1 << 20, 4};
    Network network;
    network.input = large;
    for (TensorId i = 0; i < 4; ++i) {
        Layer add;
        add.kind = Add{};
        add.inputs = {i, i};
        add.input = add.output = large;
        network.layers.push_back(add);
    }
    EXPECT_EQ(error_of([&] { (void)total_terms(network); }), expected);
}

TEST(ConventionTable, PaperIsFirstAndNamesAreUnique) {
    EXPECT_EQ(convention_table()[0].name, "paper");
    std::set<std::string> names;
    for (const Convention& convention : convention_table()) {
        names.insert(convention.name);
        EXPECT_EQ(&find_convention(convention.name), &convention);
        EXPECT_TRUE(convention.unit == "MACs" || convention.unit == "FLOPs") << convention.name;
        EXPECT_FALSE(convention.title.empty()) << convention.name;
        EXPECT_FALSE(convention.source.empty()) << convention.name;
    }
    EXPECT_EQ(names.size(), convention_table().size());
}

TEST(ConventionTable, FormulaSaysEveryFactor) {
    for (const Convention& convention : convention_table()) {
        const std::string text = formula(convention);
        std::size_t found = 0;
        for (std::size_t at = text.find(" per "); at != std::string::npos; at = text.find(" per ", at + 1))
            ++found;
        for (const CountedTerm& term : convention.counted) {
            for (const TermRow& row : term_table()) {
                if (row.member != term.member) continue;
                const std::string part = std::to_string(term.factor) + " per " + std::string(row.meaning);
                EXPECT_NE(text.find(part), std::string::npos) << convention.name << ": " << text;
            }
        }
        EXPECT_EQ(found, convention.counted.size()) << text;
    }
}

TEST(FindConvention, NearestName) {
    EXPECT_EQ(error_of([] { (void)find_convention("fvcoer"); }),
              "--convention: unknown convention \"fvcoer\" (did you mean \"fvcore\"?)");
    EXPECT_TRUE(error_of([] {
                    (void)find_convention("zzzzz");
                }).starts_with("--convention: unknown convention \"zzzzz\" (known: paper, "));
}

}  // namespace
}  // namespace mobilenet_cost

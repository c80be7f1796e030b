#include "mobilenet_cost/count/analysis.h"

#include <algorithm>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/count/convention_table.h"
#include "mobilenet_cost/count/explain.h"
#include "mobilenet_cost/model/standard_counterpart.h"
#include "mobilenet_cost/report/count/cost_json.h"
#include "mobilenet_cost/report/count/cost_report.h"
#include "mobilenet_cost/report/count/explain_report.h"

#include "unit/csv.h"
#include "unit/decimal.h"
#include "unit/engine_support.h"
#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::CsvRow;

const Convention& paper() {
    return convention_table()[0];
}

std::vector<Variant> some_variants() {
    return {
        {}, {.alpha = 0.5, .resolution = 160}, {.alpha = 1.4, .resolution = 97, .classes = 10, .batch = 3}};
}

void check_sums(const Analysis& analysis, const Network& network) {
    Totals totals;
    Cost cost;
    for (const LayerAnalysis& layer : analysis.layers) {
        totals.macs += layer.macs;
        totals.params += layer.params;
        cost += layer.cost;
    }
    EXPECT_EQ(totals.macs, analysis.totals.macs);
    EXPECT_EQ(totals.params, analysis.totals.params);
    EXPECT_EQ(cost, analysis.cost);
    EXPECT_EQ(cost, total_cost(network));
}

TEST(Analyze, LayersSumToTotalsUnderEveryConvention) {
    SummaryScratch scratch;
    for (const char* name : test::kModels) {
        for (const Variant& variant : some_variants()) {
            const ModelConfig& config = test::model(name);
            const Network network = expand(config, variant);
            for (const Convention& convention : convention_table()) {
                SCOPED_TRACE(std::string(name) + " " + convention.name);
                const Analysis analysis = analyze(config, variant, DataType::f32, convention);
                check_sums(analysis, network);
                const Summary summary = summarize(config, variant, convention, scratch);
                EXPECT_EQ(summary.totals.macs, analysis.totals.macs);
                EXPECT_EQ(summary.totals.params, analysis.totals.params);
                EXPECT_EQ(summary.standard.macs, analysis.standard.macs);
                EXPECT_EQ(summary.standard.params, analysis.standard.params);
                EXPECT_EQ(summary.cost, analysis.cost);
                EXPECT_EQ(summary.peak_elements, analysis.peak.elements);
            }
        }
    }
}

TEST(Analyze, DescribesTheVariant) {
    const Analysis analysis = analyze(test::model("mobilenet_v1"), {.alpha = 0.5, .resolution = 160},
                                      DataType::f16, find_convention("keras"));
    EXPECT_EQ(analysis.model, "mobilenet_v1");
    EXPECT_DOUBLE_EQ(analysis.beta, 160.0 / 224);
    EXPECT_EQ(analysis.convention, "keras");
    EXPECT_EQ(analysis.data_type, DataType::f16);
    EXPECT_EQ(analysis.totals.macs, 76'524'800);
    EXPECT_EQ(analysis.totals.params, 1'342'536);
    EXPECT_EQ(analysis.params,
              (std::array<std::int64_t, 5>{1'320'648, 1'326'120, 1'331'592, 1'337'064, 1'342'536}));
    EXPECT_EQ(analysis.peak.elements, 80 * 80 * 48);
    EXPECT_EQ(analysis.peak_layer, "Conv2d_1_pointwise");
    EXPECT_EQ(analyze(test::model("mobilenet_v1"), {}, DataType::f32, paper()).variant.resolution, 224);
}

TEST(Analyze, LayerRows) {
    const Analysis analysis = analyze(test::model("mobilenet_v1"), {}, DataType::f32, paper());
    ASSERT_EQ(analysis.layers.size(), 29U);
    const LayerAnalysis& depthwise = analysis.layers[3];
    EXPECT_EQ(depthwise.name, "Conv2d_2_depthwise");
    EXPECT_EQ(depthwise.op, "depthwise_conv2d");
    EXPECT_EQ(depthwise.block, "Conv2d_2");
    EXPECT_EQ(depthwise.input, (Shape{1, 112, 112, 64}));
    EXPECT_EQ(depthwise.output, (Shape{1, 56, 56, 64}));
    EXPECT_EQ(depthwise.kernel, 3);
    EXPECT_EQ(depthwise.stride, 2);
    EXPECT_EQ(depthwise.groups, 64);
    EXPECT_EQ(depthwise.macs, 1'806'336);
    EXPECT_EQ(depthwise.params, 576);
    EXPECT_EQ(analysis.layers[27].op, "global_average_pool");
    EXPECT_EQ(analysis.layers[27].kernel, 0);
}

TEST(SeparableBlocks, RatiosAreTheClosedForm) {
    for (const char* name : test::kModels) {
        for (const Variant& variant : some_variants()) {
            const Analysis analysis = analyze(test::model(name), variant, DataType::f32, paper());
            for (const SeparableBlock& block : analysis.blocks) {
                SCOPED_TRACE(std::string(name) + " " + block.name);
                const std::int64_t k2 = area(block.k);
                // p_s / p_d = c_s / c_d = k^2 Co / (k^2 + Co), in integers.
                EXPECT_EQ(block.p_s * (k2 + block.c_out), block.p_d * k2 * block.c_out);
                EXPECT_EQ(block.c_s, block.p_s * variant.batch * block.h_out * block.w_out);
                EXPECT_EQ(block.c_d, block.p_d * variant.batch * block.h_out * block.w_out);
                EXPECT_NEAR(parameter_ratio(block), block.closed_form, 1e-12 * block.closed_form);
                EXPECT_NEAR(mac_ratio(block), block.closed_form, 1e-12 * block.closed_form);
            }
        }
    }
}

/// An atrous depthwise 3x3 of 4 channels to 8, and a pointwise one to 6, on a map of 7x5.
Network widened_and_atrous() {
    const Shape in{1, 7, 5, 4};
    const Conv spatial{.kernel = 3, .dilation = 2, .groups = 4, .padding = {2, 2, 2, 2}};
    std::vector<Layer> layers = {conv_layer(in, 8, spatial, Activation::none)};
    layers.push_back(conv_layer(layers[0].output, 6, {.padding = {}}, Activation::none));
    layers[1].inputs[0] = 1;
    return network_of(in, layers);
}

// P_s = 9 * 4 * 6; P_d = 9 * 8 + 8 * 6, twice that of a depthwise without the multiplier.
TEST(SeparableBlocks, ADepthMultiplierCountsOnTheSeparableSide) {
    const Network network = widened_and_atrous();
    const std::vector<SeparableBlock> blocks = separable_blocks(network);
    ASSERT_EQ(blocks.size(), 1U);
    EXPECT_EQ(blocks[0].multiplier, 2);
    EXPECT_EQ(blocks[0].p_s, 216);
    EXPECT_EQ(blocks[0].p_d, 120);
    EXPECT_EQ(blocks[0].c_d, total_cost(network).macs);
    EXPECT_NEAR(parameter_ratio(blocks[0]), blocks[0].closed_form, 1e-12);
}

TEST(SeparableBlocks, AreNamedApart) {
    for (const char* name : test::kModels) {
        const Analysis analysis = analyze(test::model(name), {}, DataType::f32, paper());
        std::set<std::string> names;
        for (const SeparableBlock& block : analysis.blocks)
            names.insert(block.name);
        EXPECT_EQ(names.size(), analysis.blocks.size()) << name;
    }
}

TEST(SeparableBlocks, AccountForTheDifferenceToTheCounterpart) {
    for (const char* name : test::kModels) {
        const Analysis analysis = analyze(test::model(name), {}, DataType::f32, paper());
        Totals saved;
        for (const SeparableBlock& block : analysis.blocks) {
            saved.macs += block.c_s - block.c_d;
            saved.params += block.p_s - block.p_d;
        }
        EXPECT_EQ(analysis.standard.macs - analysis.totals.macs, saved.macs) << name;
        EXPECT_EQ(analysis.standard.params - analysis.totals.params, saved.params) << name;
    }
}

/// 100 (a^2 b^2 base / exact - 1) in hundredths, exactly; a = alpha / alpha_scale, b = resolution / native.
std::int64_t error_of_square(const test::Decimal& alpha, std::int64_t resolution, std::int64_t native,
                             std::int64_t base, std::int64_t exact) {
    const test::Wide rule = test::Wide{base} * alpha.digits * alpha.digits * resolution * resolution;
    const test::Wide one = test::Wide{exact} * alpha.scale * alpha.scale * native * native;
    return test::half_up(rule - one, one, 10'000);
}

TEST(Scaling, FileOfVariants) {
    const ModelConfig& config = test::model("mobilenet_v1");
    const Cost base = total_cost(config, {});
    for (const CsvRow& row : test::read_csv("scaling.csv")) {
        const Variant variant{.alpha = row.number("alpha"),
                              .resolution = row.integer("resolution"),
                              .classes = row.integer("classes")};
        const Analysis analysis = analyze(config, variant, DataType::f32, find_convention("torchvision"));
        EXPECT_EQ(analysis.totals.macs, row.integer("macs")) << row.where;
        EXPECT_EQ(analysis.totals.params, row.integer("params_bn2")) << row.where;
        const test::Decimal alpha = test::parse_decimal(row["alpha"]);
        const std::int64_t macs_error =
            error_of_square(alpha, variant.resolution.height, 224, base.macs, analysis.totals.macs);
        const std::int64_t params_error =
            error_of_square(alpha, 1, 1, parameter_count(base, BatchNormCount::bn2), analysis.totals.params);
        EXPECT_EQ(macs_error, test::parse_decimal(row["macs_error_of_square_percent"]).digits) << row.where;
        EXPECT_EQ(params_error, test::parse_decimal(row["params_error_of_square_percent"]).digits)
            << row.where;
        EXPECT_NEAR(analysis.scaling.macs_rule_error() * 1e4, static_cast<double>(macs_error), 0.5001)
            << row.where;
        EXPECT_NEAR(analysis.scaling.params_rule_error() * 1e4, static_cast<double>(params_error), 0.5001)
            << row.where;
    }
}

TEST(Scaling, MapSizesAfterEachStride) {
    for (const CsvRow& row : test::read_csv("scaling.csv")) {
        std::string sizes;
        for (const Layer& layer :
             expand(test::model(row["model"]), {.resolution = row.integer("resolution")}).layers) {
            const Conv* conv = std::get_if<Conv>(&layer.kind);
            if (conv != nullptr && conv->stride == 2)
                sizes += (sizes.empty() ? "" : " ") + std::to_string(layer.output.h);
        }
        EXPECT_EQ(sizes, row["sizes_after_stride2"]) << row.where;
    }
}

TEST(Scaling, BaseIsItselfAndKeepsClassesAndBatch) {
    const Variant variant{.classes = 7, .batch = 4};
    const Scaling one = analyze(test::model("mobilenet_v2"), variant, DataType::f32, paper()).scaling;
    EXPECT_EQ(one.macs_exact, 1);
    EXPECT_EQ(one.params_exact, 1);
    EXPECT_EQ(one.macs_rule_error(), 0);
}

std::string text_of(const ExplainedVariant& variant) {
    const std::vector<ExplainedVariant> variants = {variant};
    return explain_report(variants).sections().front().text;
}

// A column, and a key, for the networks that have a dilated layer; in CSV every row has the same columns.
TEST(CostReport, NamesDilationWhereThereIsOne) {
    const Analysis plain = analyze(test::model("mobilenet_v1"), {}, DataType::f32, paper());
    Analysis atrous = plain;
    atrous.layers[1].dilation = 2;
    const CostView layers{.layers = true};
    const auto header = [&](const Analysis& analysis) {
        std::string names;
        const std::vector<Analysis> one = {analysis};
        const std::vector<Section> sections = cost_report(one, layers, true).sections();
        for (const Column& column : sections.back().table.columns)
            names += column.title + " ";
        return names;
    };
    EXPECT_EQ(header(plain).find(" s d "), std::string::npos);
    EXPECT_NE(header(atrous).find(" s d "), std::string::npos);
    const std::vector<Analysis> both = {plain, atrous};
    const Table csv = cost_report(both, layers, false).csv();
    for (const std::vector<Cell>& row : csv.rows)
        EXPECT_EQ(row.size(), csv.columns.size());
    EXPECT_EQ(cost_json({plain}).find("dilation"), std::string::npos);
    EXPECT_NE(cost_json({atrous}).find("\"dilation\": 2"), std::string::npos);
}

std::string explanation(const char* name, const std::string& layer, const Variant& variant = {}) {
    const Network network = expand(test::model(name), variant);
    return text_of({name, variant, explain(network, layer, DataType::f32)});
}

void expect_all(const std::string& text, const std::vector<std::string>& parts) {
    for (const std::string& part : parts)
        EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
}

TEST(Explain, ConvolutionWithItsNumbers) {
    const std::string text = explanation("mobilenet_v1", "Conv2d_2_depthwise");
    // 1,806,336 MACs; 576 weights + 64 folded: 2560 bytes; 802,816 + 200,704 values: 4,014,080 bytes.
    expect_all(text, {"Conv2d_2_depthwise", "depthwise_conv2d", "1x112x112x64", "1x56x56x64", "1,806,336",
                      "576", "2,560", "802816 + 200704", "4,014,080", "relu6", "1,004,096"});
    // Top, bottom, left, right, whatever the words between them.
    EXPECT_TRUE(std::regex_search(text, std::regex("padding\\D*0\\D+1\\D+0\\D+1"))) << text;
    expect_all(text, {"0.899"});  // 2 * 1806336 / (2560 + 4014080)
}

TEST(Explain, DilationAndDepthMultiplier) {
    const Network network = widened_and_atrous();
    expect_all(text_of({"atrous", {}, explain(network, "b0", DataType::f32)}),
               {"kernel 3, stride 1, dilation 2, groups 4", "7 * 5 * 3 * 3 * 4/4 * 8 = 2,520"});
    expect_all(text_of({"atrous", {}, explain(network, "b1", DataType::f32)}), {"pointwise_conv2d"});
    const std::vector<Explanation> both = explain(network, "b1", DataType::f32);
    ASSERT_EQ(both.size(), 2U) << "the layer, and the block that is named by its pointwise convolution";
    expect_all(
        text_of({"atrous", {}, {both[1]}}),
        {"m = 2 outputs per channel, Ci = 4", "m * (K*K * Ci + Ci * Co) = 2 * (3 * 3 * 4 + 4 * 6) = 120",
         "K*K * Co / (m * (K*K + Co)) = 3 * 3 * 6 / (2 * (3 * 3 + 6)) = 1.800"});
}

TEST(Explain, EveryKindOfLayer) {
    expect_all(explanation("mobilenet_v1", "Logits"), {"dense", "1,024,000", "1,000", "4,100,000"});
    expect_all(explanation("mobilenet_v1", "AvgPool"), {"global_average_pool", "50176 + 1024", "204,800"});
    expect_all(explanation("mobilenet_v2", "expanded_conv_2/add"), {"add", "150528 + 75264"});
    expect_all(explanation("mobilenet_v3_small", "expanded_conv_0/squeeze_excite/scale"),
               {"multiply", "50192 + 50176"});
    expect_all(explanation("mobilenet_v1", "Conv2d_0", {.batch = 5}), {"5x224x224x3", "54,190,080", "864"});
    for (const char* name : test::kModels) {
        const Network network = expand(test::model(name), {});
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            const std::string text = text_of({name, {}, {explain_layer(network, i, DataType::i8)}});
            EXPECT_TRUE(text.starts_with(layer_name(network, i))) << text;
            EXPECT_TRUE(text.ends_with("\n")) << text;
            EXPECT_EQ(text.find("nan"), std::string::npos) << text;
            EXPECT_EQ(text.find("inf"), std::string::npos) << text;
        }
    }
}

}  // namespace
}  // namespace mobilenet_cost

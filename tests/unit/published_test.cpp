// Published figures against the exact counts: tests/data/README.md says what each file holds.

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/model/standard_counterpart.h"

#include "unit/csv.h"
#include "unit/decimal.h"
#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::CsvRow;
using test::Decimal;

Network network_of(const CsvRow& row) {
    Network network = expand(test::model(row["model"]), {.alpha = row.number("alpha"),
                                                         .resolution = row.integer("resolution"),
                                                         .classes = row.integer("classes")});
    const bool standard = row.fields.contains("network") && row["network"] == "standard";
    return standard ? standard_counterpart(network) : network;
}

std::int64_t quantity_of(const Cost& cost, const std::string& quantity) {
    if (quantity == "macs") return cost.macs;
    if (quantity == "weights") return cost.weights;
    if (quantity == "weight_bytes") return weight_bytes(cost, DataType::f32);
    const std::string prefix = "params_bn";
    if (!quantity.starts_with(prefix) || quantity.size() != prefix.size() + 1)
        throw std::runtime_error("unknown quantity " + quantity);
    return parameter_count(cost, static_cast<BatchNormCount>(quantity.back() - '0'));
}

std::int64_t unit_of(const std::string& unit) {
    if (unit == "count") return 1;
    if (unit == "1e6") return 1'000'000;
    if (unit == "1e9") return 1'000'000'000;
    if (unit == "2^20") return std::int64_t{1} << 20;
    if (unit == "2^30") return std::int64_t{1} << 30;
    throw std::runtime_error("unknown unit " + unit);
}

/// What the columns `rounding` and `reproduces` claim about exact / unit.
void check_printed(const CsvRow& row, std::int64_t exact, std::int64_t unit) {
    const Decimal printed = test::parse_decimal(row["published"]);
    const bool rounds = test::half_up(exact, unit, printed.scale) == printed.digits;
    const bool truncates = test::truncated(exact, unit, printed.scale) == printed.digits;
    const std::string& rounding = row["rounding"];
    ASSERT_TRUE(row["reproduces"] == "yes" || row["reproduces"] == "no") << row.where;
    if (row["reproduces"] == "no") {
        EXPECT_FALSE(rounds || truncates) << row.where;
        EXPECT_FALSE(row["note"].empty()) << row.where << " says nothing about why";
        return;
    }
    ASSERT_TRUE(rounding == "exact" || rounding == "half_up" || rounding == "truncate" ||
                rounding == "either")
        << row.where;
    EXPECT_EQ(rounds, rounding != "truncate") << row.where;
    EXPECT_EQ(truncates, rounding != "half_up") << row.where;
    EXPECT_TRUE(rounding != "exact" || exact * printed.scale == printed.digits * unit) << row.where;
}

Cost counted_cost(const CsvRow& row) {
    Network network = network_of(row);
    if (row["classifier"] == "without") network.layers.pop_back();
    return total_cost(network);
}

void check_figures(const std::string& file, std::size_t rows) {
    const auto all = test::read_csv(file);
    EXPECT_EQ(all.size(), rows);
    for (const CsvRow& row : all) {
        const std::int64_t exact = quantity_of(counted_cost(row), row["quantity"]);
        EXPECT_EQ(exact, row.integer("exact")) << row.where;
        check_printed(row, exact, unit_of(row["unit"]));
    }
}

TEST(Published, Figures) {
    check_figures("published.csv", 292);
}

TEST(Published, FiguresReadAnotherWay) {
    check_figures("conventions.csv", 191);
}

bool is_counted_in(const CsvRow& row, const Layer& layer) {
    const Conv* conv = std::get_if<Conv>(&layer.kind);
    if (conv == nullptr || conv->kernel != row.integer("kernel")) return false;
    if (row["op"] == "classifier") return layer.role == Role::classifier;
    if (row["op"] == "depthwise") return is_depthwise(layer);
    EXPECT_EQ(row["op"], "conv") << row.where;
    return layer.role != Role::classifier && !is_depthwise(layer);
}

TEST(Published, SharesOfLayerKinds) {
    const auto rows = test::read_csv("shares.csv");
    EXPECT_EQ(rows.size(), 8U);
    for (const CsvRow& row : rows) {
        const Network network = network_of(row);
        Cost part;
        for (const Layer& layer : network.layers) {
            if (is_counted_in(row, layer)) part += layer_cost(layer);
        }
        EXPECT_EQ(quantity_of(part, row["quantity"]), row.integer("part")) << row.where;
        EXPECT_EQ(quantity_of(total_cost(network), row["quantity"]), row.integer("whole")) << row.where;
        check_printed(row, 100 * row.integer("part"), row.integer("whole"));
    }
}

TEST(Published, FiguresOfOneBlock) {
    const auto rows = test::read_csv("published_blocks.csv");
    EXPECT_EQ(rows.size(), 8U);
    for (const CsvRow& row : rows) {
        const Network network = network_of(row);
        Cost block;
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            if (block_name(network, i) == row["block"]) block += layer_cost(network.layers[i]);
        }
        const std::int64_t exact = quantity_of(block, row["quantity"]);
        EXPECT_EQ(exact, row.integer("exact")) << row.where;
        check_printed(row, exact, unit_of(row["unit"]));
    }
}

TEST(Published, BlocksOfMobileNetV1) {
    const auto rows = test::read_csv("blocks_mobilenet_v1.csv");
    const Network network = expand(test::model("mobilenet_v1"), {});
    const Analysis analysis =
        analyze(test::model("mobilenet_v1"), {}, DataType::f32, find_convention("paper"));
    ASSERT_EQ(analysis.blocks.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const CsvRow& row = rows[i];
        const SeparableBlock& block = analysis.blocks[i];
        const Layer& depthwise = network.layers[find_layer(network, row["name"] + "_depthwise")];
        EXPECT_EQ(block.name, row["name"]);
        EXPECT_EQ(block.k, row.integer("k")) << row.where;
        EXPECT_EQ(std::get<Conv>(depthwise.kind).stride, row.integer("stride")) << row.where;
        EXPECT_EQ(depthwise.input.h, row.integer("h_in")) << row.where;
        EXPECT_EQ(block.c_in, row.integer("c_in")) << row.where;
        EXPECT_EQ(block.c_out, row.integer("c_out")) << row.where;
        EXPECT_EQ(block.h_out, row.integer("h_out")) << row.where;
        EXPECT_EQ(block.w_out, row.integer("h_out")) << row.where;
        EXPECT_EQ(block.p_s, row.integer("p_s")) << row.where;
        EXPECT_EQ(block.p_d, row.integer("p_d")) << row.where;
        EXPECT_EQ(block.c_s, row.integer("c_s")) << row.where;
        EXPECT_EQ(block.c_d, row.integer("c_d")) << row.where;
        const std::int64_t input_pixels = depthwise.input.h * depthwise.input.w;
        EXPECT_EQ(block.p_d * input_pixels, row.integer("c_d_of_input_size")) << row.where;
        const Decimal ratio = test::parse_decimal(row["ratio"]);
        EXPECT_EQ(test::half_up(block.p_s, block.p_d, 1'000'000), ratio.digits * (1'000'000 / ratio.scale))
            << row.where;
        EXPECT_EQ(test::half_up(block.c_s, block.c_d, 1'000'000), ratio.digits * (1'000'000 / ratio.scale))
            << row.where;
        // c_out / (1 + 1 / k^2) = c_out k^2 / (k^2 + 1)
        const Decimal article = test::parse_decimal(row["ratio_article_approx"]);
        EXPECT_EQ(block.c_out * area(block.k) * article.scale, article.digits * (area(block.k) + 1))
            << row.where;
        EXPECT_NEAR(block.article_approx, row.number("ratio_article_approx"), 1e-9) << row.where;
    }
}

TEST(Published, DocstringOfSlim) {
    const auto rows = test::read_csv("slim_docstring.csv");
    EXPECT_EQ(rows.size(), 54U);
    for (const CsvRow& row : rows) {
        const Network network = expand(test::model(row["model"]), {.alpha = row.number("alpha"),
                                                                   .resolution = row.integer("resolution")});
        const Cost cost = layer_cost(network.layers[find_layer(network, row["name"])]);
        EXPECT_EQ(cost.weights, row.integer("weights")) << row.where << " " << row["name"];
        EXPECT_EQ(cost.macs, row.integer("macs")) << row.where << " " << row["name"];
    }
}

/// Rows against the layers with weights, in order.
void check_layers(const std::string& file, const Network& network) {
    const auto rows = test::read_csv(file);
    std::size_t next = 0;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        const Conv* conv = std::get_if<Conv>(&layer.kind);
        if (conv == nullptr) continue;
        ASSERT_LT(next, rows.size()) << file << ": no row for " << layer_name(network, i);
        const CsvRow& row = rows[next++];
        const Cost cost = layer_cost(layer);
        EXPECT_EQ(layer_name(network, i), row["name"]) << row.where;
        EXPECT_EQ(layer.input, (Shape{1, row.integer("in_h"), row.integer("in_w"), row.integer("in_c")}))
            << row.where;
        EXPECT_EQ(layer.output, (Shape{1, row.integer("out_h"), row.integer("out_w"), row.integer("out_c")}))
            << row.where;
        EXPECT_EQ(conv->kernel, row.integer("kernel")) << row.where;
        EXPECT_EQ(conv->stride, row.integer("stride")) << row.where;
        EXPECT_EQ(cost.weights, row.integer("weights")) << row.where;
        EXPECT_EQ(cost.biases, row.integer("biases")) << row.where;
        EXPECT_EQ(cost.bn_channels, row.integer("bn_channels")) << row.where;
        EXPECT_EQ(cost.macs, row.integer("macs")) << row.where;
    }
    EXPECT_EQ(next, rows.size()) << file;
}

TEST(Published, LayerTables) {
    const auto tables = test::read_csv("layer_tables.csv");
    EXPECT_EQ(tables.size(), 7U);
    for (const CsvRow& table : tables) {
        const Network network = network_of(table);
        check_layers(table["file"], network);
        EXPECT_EQ(test::read_csv(table["file"]).size(), static_cast<std::size_t>(table.integer("layers")));
        const Cost total = total_cost(network);
        EXPECT_EQ(total.macs, table.integer("macs")) << table.where;
        EXPECT_EQ(parameter_count(total, BatchNormCount::bn0), table.integer("params_bn0")) << table.where;
        EXPECT_EQ(total.bn_channels, table.integer("bn_channels")) << table.where;
    }
}

}  // namespace
}  // namespace mobilenet_cost

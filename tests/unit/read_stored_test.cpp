#include "mobilenet_cost/compare/read_stored.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/compare/compare.h"
#include "mobilenet_cost/compare/stored_run.h"

#include "sweep/fabricated_run.h"

namespace mobilenet_cost {
namespace {

std::string golden(const std::string& name) {
    std::ifstream file(std::string(MOBILENET_COST_SOURCE_DIR) + "/tests/golden/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t place = text.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    return place == std::string::npos ? text : text.replace(place, from.size(), to);
}

std::string error_of(const std::string& text) {
    try {
        (void)parse_stored(text, "x.json");
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

std::optional<ExactValue> value_of(const std::vector<ExactQuantity>& exact, const std::string& name) {
    const auto found = std::find_if(exact.begin(), exact.end(),
                                    [&](const ExactQuantity& quantity) { return quantity.name == name; });
    return found == exact.end() ? std::nullopt : std::optional(found->value);
}

const StoredRatio* ratio_of(const StoredCell& cell, const std::string& name) {
    const auto found = std::find_if(cell.ratios.begin(), cell.ratios.end(),
                                    [&](const StoredRatio& ratio) { return ratio.name == name; });
    return found == cell.ratios.end() ? nullptr : &*found;
}

/// The compact form of a document, as `jq -c` writes it.
std::string one_line(std::string text) {
    std::erase(text, '\n');
    return text;
}

TEST(ReadStored, CostDocument) {
    const StoredDocument document = parse_stored(golden("cost_v1.json"), "x.json");
    EXPECT_EQ(document.kind, DocumentKind::cost);
    EXPECT_FALSE(document.origin);
    ASSERT_EQ(document.cells.size(), 1u);
    const StoredCell& cell = document.cells.front();
    EXPECT_EQ(cell.id.model, "mobilenet_v1");
    EXPECT_EQ(cell.id.alpha, 0.5);
    EXPECT_EQ(cell.id.convention, "paper");
    // arXiv 1704.04861, table 14, rounds them to 76 million and 1.32 million.
    EXPECT_EQ(value_of(cell.exact, "macs"), ExactValue(std::int64_t{76524800}));
    EXPECT_EQ(value_of(cell.exact, "params_bn4"), ExactValue(std::int64_t{1342536}));
    EXPECT_EQ(value_of(cell.exact, "peak_layer"), ExactValue(std::string("Conv2d_1_pointwise")));
    EXPECT_EQ(value_of(cell.exact, "standard_macs"), ExactValue(std::int64_t{622592000}));
    ASSERT_FALSE(cell.layers.empty());
    EXPECT_EQ(cell.layers.front().name, "Conv2d_0");
    EXPECT_EQ(value_of(cell.layers.front().exact, "kernel_size"), ExactValue(std::int64_t{3}));
    EXPECT_EQ(value_of(cell.layers.front().exact, "output"), ExactValue(std::string("80x80x16")));
}

TEST(ReadStored, SweepDocument) {
    const StoredDocument counted = parse_stored(golden("sweep.json"), "x.json");
    EXPECT_EQ(counted.kind, DocumentKind::sweep);
    EXPECT_FALSE(counted.origin);
    EXPECT_EQ(counted.cells.size(), 16u);
    const StoredDocument measured = parse_stored(golden("sweep_measured.json"), "x.json");
    ASSERT_TRUE(measured.origin);
    EXPECT_EQ(measured.origin->commit, "0123456789ab");
    EXPECT_EQ(measured.cells.size(), 20u);
    const auto point = std::find_if(measured.cells.begin(), measured.cells.end(),
                                    [](const StoredCell& cell) { return cell.id.engine == "onednn"; });
    ASSERT_NE(point, measured.cells.end());
    EXPECT_TRUE(point->seconds->interval);
    EXPECT_TRUE(point->samples.empty());
    ASSERT_NE(ratio_of(*point, "standard_speedup"), nullptr);
    EXPECT_TRUE(ratio_of(*point, "standard_speedup")->value.interval);
    EXPECT_NE(ratio_of(*point, "depthwise_share"), nullptr);
}

TEST(ReadStored, PredictionsStandApart) {
    const StoredDocument document = parse_stored(golden("pick_input.json"), "x.json");
    EXPECT_EQ(document.cells.size(), 16u + 5u) << "counted, and measured";
    ASSERT_EQ(document.predictions.size(), 10u);
    const StoredPrediction& first = document.predictions.front();
    EXPECT_EQ(first.id.resolution, 192);
    EXPECT_EQ(first.id.engine, "native");
    EXPECT_EQ(first.id.network, "separable");
    EXPECT_EQ(first.seconds.value, 0.011757408);
    ASSERT_TRUE(first.seconds.interval);
    EXPECT_EQ(first.seconds.interval->low, 0.010581667);
    EXPECT_EQ(error_of(replaced(golden("pick_input.json"), "\"seconds\": 0.011757408", "\"seconds\": 0")),
              "x.json: /cells/1/predicted/0/seconds: expected a number above 0 and at most 1e+300, found 0");
}

TEST(ReadStored, ARunHasWhatItsDocumentHasAndTheSamples) {
    const SweepRun run = testing_support::fabricated_run();
    const StoredDocument stored = stored_run(run, "run.jsonl");
    EXPECT_EQ(stored.kind, DocumentKind::run);
    ASSERT_EQ(stored.cells.size(), run.cells.size() + run.points.size());
    const StoredCell& base = stored.cells[run.cells.size()];
    EXPECT_EQ(base.samples.size(), 8u);
    EXPECT_EQ(base.layers.size(), run.profiles[0]->layers.size());
    EXPECT_EQ(value_of(base.exact, "memory_bytes"), ExactValue(*run.points[0].memory_bytes));
    const StoredRatio* efficiency = ratio_of(base, "efficiency");
    ASSERT_NE(efficiency, nullptr);
    double bound = 0;
    for (const LayerTime& layer : run.profiles[0]->layers)
        bound += roofline_seconds(layer, run.peaks[0]);
    EXPECT_DOUBLE_EQ(efficiency->value.value, bound / base.seconds->value);
    for (const StoredCell& cell : stored.cells) {
        for (const ExactQuantity& quantity : cell.exact)
            EXPECT_NO_THROW(check_ignored({quantity.name}, "")) << quantity.name;
    }
}

TEST(ReadStored, EveryQuantityOfADocumentHasAName) {
    for (const char* name : {"cost_v1.json", "cost_v3.json", "sweep.json", "sweep_measured.json"}) {
        for (const StoredCell& cell : parse_stored(golden(name), name).cells) {
            for (const ExactQuantity& quantity : cell.exact)
                EXPECT_NO_THROW(check_ignored({quantity.name}, "")) << quantity.name;
            for (const StoredLayer& layer : cell.layers) {
                for (const ExactQuantity& quantity : layer.exact)
                    EXPECT_NO_THROW(check_ignored({quantity.name}, "")) << quantity.name;
            }
        }
    }
}

TEST(ReadStored, ADocumentOnOneLineIsTheSame) {
    for (const char* name : {"cost_v1.json", "sweep.json", "sweep_measured.json"}) {
        const StoredDocument pretty = parse_stored(golden(name), "x.json");
        const CompareResult result = compare(pretty, parse_stored(one_line(golden(name)), "x.json"), {});
        EXPECT_TRUE(result.differences.empty());
        EXPECT_GT(result.quantities, 0);
    }
}

TEST(ReadStored, WhatIsNone) {
    const std::string sweep = golden("sweep.json");
    EXPECT_EQ(error_of(replaced(sweep, "sweep.v1", "sweep.v2")),
              "x.json: expected the schema \"mobilenet-cost.sweep.v1\", found \"mobilenet-cost.sweep.v2\", "
              "of another "
              "version of this program");
    EXPECT_EQ(
        error_of(replaced(sweep, "sweep.v1", "swep.v1")),
        "x.json: unknown schema \"mobilenet-cost.swep.v1\" (did you mean \"mobilenet-cost.sweep.v1\"?)");
    EXPECT_EQ(error_of(golden("sweep.jsonl")),
              "x.json: expected one document or a run log, found lines of \"mobilenet-cost.sweep.v1\" (write "
              "it with "
              "--format json)");
    EXPECT_EQ(error_of("{}"), "x.json: expected a key \"schema\", found none");
    EXPECT_EQ(error_of("[]"), "x.json: expected an object, found an array of 0");
    EXPECT_NE(error_of("").find("expected valid JSON"), std::string::npos);
    EXPECT_NE(error_of(sweep.substr(0, 500)).find("expected valid JSON"), std::string::npos);
    EXPECT_EQ(error_of(R"({"schema": "mobilenet-cost.cost.v1", "variants": []})"),
              "x.json: expected at least one cell, found none");
    EXPECT_EQ(error_of("{\"schema\": \"mobilenet-cost.run.v3\"}"),
              "x.json: expected a run log, found no whole line");
    EXPECT_NE(
        error_of("{\"schema\": \"mobilenet-cost.run.v9\"}\n").find("of another version of this program"),
        std::string::npos);
}

TEST(ReadStored, WrongValuesAreNamed) {
    const std::string sweep = golden("sweep.json");
    EXPECT_EQ(error_of(replaced(sweep, "\"alpha\": 1,", "\"alpha\": -1,")),
              "x.json: /cells/0/alpha: expected a number above 0 and at most 1e+300, found -1");
    EXPECT_EQ(error_of(replaced(sweep, "\"macs\": 568740352", "\"macs\": 0.5")),
              "x.json: /cells/0/macs: expected a whole number from 0 to 9223372036854775807, found 0.5");
    EXPECT_EQ(error_of(replaced(sweep, "\"model\": \"mobilenet_v1\", ", "")),
              "x.json: /cells/0: expected a key \"model\", found none");
    EXPECT_EQ(
        error_of(replaced(golden("sweep_measured.json"), "\"speedup_ci\": [1, 1]", "\"speedup_ci\": [1.0]")),
        "x.json: /cells/0/measured/0/speedup_ci: expected an array of 2 to 2 values, found an array of 1");
}

TEST(ReadStored, StatusSaysWhetherItCanRun) {
    EXPECT_EQ(exact_status("skipped", true).value, ExactValue(std::string("ok")));
    EXPECT_EQ(exact_status("skipped", false).value, ExactValue(std::string("skipped")));
    EXPECT_EQ(exact_status("failed", true).value, ExactValue(std::string("failed")));
}

}  // namespace
}  // namespace mobilenet_cost

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/report/bench/csv.h"
#include "mobilenet_cost/report/bench/json.h"
#include "mobilenet_cost/report/bench/notes.h"
#include "mobilenet_cost/report/bench/report.h"

#include "unit/fake_engine.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;
using testing_support::FakeBench;
using testing_support::small_model;

constexpr BuildInfo kRelease = {.version = "1.2.3",
                                .compiler = "GNU 12",
                                .build_type = "Release",
                                .flags = "-O3",
                                .commit = "abc",
                                .optimised = true,
                                .sanitized = false,
                                .plugins_from_bin = {},
                                .data_from_bin = {},
                                .build_command = {}};

struct BenchReportTest : testing::Test {
    BenchResult run(const Variant& variant = {.alpha = 0.5, .resolution = 32}) {
        return run_bench(small_model(), variant, settings, fake.hooks());
    }

    [[nodiscard]] static std::string text(const std::vector<BenchResult>& results,
                                          const BuildInfo& build = kRelease) {
        return render_text(bench_sections(results, build), TextStyle::plain);
    }

    FakeBench fake;
    BenchSettings settings;
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The first line that holds all of it.
std::string line_with(const std::string& text, const std::string& part) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (contains(line, part)) return line;
    }
    return "";
}

TEST_F(BenchReportTest, ComparisonsComeFirst) {
    // The standard network takes 1 ns for each MAC, too: on paper is measured.
    const std::vector<BenchResult> results = {run()};
    const Comparison& standard = results[0].comparisons[0];
    const std::string factor = fmt::format("{:.2f}x", *standard.analytic_speedup);
    const std::string shown = text(results);
    std::istringstream line(line_with(shown, "standard convolutions"));
    std::vector<std::string> words;
    for (std::string word; line >> word;)
        words.push_back(word);
    EXPECT_EQ(words, (std::vector<std::string>{"fake", "1", "standard", "convolutions", factor, factor,
                                               "[" + factor + ",", factor + "]", "100", "%"}));
    EXPECT_LT(shown.find("How much faster"), shown.find("Time of one forward pass"));
}

TEST_F(BenchReportTest, AnUnoptimisedBuildIsSaidFirst) {
    BuildInfo build = kRelease;
    build.optimised = false;
    build.build_type = "Debug";
    const std::vector<BenchResult> results = {run()};
    EXPECT_EQ(text(results, build).rfind("WARNING: this program was built without optimisation", 0), 0U);
    EXPECT_EQ(json::parse(bench_json(results, build))["build"]["times_are_valid"], false);
    EXPECT_FALSE(contains(text(results), "WARNING"));
    EXPECT_EQ(json::parse(bench_json(results, kRelease))["build"]["times_are_valid"], true);
    build.optimised = true;
    build.sanitized = true;
    EXPECT_TRUE(contains(build_warning(build), "with a sanitizer"));
    EXPECT_FALSE(contains(build_warning(build), "\n")) << "it is said in one line";
}

TEST_F(BenchReportTest, SaysWhatWasLeftOutAndWhy) {
    settings.engines = {"fake", "absent"};
    const std::string shown = text({run({.alpha = 1, .resolution = 64})});
    EXPECT_TRUE(
        contains(shown, "against base (alpha 1, 64): skipped: the variant is the base model itself\n"));
    EXPECT_TRUE(contains(shown, "absent, 1 thread, this variant: skipped: not built\n"));
    EXPECT_TRUE(contains(shown, "15 of 15 rounds"));
}

TEST_F(BenchReportTest, TooFewRoundsHaveNoIntervalAndSaySo) {
    settings.rounds = 3;
    const std::vector<BenchResult> results = {run()};
    EXPECT_TRUE(contains(text(results), "No intervals: 95 % confidence needs 6 rounds.\n"));
    const json document = json::parse(bench_json(results, kRelease));
    const json& variant = document["variants"][0];
    EXPECT_TRUE(variant["measured"][0]["ci_low_seconds"].is_null());
    EXPECT_TRUE(variant["comparisons"][0]["speedup_ci"].is_null());
    EXPECT_GT(variant["comparisons"][0]["speedup"], 1);
}

TEST_F(BenchReportTest, JsonCarriesTheRawFigures) {
    settings.per_layer = true;
    const std::vector<BenchResult> results = {run(), run({.alpha = 1, .resolution = 64})};
    const json document = json::parse(bench_json(results, kRelease));
    EXPECT_EQ(document["schema"], "mobilenet-cost.bench.v1");
    EXPECT_EQ(document["settings"]["rounds"], 15);
    ASSERT_EQ(document["variants"].size(), 2U);
    const json& variant = document["variants"][0];
    EXPECT_EQ(variant["beta"], 0.5);
    const NetworkResult& row = results[0].networks[0];
    const json& measured = variant["measured"][0];
    EXPECT_EQ(measured["network"], "separable");
    EXPECT_EQ(measured["median_seconds"], row.seconds->value);
    EXPECT_EQ(measured["samples"], 15);
    EXPECT_EQ(measured["samples_seconds"].get<std::vector<double>>(), round_seconds(row.samples));
    EXPECT_EQ(measured["timing"]["passes_per_block"], row.samples.size.passes);
    EXPECT_EQ(variant["rounds"]["order"].get<std::vector<std::vector<std::size_t>>>(), results[0].order);
    EXPECT_EQ(variant["profiles"][0]["layers"].size(), results[0].profiles[0].layers.size());
    EXPECT_FALSE(contains(document.dump(), "nan"));
}

TEST_F(BenchReportTest, LayersThatDoNotExplainThePassAreMentioned) {
    settings.per_layer = true;
    std::vector<BenchResult> results = {run()};
    EXPECT_FALSE(contains(text(results), "do not explain"));
    LayerProfile& profile = results[0].profiles[0];
    profile.residual_seconds = -0.06 * profile.whole_seconds.value;
    EXPECT_TRUE(contains(text(results), "The layers do not explain the pass"));
    ASSERT_EQ(bench_warnings(results[0]).size(), 1U);
    EXPECT_EQ(
        bench_warnings(results[0])[0],
        "The layers do not explain the pass: fake, 1 thread, residual -6.0 %; it was too noisy for their "
        "times to be trusted (try --rounds or --max-seconds).");
    const json document = json::parse(bench_json(results, kRelease));
    EXPECT_EQ(document["variants"][0]["warnings"][0], bench_warnings(results[0])[0]);
    profile.mode = LayerMode::isolated;  // then the difference is what was asked for
    EXPECT_TRUE(bench_warnings(results[0]).empty());
    EXPECT_TRUE(contains(text(results), "whole pass - sum of isolated layers"));
}

TEST_F(BenchReportTest, OneTableHoldsTheLayersOfAllEnginesAndThreads) {
    settings.per_layer = true;
    settings.threads = {1, 2};
    fake.kernels = {"alpha", "beta", "alpha", "beta", "alpha", "gamma", "alpha"};
    const std::string shown = text({run()});
    EXPECT_TRUE(contains(shown, "Layers, in-situ, cache warm: median over the rounds"));
    const std::string header = line_with(shown, "of traffic");
    EXPECT_TRUE(contains(header, "fake x1"));
    EXPECT_TRUE(contains(header, "fake x2"));
    EXPECT_TRUE(contains(shown, "Kernels of fake: a = alpha, b = beta, c = gamma\n"));
    EXPECT_TRUE(contains(shown, "sum of 2 depthwise"));
    EXPECT_TRUE(contains(shown, "residual: whole pass - sum"));
    EXPECT_TRUE(contains(line_with(shown, "pass with clock readings / without"), "1.100x"));
}

TEST_F(BenchReportTest, CacheAndLayerModeStandInEveryRow) {
    settings.per_layer = true;
    settings.cache = CacheMode::cold;
    settings.layer_mode = LayerMode::isolated;
    BenchHooks hooks = fake.hooks();
    hooks.evictor = Evictor{.method = "fake", .by_line = false, .evict = [](auto) {}};
    const std::vector<BenchResult> results = {
        run_bench(small_model(), {.alpha = 0.5, .resolution = 32}, settings, hooks)};
    std::istringstream lines(bench_jsonl(results, kRelease));
    for (std::string line; std::getline(lines, line);) {
        const json row = json::parse(line);
        if (row["row"] == "context") continue;
        EXPECT_EQ(row["cache"], "cold");
        if (row["row"] == "layer") {
            EXPECT_EQ(row["layer_mode"], "isolated");
        }
    }
    const std::string networks = render_csv(bench_csv_table(results));
    EXPECT_TRUE(contains(networks, ",cache,"));
    EXPECT_TRUE(contains(networks, ",cold,"));
    EXPECT_TRUE(contains(render_csv(bench_layers_csv_table(results)), ",isolated,"));
    const std::string shown = text(results);
    EXPECT_TRUE(contains(shown, "Layers, isolated, cache cold"));
    EXPECT_TRUE(contains(shown, "Caches: cold, evicted before each pass by fake;"));
    EXPECT_TRUE(contains(shown, "fake did not empty the caches: what is called cold may be warm."));
    const json flush = json::parse(bench_json(results, kRelease))["variants"][0]["cache_flush"];
    EXPECT_EQ(flush["mode"], "cold");
    EXPECT_EQ(flush["verified"], false);
    EXPECT_GT(flush["warm_ns_per_line"], 0);
}

TEST_F(BenchReportTest, MemoryIsShownWithWhatExplainsIt) {
    fake.memory = {.weight_bytes = 10, .activation_bytes = 12345, .scratch_bytes = 655, .kept_bytes = 77};
    const std::vector<BenchResult> results = {run()};
    const std::string shown = text(results);
    EXPECT_TRUE(contains(shown, "13,000"));  // real peak
    const json memory = json::parse(bench_json(results, kRelease))["variants"][0]["measured"][0]["memory"];
    EXPECT_EQ(memory["real_peak_bytes"], 13000);
    EXPECT_EQ(memory["kept_bytes"], 77);
}

TEST_F(BenchReportTest, AFusedLayerHasNoTimeOfItsOwn) {
    settings.per_layer = true;
    fake.kernels.assign(7, "some kernel");
    fake.kernels[1] = "fused into one_pointwise";
    const std::vector<BenchResult> results = {run()};
    const json layer = json::parse(bench_json(results, kRelease))["variants"][0]["profiles"][0]["layers"][1];
    EXPECT_EQ(layer["fused"], true);
    EXPECT_TRUE(layer["median_seconds"].is_null());
    EXPECT_TRUE(layer["time_share"].is_null());
    EXPECT_TRUE(contains(text(results), "A fused layer's time is in the layer that it is fused into"));
}

TEST_F(BenchReportTest, JsonLinesAreOneObjectForEachRow) {
    settings.per_layer = true;
    const std::vector<BenchResult> results = {run()};
    std::istringstream lines(bench_jsonl(results, kRelease));
    std::map<std::string, int> rows;
    for (std::string line; std::getline(lines, line);) {
        const json row = json::parse(line);
        EXPECT_EQ(row["schema"], "mobilenet-cost.bench-row.v1");
        if (row["row"] != "context") {
            EXPECT_EQ(row["alpha"], 0.5);
        }
        ++rows[row["row"]];
    }
    EXPECT_EQ(rows,
              (std::map<std::string, int>{{"context", 1}, {"comparison", 2}, {"network", 3}, {"layer", 7}}));
}

TEST_F(BenchReportTest, CsvRowsAreAsWideAsTheHeader) {
    settings.per_layer = true;
    settings.engines = {"absent", "fake"};
    const std::vector<BenchResult> results = {run(), run({.alpha = 1})};
    const Table networks = bench_csv_table(results);
    EXPECT_EQ(networks.rows.size(), 6U + 4U);
    for (const auto& row : networks.rows)
        EXPECT_EQ(row.size(), networks.columns.size());
    const Table layers = bench_layers_csv_table(results);
    EXPECT_EQ(layers.rows.size(), 2U * 7U);
    for (const auto& row : layers.rows)
        EXPECT_EQ(row.size(), layers.columns.size());
    std::set<std::string> keys;
    for (const Column& column : networks.columns)
        EXPECT_TRUE(keys.insert(column.key).second) << column.key;
}

TEST_F(BenchReportTest, CsvSpeedUpsStandInTheRowOfTheSlowerNetwork) {
    const std::vector<BenchResult> results = {run()};
    const Table table = bench_csv_table(results);
    const auto column = [&table](const std::string& key) {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            if (table.columns[i].key == key) return i;
        }
        throw Error("no column " + key);
    };
    EXPECT_EQ(table.rows[0][column("network")].raw, "separable");
    EXPECT_EQ(table.rows[0][column("speedup")].raw, "");
    EXPECT_EQ(table.rows[1][column("network")].raw, "standard");
    EXPECT_EQ(std::stod(table.rows[1][column("speedup")].raw), results[0].comparisons[0].speedup->value);
}

TEST_F(BenchReportTest, ALoadedMachineIsMentioned) {
    std::vector<BenchResult> results = {run()};
    results[0].machine.allowed_cpus = {0, 1};
    results[0].machine.load_average = {3.0, 1.0, 1.0};
    EXPECT_TRUE(contains(text(results), "Other programs were running (load 3 on 2 CPUs)"));
    results[0].machine.load_average = {0.5, 9.0, 9.0};
    EXPECT_FALSE(contains(text(results), "Other programs"));
    results[0].machine.load_average.reset();
    EXPECT_TRUE(contains(text(results), "load unknown"));
}

}  // namespace
}  // namespace mobilenet_cost

#include <algorithm>
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

#include "unit/bench_support.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;
using testing_support::BenchNetwork;
using testing_support::BenchOutcome;
using testing_support::fake_timing;
using testing_support::FakeBench;
using testing_support::run_bench;

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
    BenchOutcome run(const std::vector<Variant>& variants = {{.alpha = 0.5, .resolution = 32}}) {
        return run_bench(variants, settings, fake.hooks());
    }

    [[nodiscard]] static std::string text(const BenchOutcome& bench, const BuildInfo& build = kRelease) {
        return render_text(bench_sections(bench.run, bench.result, build), TextStyle::plain);
    }

    [[nodiscard]] static json document(const BenchOutcome& bench, const BuildInfo& build = kRelease) {
        return json::parse(bench_json(bench.run, bench.result, build));
    }

    FakeBench fake;
    SweepTiming settings = fake_timing();
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

std::vector<std::string> warnings_of(const BenchOutcome& bench) {
    return bench_warnings(bench.run, bench_variants(bench.run, bench.result).front());
}

TEST_F(BenchReportTest, ComparisonsComeFirst) {
    // The standard network takes 1 ns for each MAC, too: on paper is measured.
    const BenchOutcome bench = run();
    const BenchComparison& standard = bench.comparisons[0];
    const std::string factor = fmt::format("{:.2f}x", *standard.analytic_speedup);
    const std::string shown = text(bench);
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
    const BenchOutcome bench = run();
    EXPECT_EQ(text(bench, build).rfind("WARNING: this program was built without optimisation", 0), 0U);
    EXPECT_EQ(document(bench, build)["build"]["times_are_valid"], false);
    EXPECT_FALSE(contains(text(bench), "WARNING"));
    EXPECT_EQ(document(bench)["build"]["times_are_valid"], true);
    build.optimised = true;
    build.sanitized = true;
    EXPECT_TRUE(contains(build_warning(build), "with a sanitizer"));
    EXPECT_FALSE(contains(build_warning(build), "\n")) << "it is said in one line";
}

TEST_F(BenchReportTest, SaysWhatWasLeftOutAndWhy) {
    settings.engines = {"fake", "absent"};
    const std::string shown = text(run({{.alpha = 1, .resolution = 64}}));
    EXPECT_TRUE(
        contains(shown, "against base (alpha 1, 64): skipped: the variant is the base model itself\n"));
    EXPECT_TRUE(contains(shown, "absent, 1 thread, this variant: skipped: not built\n"));
    EXPECT_TRUE(contains(shown, "8 rounds in "));
}

TEST_F(BenchReportTest, TooFewRoundsHaveNoIntervalAndSaySo) {
    settings.rounds = 3;
    const BenchOutcome bench = run();
    EXPECT_TRUE(contains(text(bench), "No intervals: 95 % confidence needs 6 rounds.\n"));
    const json made = document(bench);
    const json& variant = made["variants"][0];
    EXPECT_TRUE(variant["measured"][0]["ci_low_seconds"].is_null());
    EXPECT_TRUE(variant["comparisons"][0]["speedup_ci"].is_null());
    EXPECT_GT(variant["comparisons"][0]["speedup"], 1);
}

TEST_F(BenchReportTest, JsonCarriesTheRawFigures) {
    settings.layers = true;
    const BenchOutcome bench = run({{.alpha = 0.5, .resolution = 32}, {.alpha = 1, .resolution = 64}});
    const json made = document(bench);
    EXPECT_EQ(made["schema"], "mobilenet-cost.bench.v1");
    EXPECT_EQ(made["settings"]["rounds"], 15);
    ASSERT_EQ(made["variants"].size(), 2U);
    const json& variant = made["variants"][0];
    EXPECT_EQ(variant["beta"], 0.5);
    const BenchNetwork& row = bench.networks[0];
    const json& measured = variant["measured"][0];
    EXPECT_EQ(measured["network"], "separable");
    EXPECT_EQ(measured["median_seconds"], row.seconds->value);
    EXPECT_EQ(measured["samples"], 8);
    EXPECT_EQ(measured["samples_seconds"].get<std::vector<double>>(), round_seconds(row.samples));
    EXPECT_EQ(measured["timing"]["passes_per_block"], row.samples.size.passes);
    std::vector<std::vector<std::size_t>> visits = bench.run.measurement.order;
    for (std::vector<std::size_t>& round : visits)
        std::erase(round,
                   3U);  // the other variant's standard network; the first three are this variant's rows
    EXPECT_EQ(variant["rounds"]["order"].get<std::vector<std::vector<std::size_t>>>(), visits);
    EXPECT_EQ(variant["profiles"][0]["layers"].size(), bench.profiles[0].layers.size());
    EXPECT_FALSE(contains(made.dump(), "nan"));
}

TEST_F(BenchReportTest, LayersThatDoNotExplainThePassAreMentioned) {
    settings.layers = true;
    BenchOutcome bench = run();
    EXPECT_FALSE(contains(text(bench), "do not explain"));
    LayerProfile& profile = *bench.run.profiles[0];
    profile.residual_seconds = -0.06 * profile.whole_seconds.value;
    EXPECT_TRUE(contains(text(bench), "The layers do not explain the pass"));
    ASSERT_EQ(warnings_of(bench).size(), 1U);
    EXPECT_EQ(
        warnings_of(bench)[0],
        "The layers do not explain the pass: fake, 1 thread, residual -6.0 %; the machine was too noisy "
        "for their times to be trusted.");
    const json made = document(bench);
    EXPECT_EQ(made["variants"][0]["warnings"][0], warnings_of(bench)[0]);
    profile.mode = LayerMode::isolated;  // then the difference is what was asked for
    EXPECT_TRUE(warnings_of(bench).empty());
    EXPECT_TRUE(contains(text(bench), "whole pass - sum of isolated layers"));
}

TEST_F(BenchReportTest, OneTableHoldsTheLayersOfAllEnginesAndThreads) {
    settings.layers = true;
    settings.threads = {1, 2};
    fake.kernels = {"alpha", "beta", "alpha", "beta", "alpha", "gamma", "alpha"};
    const std::string shown = text(run());
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
    settings.layers = true;
    settings.cache = CacheMode::cold;
    settings.layer_mode = LayerMode::isolated;
    SweepHooks hooks = fake.hooks();
    hooks.evictor = Evictor{.method = "fake", .by_line = false, .evict = [](auto) {}};
    const BenchOutcome bench = run_bench({{.alpha = 0.5, .resolution = 32}}, settings, hooks);
    std::istringstream lines(bench_jsonl(bench.run, bench.result, kRelease));
    for (std::string line; std::getline(lines, line);) {
        const json row = json::parse(line);
        if (row["row"] == "context") continue;
        EXPECT_EQ(row["cache"], "cold");
        if (row["row"] == "layer") {
            EXPECT_EQ(row["layer_mode"], "isolated");
        }
    }
    const std::string networks = render_csv(bench_csv_table(bench.run, bench.result));
    EXPECT_TRUE(contains(networks, ",cache,"));
    EXPECT_TRUE(contains(networks, ",cold,"));
    EXPECT_TRUE(contains(render_csv(bench_layers_csv_table(bench.run, bench.result)), ",isolated,"));
    const std::string shown = text(bench);
    EXPECT_TRUE(contains(shown, "Layers, isolated, cache cold"));
    EXPECT_TRUE(contains(shown, "Caches: cold, evicted before each pass by fake;"));
    EXPECT_TRUE(contains(shown, "fake did not empty the caches: what is called cold may be warm."));
    const json flush = document(bench)["variants"][0]["cache_flush"];
    EXPECT_EQ(flush["mode"], "cold");
    EXPECT_EQ(flush["verified"], false);
    EXPECT_GT(flush["warm_ns_per_line"], 0);
}

TEST_F(BenchReportTest, MemoryIsShownWithWhatExplainsIt) {
    fake.memory = {.weight_bytes = 10, .activation_bytes = 12345, .scratch_bytes = 655, .kept_bytes = 77};
    const BenchOutcome bench = run();
    const std::string shown = text(bench);
    EXPECT_TRUE(contains(shown, "13,000"));  // real peak
    const json memory = document(bench)["variants"][0]["measured"][0]["memory"];
    EXPECT_EQ(memory["real_peak_bytes"], 13000);
    EXPECT_EQ(memory["kept_bytes"], 77);
}

TEST_F(BenchReportTest, AFusedLayerHasNoTimeOfItsOwn) {
    settings.layers = true;
    fake.kernels.assign(7, "some kernel");
    fake.kernels[1] = "fused into one_pointwise";
    const BenchOutcome bench = run();
    const json layer = document(bench)["variants"][0]["profiles"][0]["layers"][1];
    EXPECT_EQ(layer["fused"], true);
    EXPECT_TRUE(layer["median_seconds"].is_null());
    EXPECT_TRUE(layer["time_share"].is_null());
    EXPECT_TRUE(contains(text(bench), "A fused layer's time is in the layer that it is fused into"));
}

TEST_F(BenchReportTest, JsonLinesAreOneObjectForEachRow) {
    settings.layers = true;
    const BenchOutcome bench = run();
    std::istringstream lines(bench_jsonl(bench.run, bench.result, kRelease));
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
    settings.layers = true;
    settings.engines = {"absent", "fake"};
    const BenchOutcome bench = run({{.alpha = 0.5, .resolution = 32}, {.alpha = 1}});
    const Table networks = bench_csv_table(bench.run, bench.result);
    EXPECT_EQ(networks.rows.size(), 6U + 4U);
    for (const auto& row : networks.rows)
        EXPECT_EQ(row.size(), networks.columns.size());
    const Table layers = bench_layers_csv_table(bench.run, bench.result);
    EXPECT_EQ(layers.rows.size(), 2U * 7U);
    for (const auto& row : layers.rows)
        EXPECT_EQ(row.size(), layers.columns.size());
    std::set<std::string> keys;
    for (const Column& column : networks.columns)
        EXPECT_TRUE(keys.insert(column.key).second) << column.key;
}

TEST_F(BenchReportTest, CsvSpeedUpsStandInTheRowOfTheSlowerNetwork) {
    const BenchOutcome bench = run();
    const Table table = bench_csv_table(bench.run, bench.result);
    const auto column = [&table](const std::string& key) {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            if (table.columns[i].key == key) return i;
        }
        throw Error("no column " + key);
    };
    EXPECT_EQ(table.rows[0][column("network")].raw, "separable");
    EXPECT_EQ(table.rows[0][column("speedup")].raw, "");
    EXPECT_EQ(table.rows[1][column("network")].raw, "standard");
    EXPECT_EQ(std::stod(table.rows[1][column("speedup")].raw), bench.comparisons[0].speedup->value);
}

TEST_F(BenchReportTest, ALoadedMachineIsMentioned) {
    BenchOutcome bench = run();
    bench.run.preflight.readings.cpus = 2;
    bench.run.preflight.readings.load_average = 3;
    bench.run.preflight = classify_noise(bench.run.preflight.readings);
    EXPECT_TRUE(contains(text(bench), "load average 3.00 on 2 CPUs in the last minute"));
    bench.run.preflight.readings.load_average = 0.5;
    bench.run.preflight = classify_noise(bench.run.preflight.readings);
    EXPECT_FALSE(contains(text(bench), "load average"));
    bench.run.origin.machine.load_average.reset();
    EXPECT_TRUE(contains(text(bench), "load unknown"));
}

TEST_F(BenchReportTest, SeveralVariantsEndInOneTable) {
    const std::string shown =
        text(run({{.alpha = 0.5, .resolution = 32}, {.alpha = 0.75, .resolution = 32}}));
    EXPECT_EQ(shown.find("How much faster each variant is"), shown.rfind("How much faster"));
    EXPECT_EQ(shown.find("Time of one forward pass"), shown.rfind("Time of one forward pass"));
    const std::string header = line_with(shown, "on paper");
    EXPECT_TRUE(contains(header, "alpha"));
    EXPECT_TRUE(contains(header, "res"));
    EXPECT_TRUE(contains(line_with(shown, "0.75"), "standard convolutions"));
}

TEST_F(BenchReportTest, WideIntervalsAreMarked) {
    settings.rounds = 3;  // without an interval nothing is narrow
    const std::string line = line_with(text(run()), "standard convolutions");
    EXPECT_EQ(std::count(line.begin(), line.end(), '~'), 2) << line;  // the speed-up, and what was kept of it
}

}  // namespace
}  // namespace mobilenet_cost

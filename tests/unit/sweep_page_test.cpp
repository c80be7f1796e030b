#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/report/page/page.h"
#include "mobilenet_cost/report/sweep/measured.h"
#include "mobilenet_cost/report/sweep/measured_json.h"

#include "sweep/fabricated_run.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;

PicturedRun pictured(SweepRun run = testing_support::fabricated_run()) {
    PicturedRun shown;
    shown.name = "run.jsonl";
    shown.run = std::move(run);
    shown.result = testing_support::fabricated_result(shown.run);
    return shown;
}

/// The page as it is in the source tree, with a word in the place of the library.
PageFiles files() {
    const std::string source = MOBILENET_COST_SOURCE_DIR;
    const auto text = [&](const std::string& path) { return read_text_file(source + path, 1U << 20U); };
    const std::string html = "/src/mobilenet_cost/report/page/html/";
    PageFiles files{.page = text(html + "page.html"),
                    .style = text(html + "page.css"),
                    .vega = "library()",
                    .charts = text(html + "charts.js") + text(html + "facts.js"),
                    .script = text(html + "page.js"),
                    .licences = "licence <text>",
                    .themes = text("/configs/charts/themes.json"),
                    .specs = {}};
    for (const char* name :
         {"heat_maps", "scatter", "accuracy", "roofline", "layers", "network", "ratio", "blocks", "samples"})
        files.specs.emplace_back(name, text(std::string("/configs/charts/") + name + ".vg.json"));
    return files;
}

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

json data_of(const PicturedRun& run) {
    return json::parse(sweep_page_data({run}));
}

/// The charts of one kind, each with its tables as rows of named values.
std::vector<json> rows_of(const json& data, const std::string& kind, const std::string& table) {
    std::vector<json> rows;
    for (const json& chart : data["charts"]) {
        if (chart["kind"] != kind) continue;
        const json& stored = data["tables"][chart["data"][table].get<std::string>()];
        for (const json& values : stored["rows"]) {
            json row = {{"group", chart["group"]}};
            for (std::size_t i = 0; i < values.size(); ++i)
                row[stored["columns"][i].get<std::string>()] = values[i];
            rows.push_back(row);
        }
    }
    return rows;
}

TEST(SweepPage, EscapesWhatHtmlReads) {
    EXPECT_EQ(html_safe(R"(<a href="x" id='y'>&amp;)"),
              "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;");
    EXPECT_EQ(script_safe("{\"a\": \"</script>&\xe2\x80\xa8\xe2\x80\xa9\"}"),
              R"({"a": "\u003c/script\u003e\u0026\u2028\u2029"})");
}

TEST(SweepPage, EscapedJsonIsTheSameJson) {
    const std::string text = "</script><!-- & \xe2\x80\xa8 \" \\ \xf0\x9f\x9a\x80";
    const std::string stored = json(text).dump();
    EXPECT_EQ(json::parse(script_safe(stored)).get<std::string>(), text);
}

TEST(SweepPage, HoldsTheDocumentValueByValue) {
    const PicturedRun run = pictured();
    const json expected = json::parse(sweep_measured_json(run.run, run.result));
    EXPECT_EQ(data_of(run)["runs"][0]["document"], expected);
    EXPECT_EQ(data_of(run)["runs"][0]["name"], "run.jsonl");
}

TEST(SweepPage, HeatMapsShowTheDocumentsFigures) {
    const PicturedRun run = pictured();
    const json data = data_of(run);
    std::size_t compared = 0;
    for (const json& row : rows_of(data, "heat_maps", "cells")) {
        for (const json& cell : data["runs"][0]["document"]["cells"]) {
            if (cell["alpha"] != row["alpha"] || cell["resolution"] != row["resolution"]) continue;
            for (const json& point : cell["measured"]) {
                const std::string engine = point["engine"];
                if (point["network"] != "separable" ||
                    row["group"].get<std::string>().find(engine) == std::string::npos)
                    continue;
                const std::string panel = row["panel"];
                const std::string key = panel == "On paper"   ? "analytic_speedup"
                                        : panel == "Measured" ? "speedup"
                                                              : "fraction_kept";
                EXPECT_EQ(row["value"], point[key]) << panel << " of " << row["cell"];
                ++compared;
            }
        }
    }
    EXPECT_EQ(compared, 2U * 4 * 3);  // engines, cells, panels
}

/// A figure that was measured has an interval or a mark beside it; one that is exact has neither.
TEST(SweepPage, NoMeasuredFigureIsShownWithoutItsUncertainty) {
    PicturedRun run = pictured();
    run.result.points[4].speedup->interval.reset();
    run.result.points[4].kept->interval.reset();
    run.result.points[4].wide.speedup = true;
    std::size_t uncertain = 0;
    for (const char* kind : {"heat_maps", "standard"}) {
        for (const json& row : rows_of(data_of(run), kind, "cells")) {
            const bool exact = row["panel"] == "On paper" || (row["value"] == 1 && kind[0] == 'h');
            if (row["value"].is_null()) continue;
            EXPECT_EQ(row["within"].is_null(), exact) << row;
            if (!row["low"].is_null() || exact) continue;
            EXPECT_EQ(row["within"], "no interval");
            EXPECT_EQ(row["text"].get<std::string>().front(), '~');
            EXPECT_EQ(row["note"], "not precise: no interval after 8 rounds");
            ++uncertain;
        }
    }
    EXPECT_EQ(uncertain, 2U);
}

TEST(SweepPage, OnlyTheNetworkItWasPublishedForHasAnAccuracy) {
    PicturedRun run = pictured();
    run.top1 = {0.5, 0.6, 0.7, 0.8};
    for (const json& row : rows_of(data_of(run), "scatter", "points"))
        EXPECT_EQ(row["top1"].is_null(), row["network"] != "separable") << row;
}

TEST(SweepPage, TheBaseIsShownFirstUnlessAnotherCellIsChosen) {
    PicturedRun run = pictured();
    std::reverse(run.run.cells.begin(), run.run.cells.end());
    for (SweepPoint& point : run.run.points)
        point.cell = run.run.cells.size() - 1 - point.cell;
    const auto shown = [&run] {
        const json data = data_of(run);
        for (const json& chart : data["charts"]) {
            if (chart["kind"] == "layers") return chart["choices"][0]["value"].get<std::string>();
        }
        return std::string();
    };
    EXPECT_EQ(shown(), "alpha 1 at 224 px");
    run.chosen = ChosenCell{.alpha = 0.5, .resolution = 160};
    EXPECT_EQ(shown(), "alpha 0.5 at 160 px");
}

TEST(SweepPage, EverySampleIsThereOnce) {
    const PicturedRun run = pictured();
    const std::vector<json> rows = rows_of(data_of(run), "samples", "samples");
    std::size_t blocks = 0;
    for (const CellSamples& samples : run.run.measurement.cells)
        blocks += samples.blocks.size();
    EXPECT_EQ(rows.size(), blocks);
    EXPECT_EQ(
        std::count_if(rows.begin(), rows.end(), [](const json& row) { return row["disturbed"] == true; }), 1);
}

TEST(SweepPage, WithoutAMedianThereIsNoChartOfSamples) {
    PicturedRun run = pictured();
    for (PointResult& point : run.result.points)
        point.seconds.reset();
    EXPECT_TRUE(rows_of(data_of(run), "samples", "samples").empty());
}

TEST(SweepPage, TheFrontIsWhatNothingDominates) {
    const PicturedRun run = pictured();
    std::size_t on_front = 0;
    for (const json& row : rows_of(data_of(run), "scatter", "points")) {
        bool dominated = row["network"] != "separable";
        for (const json& other : rows_of(data_of(run), "scatter", "points")) {
            if (other["group"] != row["group"] || other["network"] != "separable" || dominated) continue;
            const bool as_good = other["macs"] >= row["macs"] && other["seconds"] <= row["seconds"] &&
                                 other["peak_activation_bytes"] <= row["peak_activation_bytes"];
            dominated = as_good && (other["macs"] != row["macs"] || other["seconds"] != row["seconds"]);
        }
        EXPECT_EQ(row["front"], !dominated) << row;
        on_front += row["front"] == true ? 1 : 0;
    }
    EXPECT_GT(on_front, 0U);
}

TEST(SweepPage, PublishedAccuracyDecidesTheFrontAndCanBeChosen) {
    PicturedRun run = pictured();
    run.top1 = {0.5, 0.6, 0.7, 0.8};  // the last is the best, the quickest and the smallest
    const json data = data_of(run);
    for (const json& row : rows_of(data, "scatter", "points")) {
        const bool best = row["network"] == "separable" && row["alpha"] == 0.5 && row["resolution"] == 160;
        if (row["group"] == "mobilenet_v1 on onednn, 1 thread") {
            EXPECT_EQ(row["front"], best) << row;
        }
    }
    EXPECT_EQ(data["runs"][0]["top1"], json({0.5, 0.6, 0.7, 0.8}));
    EXPECT_EQ(data["charts"][2]["choices"][0]["options"].back()["value"], "top1");
}

TEST(SweepPage, LayersOfEveryProfileWithTheirRoof) {
    PicturedRun run = pictured();
    run.run.profiles[1] = run.run.profiles[7] =
        run.run.profiles[0];  // standard ones, as a prediction has them
    EXPECT_EQ(rows_of(data_of(run), "layers", "layers").size(), 2 * 5U);
    for (const json& row : rows_of(data_of(run), "layers", "layers"))
        EXPECT_EQ(row["group"], "mobilenet_v1 on onednn, 1 thread");
    const std::vector<json> roof = rows_of(data_of(run), "roofline", "roof");
    ASSERT_EQ(roof.size(), 3U);
    EXPECT_EQ(roof[1]["intensity"], 10.0);  // 200 GFLOP/s over 20 GB/s
    EXPECT_EQ(roof[1]["flops_per_second"], 200e9);
    EXPECT_NEAR(roof[0]["flops_per_second"].get<double>(), roof[0]["intensity"].get<double>() * 20e9, 1);
}

TEST(SweepPage, LayersOfTheStandardNetworkAreCalledThat) {
    PicturedRun run = pictured();
    std::swap(run.run.profiles[0], run.run.profiles[1]);
    run.run.profiles[6].reset();
    for (const json& row : rows_of(data_of(run), "roofline", "layers"))
        EXPECT_EQ(row["group"], "mobilenet_v1 on onednn, 1 thread, standard convolutions");
}

TEST(SweepPage, TwoRunsStandSideBySide) {
    PicturedRun other = pictured();
    other.name = "other.jsonl";
    for (PointResult& point : other.result.points) {
        if (point.seconds) point.seconds->value /= 2;
    }
    const json data = json::parse(sweep_page_data({pictured(), other}));
    const std::vector<json> changes = rows_of(data, "change", "cells");
    ASSERT_EQ(changes.size(), 8U);
    for (const json& row : changes) {
        if (!row["value"].is_null()) {
            EXPECT_DOUBLE_EQ(row["value"], 2);
        }
    }
    EXPECT_EQ(data["runs"][1]["name"], "other.jsonl");
}

TEST(SweepPage, HostileNamesAreText) {
    const std::string hostile = "</script><script>alert(1)</script>\"'<img src=x onerror=alert(2)>{{data}}";
    PicturedRun run = pictured();
    const std::size_t scripts = count_of(sweep_page({run}, files()), "<script");
    run.name = hostile;
    for (SweepCell& cell : run.run.cells)
        cell.model = hostile;
    for (SweepPoint& point : run.run.points)
        point.engine = hostile + std::string(10000, 'x');
    run.run.profiles[0]->layers[0].name = hostile;
    run.result.points[9].reason = hostile;
    const std::string page = sweep_page({run}, files());
    EXPECT_EQ(count_of(page, "<script"), scripts);
    EXPECT_EQ(count_of(page, "</script"), scripts);
    EXPECT_EQ(count_of(page, "<img"), 0U);
    EXPECT_EQ(data_of(run)["runs"][0]["document"]["cells"][0]["model"], hostile);
}

TEST(SweepPage, AsksForNothing) {
    const std::string page = sweep_page({pictured()}, files());
    EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
    EXPECT_EQ(page.find("unsafe-eval"), std::string::npos);
    for (const char* reference : {"src=", "href=\"http", "url(", "@import"})
        EXPECT_EQ(page.find(reference), std::string::npos) << reference;
    EXPECT_NE(page.find("licence &lt;text&gt;"), std::string::npos);
    EXPECT_EQ(page, sweep_page({pictured()}, files()));
}

TEST(SweepPage, RefusesDefinitionsThatAreNotJson) {
    PageFiles broken = files();
    broken.specs.front().second = "{";
    EXPECT_THROW(static_cast<void>(sweep_page({pictured()}, broken)), Error);
    PageFiles unknown = files();
    unknown.page += "{{nothing}}";
    EXPECT_THROW(static_cast<void>(sweep_page({pictured()}, unknown)), Error);
}

TEST(SweepPage, PicturesHaveNamesOfTheirOwn) {
    PicturedRun run = pictured();
    for (SweepPoint& point : run.run.points)
        point.engine += "/../<x>";
    std::vector<std::string> names;
    for (const ChartRequest& chart : chart_requests({run}, files())) {
        EXPECT_EQ(chart.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-"), std::string::npos)
            << chart.name;
        EXPECT_EQ(chart.request.find('\n'), std::string::npos);
        names.push_back(chart.name);
    }
    const std::size_t all = names.size();
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    EXPECT_EQ(names.size(), all);
    EXPECT_GT(all, 6U);
}

}  // namespace
}  // namespace mobilenet_cost

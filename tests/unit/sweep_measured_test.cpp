#include <algorithm>
#include <limits>
#include <set>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mobilenet_cost/report/sweep/groups.h"
#include "mobilenet_cost/report/sweep/measured.h"
#include "mobilenet_cost/report/sweep/measured_grid.h"
#include "mobilenet_cost/report/sweep/measured_json.h"
#include "mobilenet_cost/report/sweep/notes.h"

#include "sweep/fabricated_run.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;
using testing_support::fabricated_result;
using testing_support::fabricated_run;

struct SweepMeasuredTest : testing::Test {
    [[nodiscard]] std::string text(TextStyle style = TextStyle::plain) const {
        return render_text(sweep_measured_sections(run, result), style);
    }
    [[nodiscard]] json document() const { return json::parse(sweep_measured_json(run, result)); }

    SweepRun run = fabricated_run();
    SweepResult result = fabricated_result(run);
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string without_escapes(const std::string& text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b')
            i = text.find('m', i);
        else
            plain += text[i];
    }
    return plain;
}

TEST_F(SweepMeasuredTest, ColourAddsNothingButColour) {
    EXPECT_EQ(without_escapes(text(TextStyle::colour)), text());
    EXPECT_FALSE(contains(text(), "\x1b"));
}

TEST_F(SweepMeasuredTest, HeatFollowsTheValueAndStaysInRange) {
    Table table;
    table.columns = {{"a", "a"}};
    const auto shade = [&table](double heat) {
        table.rows = {{{"1", "1", heat}}};
        return render_text({{"", table}}, TextStyle::colour);
    };
    EXPECT_TRUE(contains(shade(0), "\x1b[48;5;53;38;5;231m1\x1b[0m"));
    EXPECT_TRUE(contains(shade(1), "\x1b[48;5;226;38;5;16m1\x1b[0m"));
    EXPECT_NE(shade(0.5), shade(0));
    EXPECT_NE(shade(0.5), shade(1));
    EXPECT_EQ(shade(-1), shade(0));
    EXPECT_EQ(shade(7), shade(1));
    EXPECT_EQ(shade(std::numeric_limits<double>::quiet_NaN()), shade(0));
}

TEST_F(SweepMeasuredTest, GridsShowAnalyticMeasuredAndKept) {
    const std::vector<Section> sections = sweep_grid_sections(run, result);
    ASSERT_EQ(sections.size(), 10U);  // an analytic grid and two for each engine; the same for standard
    const Table& measured = sections[1].table;
    EXPECT_EQ(measured.caption, "mobilenet_v1 on onednn, 1 thread: measured speed-up over alpha 1 at 224 px");
    ASSERT_EQ(measured.rows.size(), 2U);
    EXPECT_EQ(measured.rows[0][1].text, "1.00x");
    EXPECT_EQ(measured.rows[0][2].text, "1.83x");  // it is the next one that is not as precise as asked for
    EXPECT_EQ(sections[6].table.rows[0][2].text.front(), '~');
    EXPECT_EQ(measured.rows[1][2].raw, fmt::format("{}", result.points[6].speedup->value));
    const Table& kept = sections[2].table;
    EXPECT_EQ(kept.rows[1][2].heat, result.points[6].kept->value);
    EXPECT_EQ(sections[3].table.rows[1][2].text, "failed");
    EXPECT_FALSE(sections[3].table.rows[1][2].heat.has_value());
}

TEST_F(SweepMeasuredTest, AMarkStandsAtTheFigureThatIsNotPrecise) {
    result.points[2].wide.seconds = true;
    for (const Section& section : sweep_measured_sections(run, result)) {
        if (section.table.caption != "mobilenet_v1 on onednn, 1 thread: every point") continue;
        const auto text = [&](std::size_t row, const char* key) {
            const auto& columns = section.table.columns;
            const auto column = std::find_if(columns.begin(), columns.end(),
                                             [&](const Column& one) { return one.key == key; });
            return section.table.rows.at(row).at(static_cast<std::size_t>(column - columns.begin())).text;
        };
        EXPECT_EQ(text(2, "marked_time").front(), '~');
        EXPECT_EQ(text(2, "marked_speedup"), "1.83x");
        EXPECT_EQ(text(2, "marked_standard").front(), '~');
        EXPECT_NE(text(3, "marked_time").front(), '~');
        EXPECT_EQ(text(3, "marked_speedup").front(), '~');
        return;
    }
    FAIL() << "no table of points";
}

TEST_F(SweepMeasuredTest, ATimeWithoutAnIntervalIsMarked) {
    EXPECT_NE(marked_seconds(result.points[0]).front(), '~');
    result.points[0].seconds->interval.reset();
    EXPECT_EQ(marked_seconds(result.points[0]).front(), '~');
}

TEST_F(SweepMeasuredTest, NoTwoColumnsAreCalledTheSame) {
    for (const Section& section : sweep_measured_sections(run, result)) {
        std::set<std::string> titles;
        for (const Column& column : section.table.columns)
            EXPECT_TRUE(titles.insert(column.title).second) << section.table.caption << ": " << column.title;
    }
}

TEST_F(SweepMeasuredTest, OneCellIsNoGrid) {
    std::erase_if(run.points, [](const SweepPoint& point) { return point.cell != 0; });
    run.cells.resize(1);
    result.points.resize(run.points.size());
    EXPECT_TRUE(sweep_grid_sections(run, result).empty());
}

TEST_F(SweepMeasuredTest, AGridTooWideForATerminalIsLeftToTheTable) {
    for (std::int64_t i = 0; i < 13; ++i) {
        run.cells.push_back(run.cells.back());
        run.cells.back().variant.resolution = 10 + i;
    }
    EXPECT_TRUE(sweep_grid_sections(run, result).empty());
}

TEST_F(SweepMeasuredTest, AGridMayHaveHoles) {
    run.cells[3].variant.resolution = 96;
    const std::vector<Section> sections = sweep_grid_sections(run, result);
    EXPECT_EQ(sections[0].table.columns.size(), 4U);
    EXPECT_EQ(sections[0].table.rows[1][2].text, "-");
}

TEST_F(SweepMeasuredTest, LostTimeSumsToAll) {
    const std::string without_standard = sweep_class_sections(run)[2].table.caption.substr(
        sweep_class_sections(run)[2].table.caption.rfind(' ') + 1);
    run.profiles[1] = run.profiles[0];  // the standard one, as a prediction has it
    for (LayerTime& layer : run.profiles[1]->layers)
        layer.macs *= 8;
    run.profiles[1]->classes = class_shares(run.profiles[1]->layers);
    for (const Section& section : sweep_class_sections(run)) {
        if (!contains(section.table.caption, "what keeps")) continue;
        double extra = 0;
        for (const auto& row : section.table.rows)
            extra += std::stod(row[4].raw);
        EXPECT_NEAR(extra, std::stod(section.table.total[4].raw), 1e-12);
        EXPECT_GT(extra, 0);
        EXPECT_TRUE(section.table.caption.ends_with("the analytic " + without_standard))
            << section.table.caption;
        return;
    }
    FAIL() << "no table of the lost time";
}

TEST_F(SweepMeasuredTest, TheStandardNetworkIsNamedWhereOnlyItWasTimed) {
    std::swap(run.profiles[0], run.profiles[1]);
    run.profiles[6].reset();
    EXPECT_TRUE(sweep_class_sections(run)[0].table.caption.ends_with(", standard convolutions"));
}

TEST_F(SweepMeasuredTest, NoTableOfLostTimeWhenNoneWasLost) {
    run.profiles[6] = run.profiles[0];
    for (const Section& section : sweep_class_sections(run))
        EXPECT_FALSE(contains(section.table.caption, "what keeps")) << section.table.caption;
}

TEST_F(SweepMeasuredTest, TheRooflineIsTheHigherOfTwoBounds) {
    LayerTime layer;
    layer.macs = 100;
    layer.traffic_bytes = 10;
    EXPECT_DOUBLE_EQ(roofline_seconds(layer, {1, 50, 10}), 4);  // 200 FLOPs at 50 a second
    EXPECT_DOUBLE_EQ(roofline_seconds(layer, {1, 50, 1}), 10);  // 10 bytes at 1 a second
}

TEST_F(SweepMeasuredTest, TheRooflineIsShownOnlyForItsThreads) {
    EXPECT_TRUE(
        contains(render_text(sweep_class_sections(run, {{1, 1e9, 1e9}}), TextStyle::plain), "roofline"));
    EXPECT_FALSE(
        contains(render_text(sweep_class_sections(run, {{2, 1e9, 1e9}}), TextStyle::plain), "roofline"));
    EXPECT_FALSE(contains(render_text(sweep_class_sections(run), TextStyle::plain), "roofline"));
}

TEST_F(SweepMeasuredTest, ASlopeInWords) {
    const Table table = sweep_fit_section(result).table;
    ASSERT_EQ(table.rows.size(), 2U);
    EXPECT_EQ(table.rows[0][5].text, "0.900");
    EXPECT_EQ(table.rows[0][7].text, "7.9x");  // 10 ** 0.9
    EXPECT_EQ(table.rows[1][6].text, "-");     // no interval
    EXPECT_EQ(table.rows[1][5].text.front(), '~');
    EXPECT_EQ(table.rows[1][7].text.front(), '~');
    result.fits.clear();
    EXPECT_TRUE(sweep_fit_section(result).table.columns.empty());
}

TEST_F(SweepMeasuredTest, ThePointsThatDidNotRunSayWhy) {
    EXPECT_TRUE(contains(text(), "skipped: needs 1.2 GiB, \"only\" 0.9 GiB are free"));
    EXPECT_TRUE(contains(text(), "failed: could not create a primitive"));
    const Table table = sweep_measured_table(run, result);
    ASSERT_EQ(table.rows.size(), run.points.size());
    EXPECT_EQ(table.rows[14][10].raw, "failed");
    EXPECT_EQ(table.rows[14][11].raw, "could not create a primitive");
    for (const auto& row : table.rows)
        EXPECT_EQ(row.size(), table.columns.size());
}

TEST_F(SweepMeasuredTest, HowItEnded) {
    const auto note = [this] { return sweep_note_section(run, result).text; };
    EXPECT_TRUE(contains(note(), "ended because the limit of 60 s was reached"));
    run.measurement.ended = Ended::precise_enough;
    EXPECT_TRUE(contains(note(), "ended because every interval that counts is narrow enough"));
    run.measurement.ended = Ended::interrupted;
    EXPECT_TRUE(contains(note(), "ended because of an interruption"));
    run.timing.shard = {2, 3};
    EXPECT_TRUE(contains(note(), "part 2 of 3"));
    EXPECT_TRUE(contains(note(), "2 points are not within +-2 % (~ marks the figure)"));
    result.imprecise = 0;
    EXPECT_FALSE(contains(note(), "~"));
}

TEST_F(SweepMeasuredTest, TheDocumentHasTheNumbers) {
    const json doc = document();
    const json& cell = doc["cells"][3];
    EXPECT_EQ(cell["macs"], 76528640);
    ASSERT_EQ(cell["measured"].size(), 4U);
    const json& row = cell["measured"][0];
    EXPECT_EQ(row["engine"], "onednn");
    EXPECT_EQ(row["speedup"], result.points[6].speedup->value);
    EXPECT_EQ(row["speedup_ci"][0], result.points[6].speedup->interval->low);
    EXPECT_EQ(row["standard_speedup"]["measured"], result.points[6].standard->value);
    EXPECT_EQ(row["profile"]["classes"].size(), 5U);
    EXPECT_TRUE(cell["measured"][1]["standard_speedup"].is_null());
    EXPECT_EQ(cell["measured"][2]["status"], "failed");
    EXPECT_TRUE(cell["measured"][2]["median_seconds"].is_null());
    EXPECT_EQ(doc["cells"][1]["measured"][1]["samples"], 7);
    EXPECT_EQ(doc["noise"]["verdict"], "usable");
    EXPECT_EQ(doc["ended"], "time_limit");
    EXPECT_EQ(doc["settings"]["timing"]["seed"], 7);
    EXPECT_EQ(doc["fit"][0]["slope"], 0.9);
}

TEST_F(SweepMeasuredTest, WhatIsNotFiniteIsNull) {
    const double nothing = std::numeric_limits<double>::quiet_NaN();
    const double infinite = std::numeric_limits<double>::infinity();
    result.points[0].seconds = Estimate{nothing, Interval{nothing, infinite, 0.95}};
    result.points[0].detectable_change = infinite;
    result.fits[0].slope.interval = Interval{-infinite, infinite, 1};
    run.preflight.readings.steal_share = nothing;
    const json doc = document();  // would throw for a bare nan
    const json& row = doc["cells"][0]["measured"][0];
    EXPECT_TRUE(row["median_seconds"].is_null());
    EXPECT_TRUE(row["ci_high_seconds"].is_null());
    EXPECT_TRUE(row["detectable_change"].is_null());
    EXPECT_TRUE(doc["fit"][0]["slope_ci"].is_null());
    EXPECT_TRUE(doc["noise"]["steal_share"].is_null());
}

TEST_F(SweepMeasuredTest, ALineIsACell) {
    std::istringstream lines(sweep_measured_jsonl(run, result));
    const json doc = document();
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        json row = json::parse(line);
        EXPECT_EQ(row["schema"], doc["schema"]);
        EXPECT_EQ(row["machine"], doc["machine"]);
        EXPECT_EQ(row["settings"], doc["settings"]);
        for (const char* key : {"schema", "machine", "settings"})
            row.erase(key);
        EXPECT_EQ(row, doc["cells"][count]);
    }
    EXPECT_EQ(count, run.cells.size());
}

}  // namespace
}  // namespace mobilenet_cost

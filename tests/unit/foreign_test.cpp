#include <limits>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/report/foreign/formats.h"
#include "mobilenet_cost/report/foreign/gbench.h"
#include "mobilenet_cost/report/foreign/sql.h"
#include "mobilenet_cost/report/foreign/text.h"
#include "mobilenet_cost/report/parts/gbench_rows.h"

#include "sweep/fabricated_run.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;
using testing_support::fabricated_result;
using testing_support::fabricated_run;

struct ForeignTest : testing::Test {
    SweepRun run = fabricated_run();
    SweepResult result = fabricated_result(run);
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_F(ForeignTest, EveryFormatIsNamedOnceAndWritesSomething) {
    std::set<std::string_view> names;
    for (const ForeignFormat& format : foreign_formats()) {
        EXPECT_TRUE(names.insert(format.name).second) << format.name;
        EXPECT_EQ(format.extension.front(), '.');
        EXPECT_FALSE(format.reader.empty());
        EXPECT_FALSE(format.write(run, result).empty());
    }
    EXPECT_EQ(names, (std::set<std::string_view>{"bmf", "gbench", "gbench-summary", "gobench", "sql"}));
}

TEST_F(ForeignTest, NamesAreDistinctAndHaveNoSpace) {
    run.cells[1] = run.cells[0];  // the same cell twice
    run.cells[2].model = "my model/2";
    const std::vector<std::string> names = point_names(run, '=');
    EXPECT_EQ(names[0], "mobilenet_v1/alpha=1/res=224/net=separable/engine=onednn/threads=1");
    EXPECT_EQ(names[2], names[0] + "/again=2");
    EXPECT_EQ(names[4], "my_model_2/alpha=0.5/res=224/net=separable/engine=onednn/threads=1");
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
}

TEST_F(ForeignTest, RawHasEveryRoundThatCountsAndTheSummaryEveryPointThatRan) {
    const json raw = json::parse(gbench_json(run, result));
    EXPECT_EQ(raw["benchmarks"].size(), 14U * 8U - 1);  // of 16 points, one was skipped and one failed
    const json summary = json::parse(gbench_summary_json(run, result));
    ASSERT_EQ(summary["benchmarks"].size(), 14U);
    EXPECT_NEAR(summary["benchmarks"][0]["real_time"], result.points[0].seconds->value * 1e9, 1e-3);
    EXPECT_EQ(summary["benchmarks"][0]["iterations"], 8 * 4);
    EXPECT_EQ(summary["benchmarks"][3]["iterations"], 7 * 4);  // without the disturbed round
}

TEST_F(ForeignTest, WhatIsNotATimeHasNoRow) {
    result.points[0].seconds->value = std::numeric_limits<double>::quiet_NaN();
    run.measurement.cells[0].blocks[0].seconds = std::numeric_limits<double>::infinity();
    EXPECT_EQ(json::parse(gbench_summary_json(run, result))["benchmarks"].size(), 13U);
    EXPECT_EQ(json::parse(gbench_json(run, result))["benchmarks"].size(), 14U * 8U - 2);
    for (const ForeignFormat& format : foreign_formats()) {
        EXPECT_FALSE(contains(format.write(run, result), "nan")) << format.name;
        EXPECT_FALSE(contains(format.write(run, result), " inf")) << format.name;
    }
}

/// Blocks that are left out, and several in a round, as a base has them.
TEST_F(ForeignTest, MediansAreThoseOfTheReport) {
    std::vector<TimedBlock>& blocks = run.measurement.cells[0].blocks;
    for (const std::size_t round : {4U, 1U}) {  // from behind: blocks are in the order taken
        TimedBlock again = blocks[round];
        again.place = 9;
        again.seconds *= 3;
        blocks.insert(blocks.begin() + static_cast<std::ptrdiff_t>(round) + 1, again);
        blocks[round + 2].seconds *= 5;
        blocks[round + 2].disturbance.involuntary_switches = 1000;
    }
    result = evaluate(run);
    std::map<std::string, std::vector<double>> nanoseconds;
    const json raw = json::parse(gbench_json(run, result));
    for (const json& row : raw["benchmarks"])
        nanoseconds[row["name"]].push_back(row["real_time"]);
    const json summary = json::parse(gbench_summary_json(run, result));
    for (const json& row : summary["benchmarks"])
        EXPECT_NEAR(median(nanoseconds[row["name"]]), row["real_time"], 1e-3) << row["name"];
    EXPECT_EQ(nanoseconds[point_names(run, ':')[0] + "/real_time"].size(), 6U);
    EXPECT_TRUE(contains(sweep_sql(run, result), ", 1);"));
}

TEST(Foreign, NanosecondsHaveNoDigitsOfABinaryFraction) {
    EXPECT_EQ(nanoseconds_of(340214e-9), 340214);  // 340214e-9 * 1e9 is 340214.00000000006
    EXPECT_EQ(nanoseconds_of(1.5e-9 / 4), 0.375);
}

TEST_F(ForeignTest, ALineBreakDoesNotEndAHeader) {
    run.origin.compiler = "GNU\nBenchmarkFake 1 1 ns/op";
    EXPECT_TRUE(contains(go_benchmark_text(run, result), R"(, GNU\nBenchmarkFake 1 1 ns/op, started)"));
}

TEST_F(ForeignTest, AQuoteDoesNotEndAString) {
    result.points[14].reason = "it's '); DROP TABLE mobilenet_cost_run; --";
    EXPECT_TRUE(contains(sweep_sql(run, result), "'it''s ''); DROP TABLE mobilenet_cost_run; --'"));
}

TEST_F(ForeignTest, TextIsPrintableInEveryFormat) {
    run.origin.compiler = run.origin.version = run.cells[0].model = result.points[14].reason =
        "a\x1b[31m\xe2\x80\xae\xff\nb";
    for (const ForeignFormat& format : foreign_formats())
        EXPECT_EQ(format.write(run, result), printable_lines(format.write(run, result))) << format.name;
    EXPECT_TRUE(contains(sweep_sql(run, result), R"('a\x1b[31m\u202e\xff\nb')"));
}

}  // namespace
}  // namespace mobilenet_cost

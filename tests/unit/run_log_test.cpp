#include "mobilenet_cost/sweep/run_log.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/sweep/run_fields.h"
#include "mobilenet_cost/sweep/run_log_read.h"

#include "unit/sweep_support.h"

namespace mobilenet_cost {
namespace {

using testing_support::expect_same_measurement;
using testing_support::expect_same_samples;
using testing_support::lines_of;
using testing_support::read_file;
using testing_support::SweepBench;
using testing_support::TestFolder;

template <typename Value>
Json json_of(Value value) {
    return FieldWriter::to_json(value);
}

/// Every optional present or every one absent, and numbers that a careless writer would round.
SweepRun stored_run(bool present) {
    const double third = 1.0 / 3;
    SweepRun run;
    run.started = "2026-01-31T12:00:00Z";
    run.origin = {
        .version = "0.1.0", .commit = "abc", .compiler = "GNU", .flags = "-O3", .machine = {}, .engines = {}};
    run.origin.machine.allowed_cpus = {0, 3};
    run.origin.machine.caches = {{.level = 1, .type = "Data", .bytes = 32768}};
    EngineStatus& engine = run.origin.engines.emplace_back();
    engine.name = "fake";
    engine.available = true;
    engine.info.version = "1.0";
    run.settings = {.data_type = DataType::f32, .convention = "paper", .alpha_scope = "inner"};
    run.timing.engines = {"fake"};
    run.timing.seed = std::numeric_limits<std::uint64_t>::max();
    run.timing.precision = 0.1 + 0.2;
    run.timing.shard = {.index = 2, .count = 3};
    run.models = {"folder/\"small\".json"};
    run.cells.resize(2);
    run.cells[0] = {
        .model = "small", .variant = {.alpha = third}, .beta = 5e-324, .macs = (std::int64_t{1} << 53U) + 1};
    run.points.resize(2);
    run.points[0].engine = run.points[1].engine = "fake";
    run.points[0].cell = run.points[1].cell = 1;
    run.points[1].network = NetworkKind::standard;
    run.points[1].base = 1;
    run.measurement.cells.resize(2);
    run.profiles.resize(2);
    if (!present) return run;
    run.origin.machine.cpu = {
        .model_name = "CPU", .vendor = "V", .family = 6, .model = 1, .stepping = 0, .hypervisor = true};
    run.origin.machine.memory = {.total_bytes = 1, .available_bytes = 0};
    run.origin.machine.kernel = "6.1";
    run.origin.machine.load_average = {{third, 0, 1e300}};
    run.origin.machine.governor = "performance";
    run.timing.pin_cpu = 3;
    run.timing.prediction = {{0}, {1}};
    run.points[0].counterpart = 1;
    run.points[1].counterpart = 0;
    run.points[0].counts = NetworkCounts{.macs = 1, .params = 2, .weight_bytes = 3, .activation_bytes = 4};
    run.points[0].memory_bytes = 5;
    return run;
}

struct RunLogTest : testing::Test {
    [[nodiscard]] StoredRun parse(const std::string& text) const { return parse_run_log(text, "x.jsonl"); }

    [[nodiscard]] std::string message_of(const std::string& text) const {
        try {
            (void)parse(text);
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    }

    /// The lines of a log with two rounds of four points: header, prepared, calibrated, round, round, ended.
    [[nodiscard]] std::vector<std::string> short_log() {
        SweepBench bench;
        bench.timing.rounds = 2;
        (void)bench.logged(path);
        return lines_of(read_file(path));
    }

    /// The log of a run whose rounds are to come.
    [[nodiscard]] RunLog begun(SweepRun& run) const {
        run.points[1].counts = run.points[0].counts;
        RunLog log = RunLog::create(path);
        log.header(run);
        log.prepared(run);
        log.calibrated(run.measurement);
        return log;
    }

    static std::string joined(const std::vector<std::string>& lines) {
        std::string text;
        for (const std::string& line : lines)
            text += line;
        return text;
    }

    /// The log with one value of one line replaced.
    static std::string with(std::vector<std::string> lines, std::size_t line, const std::string& pointer,
                            const nlohmann::json& value) {
        nlohmann::json json = nlohmann::json::parse(lines[line]);
        json[nlohmann::json::json_pointer(pointer)] = value;
        lines[line] = json.dump() + "\n";
        return joined(lines);
    }

    TestFolder folder;
    std::string path = folder.file("run.jsonl");
};

TEST_F(RunLogTest, HeaderComesBackExactly) {
    for (const bool present : {true, false}) {
        SCOPED_TRACE(present);
        const SweepRun run = stored_run(present);
        const std::string file = folder.file(present ? "present" : "absent");
        RunLog::create(file).header(run);
        const StoredRun stored = read_run_log(file);
        EXPECT_FALSE(stored.prepared);
        EXPECT_FALSE(stored.complete);
        EXPECT_EQ(stored.note, "");
        EXPECT_EQ(stored.run.started, run.started);
        EXPECT_EQ(stored.run.settings, run.settings);
        EXPECT_EQ(stored.run.timing, run.timing);
        EXPECT_EQ(stored.run.models, run.models);
        EXPECT_EQ(stored.run.cells, run.cells);
        EXPECT_EQ(stored.run.origin.machine.cpu, run.origin.machine.cpu);
        EXPECT_EQ(stored.run.origin.machine.memory, run.origin.machine.memory);
        EXPECT_EQ(stored.run.origin.machine.load_average, run.origin.machine.load_average);
        EXPECT_EQ(json_of(stored.run.origin), json_of(run.origin));
        EXPECT_EQ(json_of(stored.run.points), json_of(run.points));
        EXPECT_EQ(stored.run.measurement.cells.size(), 2U);
        EXPECT_EQ(stored.run.profiles.size(), 2U);
        EXPECT_EQ(stored.run.measurement.ended, Ended::interrupted);
    }
}

TEST_F(RunLogTest, EveryLineComesBackExactly) {
    SweepRun run = stored_run(true);
    run.points[1].status = BenchStatus::failed;
    run.points[1].reason = "out of memory";
    PreflightReadings readings;
    readings.load_average = 1.0 / 3;
    readings.loop = {.count = 3, .median_seconds = 1e-3, .p95_over_median = 1.1};
    run.preflight = classify_noise(readings);
    RunLog log = RunLog::create(path);
    log.header(run);
    log.prepared(run);
    Measurement& measurement = run.measurement;
    measurement.calibrated = true;
    measurement.shortened = true;
    measurement.seconds = 0.1;
    measurement.cells[0].warm_up = {
        .converged = true, .passes = 7, .seconds = 1.0 / 7, .first_pass_seconds = 0.7};
    measurement.cells[0].size = {.passes = 6, .group = 3, .confirmed = true};
    measurement.cells[1].failure = "out of memory";
    log.calibrated(measurement);
    for (std::int64_t round = 0; round < 2; ++round) {
        TimedBlock block;
        block.round = round;
        block.pass_seconds = {std::nextafter(0.1, 1), 1e-9, 0.3};
        block.seconds = block.pass_seconds[0];
        if (round == 1) block.disturbance = {.steal_seconds = 0.01, .involuntary_switches = 3};
        measurement.cells[0].blocks.push_back(block);
        measurement.order.push_back({0});
        measurement.seconds += 1.0 / 3;
        log.round(measurement);
    }
    LayerProfile profile;
    profile.engine = "fake";
    profile.status = BenchStatus::ok;
    profile.layers.resize(2);
    LayerTime& layer = profile.layers[0];
    layer.name = "stem";
    layer.op = "conv";
    layer.layer_class = LayerClass::first_conv;
    layer.input = {.n = 2, .h = 32, .w = 31, .c = 3};
    layer.seconds = {.value = 1.0 / 3, .interval = Interval{0.1, 0.7, 0.95}};
    layer.macs = 5;
    profile.layers[1].fused = true;
    profile.residual_seconds = -1.0 / 3;
    log.profile(0, profile);
    measurement.ended = Ended::precise_enough;
    log.ended(measurement);

    const StoredRun stored = read_run_log(path);
    EXPECT_TRUE(stored.prepared);
    EXPECT_TRUE(stored.complete);
    EXPECT_EQ(stored.note, "");
    EXPECT_EQ(stored.bytes, static_cast<std::int64_t>(read_file(path).size()));
    EXPECT_EQ(stored.run.preflight, run.preflight);
    EXPECT_EQ(json_of(stored.run.points), json_of(run.points));
    expect_same_measurement(stored.run.measurement, measurement);
    ASSERT_TRUE(stored.run.profiles[0]);
    EXPECT_EQ(json_of(*stored.run.profiles[0]), json_of(profile));
    EXPECT_EQ(stored.run.profiles[0]->layers[0].input, profile.layers[0].input);
    EXPECT_EQ(stored.run.profiles[0]->classes.size(), 2U);  // made anew
    EXPECT_FALSE(stored.run.profiles[1]);
}

TEST_F(RunLogTest, APointThatFailsInARoundIsInItsLine) {
    SweepRun run = stored_run(true);
    RunLog log = begun(run);
    Measurement& measurement = run.measurement;
    measurement.order = {{1, 0}};
    measurement.cells[0].blocks.push_back({.round = 0, .seconds = 1, .pass_seconds = {1}, .disturbance = {}});
    measurement.cells[1].failure = "kernel refused";
    log.round(measurement);
    const Measurement stored = read_run_log(path).run.measurement;
    EXPECT_EQ(stored.cells[0].blocks.size(), 1U);
    EXPECT_EQ(stored.cells[1].failure, "kernel refused");
    EXPECT_EQ(stored.order, (std::vector<std::vector<std::size_t>>{{0}}));  // those that gave a block
}

TEST_F(RunLogTest, APointMayBeVisitedSeveralTimesInARound) {
    SweepRun run = stored_run(true);
    RunLog log = begun(run);
    Measurement& measurement = run.measurement;
    const auto add = [&](std::size_t point, std::int64_t round, std::int64_t place, double seconds) {
        measurement.cells[point].blocks.push_back({.round = round,
                                                   .place = place,
                                                   .seconds = seconds,
                                                   .pass_seconds = {seconds},
                                                   .disturbance = {}});
    };
    for (const std::int64_t round : {0, 1}) {
        const auto first = static_cast<double>(round);
        measurement.order.push_back({0, 1, 0});
        add(0, round, 0, first + 0.25);
        add(1, round, 1, first + 0.5);
        add(0, round, 2, first + 0.75);
        log.round(measurement);
    }
    const Measurement stored = read_run_log(path).run.measurement;
    EXPECT_EQ(stored.order, measurement.order);
    expect_same_samples(stored, measurement);
}

TEST_F(RunLogTest, ATornLastLineIsLeftOutWithANote) {
    std::vector<std::string> lines = short_log();
    ASSERT_EQ(lines.size(), 6U);
    lines.pop_back();  // the last is the second round now
    const std::string torn = lines.back();
    lines.pop_back();
    const std::string kept = joined(lines);
    const StoredRun whole = parse(kept);
    EXPECT_EQ(whole.note, "");
    for (std::size_t bytes = 1; bytes < torn.size(); ++bytes) {
        const StoredRun stored = parse(kept + torn.substr(0, bytes));
        ASSERT_EQ(stored.note, "x.jsonl: line 5 is not finished, as a kill leaves it; it is left out")
            << bytes;
        ASSERT_EQ(stored.bytes, static_cast<std::int64_t>(kept.size())) << bytes;
        ASSERT_EQ(stored.run.measurement.order.size(), 1U) << bytes;
        ASSERT_EQ(stored.run.measurement.seconds, whole.run.measurement.seconds) << bytes;
        ASSERT_FALSE(stored.complete) << bytes;
    }
    EXPECT_EQ(parse(kept + torn).run.measurement.order.size(), 2U);
}

TEST_F(RunLogTest, ALastLineOfGarbageIsTornToo) {
    const std::vector<std::string> lines = short_log();
    const std::string kept = joined(lines);
    const StoredRun stored = parse(kept + std::string(20, '\0') + "\n");
    EXPECT_EQ(stored.note, "x.jsonl: line 7 is not whole, as a kill leaves it; it is left out");
    EXPECT_EQ(stored.bytes, static_cast<std::int64_t>(kept.size()));
    EXPECT_TRUE(stored.complete);
}

TEST_F(RunLogTest, ATornHeaderIsNoLog) {
    const std::string header = short_log().front();
    for (std::size_t bytes = 0; bytes < header.size(); ++bytes)
        ASSERT_EQ(message_of(header.substr(0, bytes)), "x.jsonl: expected a run log, found no whole line")
            << bytes;
    EXPECT_EQ(message_of(header), "");
    EXPECT_TRUE(message_of("{\n").starts_with("x.jsonl: line 1: "));
}

TEST_F(RunLogTest, ACorruptLineInTheMiddleIsNamed) {
    const std::vector<std::string> lines = short_log();
    for (std::size_t line = 0; line + 1 < lines.size(); ++line) {
        std::vector<std::string> corrupt = lines;
        corrupt[line] = corrupt[line].substr(0, corrupt[line].size() / 2) + "\n";
        const std::string place = "x.jsonl: line " + std::to_string(line + 1) + ": ";
        EXPECT_TRUE(message_of(joined(corrupt)).starts_with(place)) << message_of(joined(corrupt));
    }
}

TEST_F(RunLogTest, AnotherSchemaIsRefused) {
    const std::vector<std::string> lines = short_log();
    EXPECT_TRUE(message_of(with(lines, 0, "/schema", "mobilenet-cost.run.v1"))
                    .ends_with("of another version of this program"));
    EXPECT_EQ(
        message_of(with(lines, 0, "/schema", "mobilenet-cost.run.v4")),
        "x.jsonl: line 1: expected the schema \"mobilenet-cost.run.v3\", found \"mobilenet-cost.run.v4\", of "
        "another version of this program");
    EXPECT_EQ(message_of(with(lines, 0, "/schema", "mobilenet-cost.sweep.v1")),
              "x.jsonl: expected a run log, found a sweep's document (mobilenet-cost.sweep.v1), which "
              "`compare`, `pick "
              "--from` and `gate --cells` read");
}

TEST_F(RunLogTest, ALaterWriterMaySayMore) {
    const std::vector<std::string> lines = short_log();
    for (std::size_t line = 0; line < lines.size(); ++line)
        EXPECT_EQ(message_of(with(lines, line, "/more", "news")), "");
}

TEST_F(RunLogTest, WrongContentIsRefusedAtItsLine) {
    const std::vector<std::string> lines = short_log();
    struct Wrong {
        std::size_t line;
        std::string pointer;
        nlohmann::json value;
        std::string text;
    };
    const std::vector<Wrong> table = {
        {0, "/points/0/cell", 2, "line 1: /points/0/cell: expected a cell below 2, found 2"},
        {0, "/points/1/base", 4, "line 1: /points/1/base: expected a base below 4, found 4"},
        {0, "/points/0/counterpart", 9,
         "line 1: /points/0/counterpart: expected a counterpart below 4, found 9"},
        {0, "/points/0/base", 1,
         "line 1: /points/0/base: expected a point of the same model, engine, threads and network that is "
         "its "
         "own base, found point 1"},
        {0, "/points/0/counterpart", 0,
         "line 1: /points/0/counterpart: expected the other network of the same cell, engine and threads, "
         "found "
         "point 0"},
        {0, "/points/0/threads", 0,
         "line 1: /points/0/threads: expected a number from 1 to 1048576, found 0"},
        {0, "/points", nlohmann::json::array(), "line 1: expected 1 to 10000 points, found 0"},
        {0, "/cells/1/macs", -1, "line 1: /cells/1/macs: expected a number from 0 to 9.2e+18, found -1"},
        {0, "/cells/1/variant/resolution", 1e300,
         "line 1: /cells/1/variant/resolution: expected a whole number"},
        {0, "/timing/rounds", std::int64_t{1} << 62U,
         "line 1: /timing/rounds: expected at most 1000000000, found 4.611686018427388e+18"},
        {0, "/timing/max_seconds", 1e9,
         "line 1: /timing/max_seconds: expected at most 2592000, found 1000000000"},
        {0, "/timing/confidence", 1,
         "line 1: /timing/confidence: expected a number between 0 and 1, found 1"},
        {0, "/timing/shard/count", 0, "line 1: /timing/shard: expected I/N with 1 <= I <= N, found 1/0"},
        {0, "/points/0/base", -1, "line 1: /points/0/base: expected a whole number of at least 0, found -1"},
        {0,
         "/timing/prediction",
         {{"timed", {0}}, {"spots", {2}}},
         "line 1: /timing/prediction/spots/0: expected a cell below 2, found 2"},
        {0, "/timing/threads", "1", "line 1: /timing/threads: expected an array, found \"1\""},
        {1, "/points", nlohmann::json::array(), "line 2: expected 4 points, found 0"},
        {1, "/points/2/counts", nullptr, "line 2: expected the counts of point 2, which is ok, found none"},
        {1, "/points/0/status", "okay",
         "line 2: /points/0/status: unknown name \"okay\" (known: ok, failed, skipped, late)"},
        {2, "/points", nlohmann::json::array(), "line 3: expected 4 points, found 0"},
        {2, "/points/1/size/passes", 0,
         "line 3: /points/1/size/passes: expected a number from 1 to 1000000000, found 0"},
        {2, "/points/1/size/group", std::int64_t{1} << 40U,
         "line 3: /points/1/size/group: expected a number from 1"},
        {2, "/seconds", -1e300, "line 3: /seconds: expected a number from 0 to 1000000000, found -1e+300"},
        {2, "/kind", "prepared", "line 3: expected a key \"preflight\", found none"},
        {3, "/round", 1, "line 4: expected round 0, found 1"},
        {4, "/round", 0, "line 5: expected round 1, found 0"},
        {3, "/blocks/0/point", 4, "line 4: /blocks: expected a point below 4, found 4"},
        {3, "/blocks/0/seconds", nlohmann::json::array(), ": expected times of point "},
        {3, "/blocks/0/seconds/0", 0,
         "line 4: /blocks/0/seconds/0: expected a number from 1e-12 to 1000000000, found 0"},
        {3, "/blocks/0/seconds/0", nullptr, "line 4: /blocks/0/seconds/0: expected a number, found null"},
        {4, "/kind", "rounds", "line 5: unknown kind of line \"rounds\" (did you mean \"round\"?)"},
        {5, "/ended", "bored", "line 6: /ended: unknown name \"bored\""},
    };
    for (const Wrong& wrong : table) {
        const std::string message = message_of(with(lines, wrong.line, wrong.pointer, wrong.value));
        EXPECT_NE(message.find(wrong.text), std::string::npos) << wrong.pointer << ": " << message;
    }
}

TEST_F(RunLogTest, LinesComeInOrder) {
    std::vector<std::string> lines = short_log();
    EXPECT_EQ(message_of(lines[0] + lines[2]),
              "x.jsonl: line 2: expected a line of the kind \"prepared\" before it, found none");
    EXPECT_EQ(message_of(lines[0] + lines[1] + lines[3]),
              "x.jsonl: line 3: expected a line of the kind \"calibrated\" before it, found none");
    EXPECT_EQ(message_of(lines[0] + lines[0]), "x.jsonl: line 2: expected a key \"kind\", found none");
}

TEST_F(RunLogTest, NothingIsOverwritten) {
    (void)short_log();
    const std::string before = read_file(path);
    EXPECT_THROW((void)RunLog::create(path), Error);
    EXPECT_EQ(read_file(path), before);
    EXPECT_THROW((void)RunLog::create(path + "/below"), Error);
    EXPECT_THROW((void)RunLog::append(folder.file("missing")), Error);
    EXPECT_FALSE(std::filesystem::exists(folder.file("missing")));
}

TEST_F(RunLogTest, TwoRunsDoNotShareALog) {
    (void)short_log();
    const RunLog first = RunLog::append(path);
    try {
        (void)RunLog::append(path);
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("another run is writing it"), std::string::npos);
    }
}

TEST_F(RunLogTest, RepairCutsToTheWholeLines) {
    const std::vector<std::string> lines = short_log();
    {
        std::ofstream file(path, std::ios::app);
        file << "{\"kind\": \"rou";
    }
    repair_run_log(path, read_run_log(path));
    EXPECT_EQ(read_file(path), joined(lines));
    EXPECT_EQ(read_run_log(path).note, "");
    EXPECT_THROW(repair_run_log(folder.file("missing"), {}), Error);
}

TEST_F(RunLogTest, AFullDiskIsReported) {
    RunLog log = RunLog::append("/dev/full");
    EXPECT_THROW(log.header(stored_run(true)), LogBroken);
}

}  // namespace
}  // namespace mobilenet_cost

#include "mobilenet_cost/gate/worker.h"

#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mobilenet_cost/base/error.h"

#include "unit/gate_support.h"

namespace mobilenet_cost {
namespace {

using testing_support::FakeBuild;
using testing_support::small_cell;
using Do = WorkerRequest::Do;

struct WorkerTest : testing::Test {
    std::string ask(WorkerRequest request) {
        request.id = ++id;
        const std::string answer = worker.answer(write_request(request)).value_or("nothing");
        EXPECT_EQ(answer.find('\n'), std::string::npos);
        EXPECT_EQ(read_answer(answer).id, id);
        return answer;
    }

    SessionFacts prepare(const GateCell& cell) {
        return read_facts(ask({.what = Do::prepare, .cell = cell}));
    }

    std::string refused(const WorkerRequest& request) {
        const WorkerAnswer answer = read_answer(ask(request));
        return answer.refusal ? answer.refusal->text : "not refused";
    }

    FakeBuild build;
    Worker worker{build.bench.world};
    std::int64_t id = 0;
};

TEST_F(WorkerTest, TellsWhatItIs) {
    const std::string line = ask({.what = Do::hello});
    EXPECT_EQ(nlohmann::json::parse(line)["schema"], kWorkerSchema);
    const WorkerHello hello = read_hello(line);
    EXPECT_EQ(hello.engines.size(), 2U);
    EXPECT_FALSE(hello.engines[0].available);
    EXPECT_EQ(hello.engines[1].name, "fake");
    EXPECT_EQ(hello.clock_resolution_seconds, 1e-9);
    EXPECT_FALSE(hello.version.empty());
}

TEST_F(WorkerTest, TellsExactFacts) {
    const SessionFacts facts = prepare(small_cell());
    EXPECT_EQ(facts.layers.size(), 7U);
    std::int64_t macs = 0;
    for (const LayerFacts& layer : facts.layers)
        macs += layer.macs;
    EXPECT_EQ(macs, facts.macs);
    // 3x3x3 to 32 channels on 16 x 16.
    EXPECT_EQ(facts.layers[0],
              (LayerFacts{"stem", "conv2d", "first_conv", "fake kernel", 16 * 16 * 27 * 32}));
    EXPECT_EQ(facts.held_weight_bytes, 1024);
    EXPECT_FALSE(facts.allocations) << "nobody counts them here";
    GateCell standard = small_cell();
    standard.network = NetworkKind::standard;
    EXPECT_GT(prepare(standard).macs, facts.macs);
}

TEST_F(WorkerTest, TimesPassesAndLayers) {
    const SessionFacts facts = prepare(small_cell());
    const WorkerBlock block =
        read_block(ask({.what = Do::run, .session = facts.session, .passes = 5, .settle = 2}), 5);
    for (const double seconds : block.pass_seconds)
        EXPECT_NEAR(seconds, static_cast<double>(facts.macs) * 1e-9, 1e-12);
    const WorkerLayerBlock layers =
        read_layer_block(ask({.what = Do::run_layers, .session = facts.session, .passes = 3}), 3, 7);
    for (std::size_t i = 0; i < facts.layers.size(); ++i)
        EXPECT_EQ(layers.pass_nanoseconds[2][i], facts.layers[i].macs);
}

TEST_F(WorkerTest, CountsAllocationsOfAPass) {
    AllocationCount count;
    const auto allocations = [&] {
        count.count += 3;
        count.bytes += 100;
        return count;
    };
    Worker counting(build.bench.world, allocations);
    const auto answer = counting.answer(write_request({.id = 1, .what = Do::prepare, .cell = small_cell()}));
    EXPECT_EQ(read_facts(*answer).allocations, (AllocationCount{3, 100}));
}

TEST_F(WorkerTest, RefusesAndLivesOn) {
    GateCell cell = small_cell();
    cell.config = "{";
    EXPECT_NE(refused({.what = Do::prepare, .cell = cell}).find("small: line 1"), std::string::npos);
    cell = small_cell();
    cell.variant.alpha = -1;
    EXPECT_NE(refused({.what = Do::prepare, .cell = cell}).find("alpha"), std::string::npos);
    EXPECT_EQ(refused({.what = Do::run, .session = 4, .passes = 1}), "session: there is no session 4");
    for (const char* garbage : {"", "{}", "[]", "nonsense", R"({"id": 1, "do": "dance"})",
                                R"({"id": 1, "do": "run", "session": 0, "passes": 0, "settle": 0})"}) {
        const WorkerAnswer answer = read_answer(*worker.answer(garbage));
        ASSERT_TRUE(answer.refusal) << garbage;
        EXPECT_TRUE(answer.refusal->wrong_input);
    }
    build.bench.available_memory = 10;
    EXPECT_NE(refused({.what = Do::prepare, .cell = small_cell()}).find("of memory"), std::string::npos);
    build.bench.available_memory.reset();
    build.bench.make = [](const Network&) { throw std::runtime_error("no kernel"); };
    EXPECT_EQ(refused({.what = Do::prepare, .cell = small_cell()}), "no kernel");
    build.bench.make = {};
    EXPECT_EQ(prepare(small_cell()).layers.size(), 7U);
}

TEST_F(WorkerTest, RefusesWorkWithoutEnd) {
    const SessionFacts facts = prepare(small_cell());
    const std::int64_t session = facts.session;
    const double pass = static_cast<double>(facts.macs) * 1e-9;
    const auto within = static_cast<std::int64_t>(kMostRequestSeconds / pass);
    const std::string many = refused({.what = Do::run, .session = session, .passes = within + 1});
    EXPECT_NE(many.find("passes: expected at most 60 s of passes, found "), std::string::npos) << many;
    EXPECT_FALSE(read_answer(ask({.what = Do::run, .session = session, .passes = within - 1})).refusal);
    EXPECT_NE(refused({.what = Do::run, .session = session, .passes = 1, .settle = within}), "");
    const auto refused_line = [&](std::int64_t passes, std::int64_t settle) {
        const auto answer = worker.answer(
            write_request({.what = Do::run, .session = session, .passes = passes, .settle = settle}));
        return read_answer(*answer).refusal->text;
    };
    EXPECT_EQ(refused_line(kMostRequestPasses + 1, 0),
              "request: /passes: expected a whole number from 1 to 100000, found 100001");
    EXPECT_EQ(refused_line(1, kMostRequestPasses + 1),
              "request: /settle: expected a whole number from 0 to 100000, found 100001");
}

TEST(WorkerProtocol, TimesOfLayersFitInMemory) {
    EXPECT_EQ(most_layer_passes(0), kMostRequestPasses);
    EXPECT_EQ(most_layer_passes(100), kMostRequestLayerTimes / 100);
    EXPECT_EQ(most_layer_passes(100'000'000), 1);
}

TEST_F(WorkerTest, ReleasesSessions) {
    const SessionFacts facts = prepare(small_cell());
    EXPECT_FALSE(read_answer(ask({.what = Do::release, .session = facts.session})).refusal);
    EXPECT_EQ(refused({.what = Do::run, .session = facts.session}), "session: there is no session 0");
}

TEST_F(WorkerTest, ReadsUntilToldToQuit) {
    std::istringstream in(write_request({.id = 1}) + "\n" + write_request({.id = 2, .what = Do::quit}) +
                          "\nnever read\n");
    std::ostringstream out;
    EXPECT_EQ(run_worker(in, out, build.bench.world), 0);
    const std::string text = out.str();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(WorkerProtocol, RequestsReadBack) {
    WorkerRequest request{.id = 7, .what = Do::prepare, .cell = small_cell(0.5), .seed = 9};
    request.cell.network = NetworkKind::standard;
    request.cell.threads = 3;
    const WorkerRequest again = read_request(write_request(request));
    EXPECT_EQ(again.id, 7);
    EXPECT_EQ(again.cell, request.cell);
    EXPECT_EQ(again.seed, 9U);
    EXPECT_EQ(read_request(write_request({.what = Do::hello, .cpu = 3})).cpu, 3);
    EXPECT_EQ(read_request(write_request({.what = Do::run, .session = 2, .passes = 5, .settle = 1})).passes,
              5);
}

TEST(WorkerProtocol, LeavesUnknownKeysAlone) {
    const WorkerBlock block = read_block(
        R"({"id": 1, "pass_seconds": [1], "steal_seconds": null, "involuntary_switches": 2, "later": {}})",
        1);
    EXPECT_FALSE(block.disturbance.steal_seconds);
    EXPECT_EQ(block.disturbance.involuntary_switches, 2);
}

std::string what_is_wrong(const std::function<void()>& read) {
    try {
        read();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing";
}

TEST(WorkerProtocol, RefusesTimesThatCannotBe) {
    const auto block = [](const std::string& times) {
        return what_is_wrong([&] {
            (void)read_block(
                R"({"id": 1, "steal_seconds": 0, "involuntary_switches": 0, "pass_seconds": )" + times + "}",
                2);
        });
    };
    EXPECT_EQ(block("[1e-3, 2e-3]"), "nothing");
    EXPECT_EQ(block("[1e-3]"), "answer: expected the times of 2 passes, found 1");
    EXPECT_EQ(block("[1e-3, -1e-3]"), "answer: expected times above 0, found -0.001");
    EXPECT_EQ(block("[1e-3, 0]"), "answer: expected times above 0, found 0");
    EXPECT_NE(block("[1e-3, NaN]"), "nothing");
    EXPECT_NE(block("[1e-3, 1e999]"), "nothing");
    EXPECT_NE(block("[1e-3, null]"), "nothing");
    EXPECT_NE(block("[1e-3, \"2\"]"), "nothing");
    const auto layers = [](const std::string& times) {
        return what_is_wrong([&] {
            (void)read_layer_block(
                R"({"id": 1, "steal_seconds": 0, "involuntary_switches": 0, "pass_nanoseconds": )" + times +
                    "}",
                1, 2);
        });
    };
    EXPECT_EQ(layers("[[0, 5]]"), "nothing");
    EXPECT_EQ(layers("[[5]]"), "answer: expected the times of 2 layers, found 1");
    EXPECT_EQ(layers("[[5, -1]]"), "answer: expected times of at least 0, found -1");
    EXPECT_EQ(layers("[[0, 0]]"), "answer: expected a pass that takes time, found 0 ns");
}

TEST(WorkerProtocol, RefusesOtherProtocols) {
    const auto hello = [](const std::string& start) {
        return what_is_wrong([&] { (void)read_hello(start + "}"); });
    };
    EXPECT_EQ(hello(R"({"id": 1, "schema": "mobilenet-cost.worker.v2", "protocol": 2)"),
              "answer: /protocol: expected 1, found 2");
    EXPECT_EQ(hello(R"({"id": 1, "schema": "other", "protocol": 1)"),
              "answer: /schema: expected \"mobilenet-cost.worker.v1\", found \"other\"");
    EXPECT_NE(hello(R"({"id": 1)").find("schema"), std::string::npos);
}

TEST(WorkerProtocol, RefusesAClockThatNoBlockCouldBeLongEnoughFor) {
    WorkerHello hello;
    hello.clock_resolution_seconds = kCoarsestClock;
    EXPECT_EQ(read_hello(write_hello(1, hello)).clock_resolution_seconds, kCoarsestClock);
    for (const double seconds : {1e300, -1.0, 0.0011}) {
        hello.clock_resolution_seconds = seconds;
        const std::string wrong = what_is_wrong([&] { (void)read_hello(write_hello(1, hello)); });
        EXPECT_NE(wrong.find("clock_resolution_seconds: expected at most 0.001, found"), std::string::npos)
            << wrong;
    }
}

/// As long as the longest numbers make them.
TEST(WorkerProtocol, AnAnswerFitsItsBound) {
    WorkerBlock block;
    block.pass_seconds.assign(5000, 1.2345678901234567e-300);
    WorkerRequest request{.what = Do::run, .passes = 5000};
    EXPECT_LT(write_block(1, block).size(), most_answer_bytes(request));
    WorkerLayerBlock layers;
    layers.pass_nanoseconds.assign(5000, std::vector<std::int64_t>(3, INT64_MAX));
    request.what = Do::run_layers;
    EXPECT_LT(write_layer_block(1, layers).size(), most_answer_bytes(request, 3));
}

TEST(WorkerProtocol, TheBoundFollowsWhatWasAskedFor) {
    EXPECT_LT(most_answer_bytes({.what = Do::run, .passes = 1}), 100'000U);
    EXPECT_LT(most_answer_bytes({.what = Do::run, .passes = 100'000}), 5'000'000U);
    EXPECT_LT(most_answer_bytes({.what = Do::hello}), 100'000U);
}

}  // namespace
}  // namespace mobilenet_cost

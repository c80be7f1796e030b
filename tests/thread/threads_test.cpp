// What a program with several threads may do with the library, in any build; the `tsan` preset runs the same
// tests under ThreadSanitizer. One Session belongs to one thread at a time; everything else may be shared.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/count/convention.h"
#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/model/weights.h"
#include "mobilenet_cost/report/count/cost_json.h"
#include "mobilenet_cost/report/count/cost_report.h"
#include "mobilenet_cost/sweep/bench.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kCallers = 4;

/// Residuals, squeeze-and-excite and hard swish; small, because ThreadSanitizer is slow.
const Variant kSmall = {.alpha = 0.35, .resolution = 32, .classes = 10};

/// Runs `work(i)` on kCallers threads at once.
template <typename Work>
void at_once(const Work& work) {
    std::atomic<bool> go = false;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kCallers; ++i) {
        threads.emplace_back([&, i] {
            go.wait(false);
            work(i);
        });
    }
    go = true;
    go.notify_all();
    for (std::thread& thread : threads)
        thread.join();
}

std::vector<EngineStatus> available_engines() {
    std::vector<EngineStatus> available;
    for (const EngineStatus& status : engine_statuses()) {
        if (status.available) available.push_back(status);
    }
    return available;
}

int threads_of(const std::string& engine) {
    return engine == "reference" ? 1 : 2;
}

std::unique_ptr<Session> make_small(const std::string& engine) {
    const Network network = expand(find_model("mobilenet_v3_small"), kSmall);
    auto session = find_engine(engine)->make_session(network, make_weights(network, kDataSeed),
                                                     {.threads = threads_of(engine)});
    const std::vector<float> input = make_input(network.input, kDataSeed);
    std::copy(input.begin(), input.end(), session->input().begin());
    return session;
}

TEST(Threads, AnalyzeOneModelAtOnce) {
    const ModelConfig config = find_model("mobilenet_v3_small");
    std::vector<std::string> reports(kCallers);
    at_once([&](std::size_t i) {
        reports[i] = cost_json({analyze(config, kSmall, DataType::f32, find_convention("paper"))});
    });
    for (const std::string& report : reports)
        EXPECT_EQ(report, cost_json({analyze(config, kSmall, DataType::f32, find_convention("paper"))}));
}

/// Also the first use of each engine in this process: loading and initialising it at once.
TEST(Threads, RunSessionsOfOneEngineAtOnce) {
    for (const EngineStatus& engine : available_engines()) {
        SCOPED_TRACE(engine.name);
        std::vector<std::vector<float>> outputs(kCallers);
        std::vector<std::int64_t> bytes(kCallers);
        at_once([&](std::size_t i) {
            const auto session = make_small(engine.name);
            session->run();
            session->run();
            outputs[i] = session->output();
            bytes[i] = total_bytes(session->memory_use());
        });
        const auto alone = make_small(engine.name);
        alone->run();
        for (std::size_t i = 0; i < kCallers; ++i) {
            EXPECT_EQ(outputs[i], alone->output()) << "caller " << i;
            // Blocks of the heap are some bytes larger than asked for, by what lay there before.
            const auto expected = static_cast<double>(total_bytes(alone->memory_use()));
            EXPECT_NEAR(static_cast<double>(bytes[i]), expected, 0.02 * expected) << "caller " << i;
        }
    }
}

/// A session moves to another thread, which runs it layer by layer and ends it.
TEST(Threads, HandASessionOver) {
    for (const EngineStatus& engine : available_engines()) {
        SCOPED_TRACE(engine.name);
        auto session = make_small(engine.name);
        session->run();
        const std::vector<float> expected = session->output();
        std::vector<float> output;
        std::thread other([moved = std::move(session), &output] {
            std::vector<std::int64_t> nanoseconds(moved->kernels().size());
            moved->run_timed(nanoseconds);
            output = moved->output();
        });
        other.join();
        EXPECT_EQ(output, expected);
    }
}

TEST(Threads, InterruptABenchFromAnotherThread) {
    std::atomic<bool> stop = false;
    std::atomic<bool> measuring = false;
    SweepTiming settings;
    settings.threads = {threads_of(available_engines().front().name)};
    settings.rounds = 1'000'000;
    settings.precision = 1e-9;
    settings.max_seconds = 60;
    SweepHooks hooks;
    hooks.stop = &stop;
    hooks.progress = [&](const SweepProgress& progress) {
        if (progress.phase < SweepProgress::Phase::warm_up) return;
        measuring = true;
        measuring.notify_one();
    };
    std::thread interrupter([&] {
        measuring.wait(false);
        stop = true;
    });
    const ModelConfig config = find_model("mobilenet_v3_small");
    std::vector<BenchCell> cells;
    append_bench_cells(config, {kSmall}, cells);
    SweepRun run = plan_bench(cells, {config.name}, {.convention = "paper", .alpha_scope = "published"},
                              settings, hooks);
    time_sweep({config}, run, hooks);
    measuring = true;  // should it have ended before anything ran
    measuring.notify_one();
    interrupter.join();
    EXPECT_EQ(run.measurement.ended, Ended::interrupted);
}

}  // namespace
}  // namespace mobilenet_cost

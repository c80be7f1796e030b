#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "mobilenet_cost/sweep/plan.h"
#include "mobilenet_cost/sweep/run_log.h"
#include "mobilenet_cost/sweep/run_log_read.h"
#include "mobilenet_cost/sweep/runner.h"

#include "unit/fake_engine.h"

/// Measured sweeps of a small model on the fake engine, and their logs.
namespace mobilenet_cost::testing_support {

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
        lines.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return lines;
}

/// A path in a folder of this process, which is removed at the end.
class TestFolder {
  public:
    TestFolder()
        : path_(std::filesystem::temp_directory_path() / ("sweep_test." + std::to_string(getpid()))) {
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
    }
    ~TestFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    TestFolder(TestFolder&&) = delete;
    TestFolder& operator=(TestFolder&&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

/// The time of a pass depends on its network and on the round alone, so that a sweep in several parts sees
/// what one in a single part sees.
class SweepBench {
  public:
    SweepBench() {
        timing.engines = {"fake"};
        timing.rounds = 13;
        timing.max_seconds = 1e6;
        timing.precision = 1e-6;
        timing.confidence = 0.5;
        timing.between_runs = 0;
        timing.layers = false;
        fake.run = [this](const Network& network) {
            if (on_pass) on_pass(network);
            macs_ = static_cast<std::uint64_t>(total_cost(network).macs);
        };
        fake.slowness = [this] { return 1 + noise * jitter(); };
        fake.world.on_preflight = [this] {
            ++preflights;
            PreflightReadings readings;
            readings.loop = {.count = 1, .median_seconds = 1e-3};
            return classify_noise(readings);
        };
    }

    [[nodiscard]] SweepHooks hooks(RunLog* log = nullptr) {
        SweepHooks made;
        made.world = &fake.world;
        made.stop = &stop;
        made.log = log;
        made.progress = [this](const SweepProgress& progress) {
            round_ = progress.phase == SweepProgress::Phase::rounds ? progress.done : 0;
            if (on_progress) on_progress(progress);
        };
        return made;
    }

    [[nodiscard]] SweepRun plan() {
        std::vector<Variant> variants;
        for (const double alpha : alphas)
            variants.push_back({.alpha = alpha, .resolution = 32, .classes = 10});
        const Convention& convention = find_convention("paper");
        const SweepSettings settings{
            .data_type = DataType::f32, .convention = "paper", .alpha_scope = "published", .classes = 10};
        return plan_run(sweep(config, variants, convention), {"small"}, settings, timing, hooks());
    }

    void time(SweepRun& run, RunLog* log = nullptr) { time_sweep({config}, run, hooks(log)); }

    /// A whole run into a new log.
    SweepRun logged(const std::string& path) {
        SweepRun run = plan();
        RunLog log = RunLog::create(path);
        log.header(run);
        time(run, &log);
        return run;
    }

    /// Goes on with a log as the program does.
    SweepRun resumed(const std::string& path) {
        StoredRun stored = read_run_log(path);
        repair_run_log(path, stored);
        RunLog log = RunLog::append(path);
        time(stored.run, &log);
        return std::move(stored.run);
    }

    FakeBench fake;
    ModelConfig config = small_model();
    std::vector<double> alphas = {1, 0.5};
    SweepTiming timing;
    double noise = 0.3;
    std::atomic<bool> stop = false;
    std::function<void(const SweepProgress&)> on_progress;
    std::function<void(const Network&)> on_pass;
    int preflights = 0;

  private:
    /// In [0, 1), from the round and the network.
    [[nodiscard]] double jitter() const {
        std::uint64_t mixed = (macs_ * 1000 + static_cast<std::uint64_t>(round_)) * 0x9e3779b97f4a7c15U;
        mixed ^= mixed >> 32U;
        return static_cast<double>(mixed * 0xd6e8feb86659fd93U >> 11U) / 0x1p53;
    }

    std::int64_t round_ = 0;
    std::uint64_t macs_ = 0;
};

inline void expect_same_samples(const Measurement& a, const Measurement& b) {
    EXPECT_EQ(a.order, b.order);
    ASSERT_EQ(a.cells.size(), b.cells.size());
    for (std::size_t i = 0; i < a.cells.size(); ++i) {
        SCOPED_TRACE(i);
        EXPECT_EQ(a.cells[i].failure, b.cells[i].failure);
        EXPECT_EQ(a.cells[i].size, b.cells[i].size);
        ASSERT_EQ(a.cells[i].blocks.size(), b.cells[i].blocks.size());
        for (std::size_t j = 0; j < a.cells[i].blocks.size(); ++j) {
            EXPECT_EQ(a.cells[i].blocks[j].round, b.cells[i].blocks[j].round);
            EXPECT_EQ(a.cells[i].blocks[j].place, b.cells[i].blocks[j].place);
            EXPECT_NEAR(a.cells[i].blocks[j].seconds, b.cells[i].blocks[j].seconds, 1e-15);
            EXPECT_EQ(a.cells[i].blocks[j].pass_seconds.size(), b.cells[i].blocks[j].pass_seconds.size());
        }
    }
}

/// What a log gives back is what it was given, to the last bit.
inline void expect_same_measurement(const Measurement& a, const Measurement& b) {
    expect_same_samples(a, b);
    EXPECT_EQ(a.ended, b.ended);
    EXPECT_EQ(a.calibrated, b.calibrated);
    EXPECT_EQ(a.shortened, b.shortened);
    EXPECT_EQ(a.seconds, b.seconds);
    for (std::size_t i = 0; i < a.cells.size(); ++i) {
        SCOPED_TRACE(i);
        EXPECT_EQ(a.cells[i].warm_up, b.cells[i].warm_up);
        for (std::size_t j = 0; j < a.cells[i].blocks.size(); ++j) {
            EXPECT_EQ(a.cells[i].blocks[j].pass_seconds, b.cells[i].blocks[j].pass_seconds);
            EXPECT_EQ(a.cells[i].blocks[j].seconds, b.cells[i].blocks[j].seconds);
            EXPECT_EQ(a.cells[i].blocks[j].disturbance, b.cells[i].blocks[j].disturbance);
        }
    }
}

}  // namespace mobilenet_cost::testing_support

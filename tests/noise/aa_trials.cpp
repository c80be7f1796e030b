// How often a measured sweep calls equal cells different, and how often it finds a planted slowdown. Each
// trial is a sweep of its own, with sessions of its own, over three cells that are the same network: the
// base, its twin, and one that is slowed down. Run by scripts/aa_trials.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/sweep/plan.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/runner.h"

#include "wrapped_session.h"

namespace mobilenet_cost {
namespace {

/// Burns a part of each pass's own time after it.
class SlowedSession final : public WrappedSession {
  public:
    SlowedSession(std::unique_ptr<Session> session, double part)
        : WrappedSession(std::move(session)), part_(part) {}

    void run() override {
        const auto start = std::chrono::steady_clock::now();
        WrappedSession::run();
        const auto passed = std::chrono::steady_clock::now() - start;
        const auto end =
            start + passed + std::chrono::duration_cast<std::chrono::nanoseconds>(passed * part_);
        while (std::chrono::steady_clock::now() < end) {
        }
    }

  private:
    double part_;
};

/// Slows down the last of the sessions that a trial makes.
class PlantingEngine final : public Engine {
  public:
    PlantingEngine(std::shared_ptr<const Engine> engine, int* made, double part)
        : engine_(std::move(engine)), made_(made), part_(part) {}

    EngineInfo info() const override { return engine_->info(); }
    std::unique_ptr<Session> make_session(const Network& network, const Weights& weights,
                                          const SessionOptions& options) const override {
        auto session = engine_->make_session(network, weights, options);
        return std::make_unique<SlowedSession>(std::move(session), ++*made_ % 3 == 0 ? part_ : 0);
    }

  private:
    std::shared_ptr<const Engine> engine_;
    int* made_;
    double part_;
};

struct Trial {
    Estimate twin;
    Estimate slowed;
};

/// Time over the base's.
Estimate inverse(const Estimate& speedup) {
    Estimate slowdown{.value = 1 / speedup.value, .interval = speedup.interval};
    if (speedup.interval) {
        slowdown.interval->low = 1 / speedup.interval->high;
        slowdown.interval->high = 1 / speedup.interval->low;
    }
    return slowdown;
}

class PlantedWorld final : public EngineWorld {
  public:
    explicit PlantedWorld(double planted) : planted_(planted) {}
    Preflight preflight() override { return {}; }
    std::shared_ptr<const Engine> find_engine(const std::string& name) override {
        return std::make_shared<const PlantingEngine>(EngineWorld::find_engine(name), &made_, planted_);
    }

  private:
    double planted_;
    int made_ = 0;
};

/// Nothing when every round was disturbed.
std::optional<Trial> run_trial(const ModelConfig& config, const std::string& engine, std::int64_t rounds,
                               double planted, std::uint64_t seed) {
    const Variant variant{.alpha = 0.25, .resolution = 128};
    const Convention& paper = find_convention("paper");
    SweepTiming timing;
    timing.engines = {engine};
    timing.networks = {NetworkKind::separable};
    timing.rounds = rounds;
    timing.precision = 1e-6;  // all rounds, so that every trial has as many
    timing.seed = seed;
    timing.layers = false;
    timing.pin_cpu = allowed_cpus().back();
    PlantedWorld world(planted);
    SweepHooks hooks;
    hooks.world = &world;
    SweepRun run =
        plan_run(sweep(config, {variant, variant, variant}, paper), {config.name}, {}, timing, hooks);
    time_sweep({config}, run, hooks);
    const SweepResult result = evaluate(run);
    if (!result.points[1].speedup || !result.points[2].speedup) return std::nullopt;
    return Trial{inverse(*result.points[1].speedup), inverse(*result.points[2].speedup)};
}

/// Beyond the band on one side, with the whole interval.
bool differs(const Estimate& ratio, double band) {
    return ratio.interval && (ratio.interval->low > 1 + band || ratio.interval->high < 1 / (1 + band));
}

std::string text_of(const Estimate& ratio) {
    if (!ratio.interval) return fmt::format("{:.4f}", ratio.value);
    return fmt::format("{:.4f} [{:.4f}, {:.4f}]", ratio.value, ratio.interval->low, ratio.interval->high);
}

int run(const std::string& engine, int trials, std::int64_t rounds, double planted, double band) {
    const ModelConfig config = find_model("mobilenet_v1");
    int false_alarms = 0;
    int found = 0;
    std::vector<double> distances;
    std::vector<double> slowdowns;
    for (int i = 0; i < trials; ++i) {
        const auto trial = run_trial(config, engine, rounds, planted, static_cast<std::uint64_t>(i + 1));
        if (trial) {
            false_alarms += differs(trial->twin, band) ? 1 : 0;
            found += differs(trial->slowed, band) && trial->slowed.value > 1 ? 1 : 0;
            distances.push_back(std::abs(trial->twin.value - 1));
            slowdowns.push_back(trial->slowed.value - 1);
        }
        fmt::print(stderr, "{}/{}: twin {}, slowed {}\n", i + 1, trials,
                   trial ? text_of(trial->twin) : "disturbed", trial ? text_of(trial->slowed) : "disturbed");
    }
    const auto percent = [trials](int count) { return 100.0 * count / trials; };
    if (distances.empty()) {
        fmt::print(stderr,
                   "scripts/aa_trials: error: every round of every trial was disturbed by other processes\n");
        return 1;
    }
    fmt::print("{}: trials {} ({} disturbed throughout), rounds {}, different: beyond {:.1f} %\n", engine,
               trials, trials - static_cast<int>(distances.size()), rounds, 100 * band);
    fmt::print(
        "same network twice: different in {} ({:.1f} %); |ratio - 1| median {:.2f} %, 95 % below {:.2f} %\n",
        false_alarms, percent(false_alarms), 100 * median(distances), 100 * quantile(distances, 0.95));
    fmt::print(
        "planted {:+.1f} %: found in {} ({:.1f} %); measured median {:+.2f} %, 5 % to 95 %: {:+.2f} to "
        "{:+.2f} %\n",
        100 * planted, found, percent(found), 100 * median(slowdowns), 100 * quantile(slowdowns, 0.05),
        100 * quantile(slowdowns, 0.95));
    return 0;
}

}  // namespace
}  // namespace mobilenet_cost

/// aa_trials ENGINE TRIALS ROUNDS PLANTED BAND
int main(int argc, char** argv) {
    if (argc != 6) {
        fmt::print(stderr, "usage: aa_trials ENGINE TRIALS ROUNDS PLANTED BAND\n");
        return 2;
    }
    try {
        return mobilenet_cost::run(argv[1], std::atoi(argv[2]), std::atoll(argv[3]), std::atof(argv[4]),
                                   std::atof(argv[5]));
    } catch (const mobilenet_cost::Error& error) {
        fmt::print(stderr, "scripts/aa_trials: error: {}\n", error.what());
        return 2;
    }
}

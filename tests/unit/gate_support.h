#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mobilenet_cost/gate/child_process.h"
#include "mobilenet_cost/gate/gate.h"
#include "mobilenet_cost/gate/runner.h"
#include "mobilenet_cost/gate/worker.h"

#include "unit/fake_engine.h"

/// A gate whose two workers live in this process and run an engine without arithmetic.
namespace mobilenet_cost::testing_support {

/// A small network as a model file.
inline constexpr const char* kSmallModel = R"({
  "schema": "mobilenet-cost.model.v1", "name": "small", "title": "small", "description": "for tests",
  "sources": ["none"], "resolution": 64, "input_channels": 3, "alphas": [1], "resolutions": [64],
  "padding": "same", "rounding": {"rule": "truncate", "minimum": 8}, "activation": "relu6",
  "blocks": [
    {"kind": "conv", "name": "stem", "channels": 32, "kernel": 3, "stride": 2},
    {"kind": "depthwise_separable", "name": "one", "channels": 64, "kernel": 3, "stride": 1},
    {"kind": "depthwise_separable", "name": "two", "channels": 128, "kernel": 3, "stride": 2},
    {"kind": "pool", "name": "pool"},
    {"kind": "classifier", "name": "logits"}
  ]
})";

inline GateCell small_cell(double alpha = 1) {
    GateCell cell;
    cell.model = "small";
    cell.config = kSmallModel;
    cell.variant = {.alpha = alpha, .resolution = 32, .classes = 10};
    cell.engine = "fake";
    return cell;
}

/// One build.
struct FakeBuild {
    FakeBench bench;
    std::string break_with;           ///< said instead of an answer
    std::size_t break_at = SIZE_MAX;  ///< at this request, the first is 0
    std::function<std::string(const std::string& answer)> edit;
    NoiseSnapshot noise = {.steal_seconds = 0, .involuntary_switches = 0};  ///< so far

    FakeBuild() {
        bench.world.on_noise = [this] { return noise; };
    }
};

/// Reaches a worker by calling it.
class DirectLine final : public WorkerLine {
  public:
    explicit DirectLine(FakeBuild& build) : build_(build), worker_(build.bench.world) {}

    std::string exchange(const std::string& line, double, std::size_t) override {
        if (asked_++ >= build_.break_at) {
            if (build_.break_with.empty())
                throw ChildFailure(ChildFailure::Kind::ended, "was killed by signal 9 (Killed)");
            return build_.break_with;
        }
        const std::string answer = worker_.answer(line).value_or("");
        return build_.edit ? build_.edit(answer) : answer;
    }
    void finish(const std::string&) override {}

  private:
    FakeBuild& build_;
    Worker worker_;
    std::size_t asked_ = 0;
};

/// A gate of two fake builds on a clock that stands still.
struct FakeGate {
    FakeBuild base;
    FakeBuild head;
    FakeClock clock;
    std::vector<GateCell> cells = {small_cell()};
    GateSettings settings;
    NoiseVerdict noise = NoiseVerdict::quiet;
    std::atomic<bool> stop = false;

    FakeGate() { settings.block_seconds = 1e-3; }

    [[nodiscard]] GateRun run() {
        GateWorker base_worker("--base", "old", std::make_unique<DirectLine>(base), 1);
        GateWorker head_worker("--head", "new", std::make_unique<DirectLine>(head), 1);
        QuietWorld world(clock);
        world.on_preflight = [this] {
            Preflight preflight;
            preflight.verdict = noise;
            if (noise == NoiseVerdict::hopeless) preflight.reasons = {"usable: load", "hopeless: steal"};
            return preflight;
        };
        GateHooks hooks;
        hooks.world = &world;
        hooks.stop = &stop;
        return run_gate(base_worker, head_worker, cells, settings, hooks);
    }
};

}  // namespace mobilenet_cost::testing_support

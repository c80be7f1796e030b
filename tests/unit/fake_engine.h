#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mobilenet_cost/sweep/runner.h"

#include "unit/fake_world.h"

/// An engine without arithmetic, on a clock of its own: a pass takes 1 ns for each MAC.
namespace mobilenet_cost::testing_support {

/// Convolution, two separable blocks, pooling, classifier; native resolution 64.
inline ModelConfig small_model() {
    ModelConfig config;
    config.name = "small";
    config.resolution = 64;
    config.blocks = {
        {.name = "stem",
         .activation = Activation::relu6,
         .kind = ConvBlock{.channels = 32, .kernel = 3, .stride = 2}},
        {.name = "one", .activation = Activation::relu6, .kind = DepthwiseSeparableBlock{.channels = 64}},
        {.name = "two",
         .activation = Activation::relu6,
         .kind = DepthwiseSeparableBlock{.channels = 128, .stride = 2}},
        {.name = "pool", .kind = PoolBlock{}},
        {.name = "logits", .kind = ClassifierBlock{}},
    };
    std::vector<std::string> names;
    for (const Block& block : config.blocks)
        names.push_back(block.name);
    config.block_names = std::make_shared<const std::vector<std::string>>(std::move(names));
    return config;
}

struct FakeBench;

/// Its engines are one that is missing and the one of a FakeBench.
class FakeWorld final : public QuietWorld<EngineWorld> {
  public:
    FakeWorld(FakeBench& bench, Clock& clock) : QuietWorld(clock), bench_(bench) {}

    std::optional<std::int64_t> available_memory_bytes() override;
    std::vector<EngineStatus> engine_statuses() override;
    std::shared_ptr<const Engine> find_engine(const std::string& name) override;

  private:
    FakeBench& bench_;
};

/// What a test can turn: all empty is an engine that always works.
struct FakeBench {
    FakeClock clock;
    bool available = true;
    std::optional<std::int64_t> available_memory = std::int64_t{1} << 40;
    std::function<void(const Network&)> make;  ///< called when a session is made; may throw
    std::function<void(const Network&)> run;   ///< called in each pass; may throw
    std::function<double()> slowness;          ///< factor on every time
    std::vector<std::string> kernels;          ///< of the layers; empty: all the same
    SessionMemory memory = {.weight_bytes = 1024, .activation_bytes = 2048, .scratch_bytes = 1024};
    SessionRegions regions;  ///< empty: the engine does not tell
    int sessions = 0;        ///< how many were made

    FakeWorld world = FakeWorld(*this, clock);
    [[nodiscard]] SweepHooks hooks() {
        SweepHooks hooks;
        hooks.world = &world;
        return hooks;
    }
};

class FakeSession final : public Session {
  public:
    FakeSession(FakeBench& bench, const Network& network)
        : bench_(bench), network_(network), input_(static_cast<std::size_t>(element_count(network.input))) {}

    std::span<float> input() override { return input_; }

    void run() override {
        if (bench_.run) bench_.run(network_);
        const std::int64_t before = bench_.clock.nanoseconds;
        for (const Layer& layer : network_.layers)
            bench_.clock.nanoseconds += cost(layer);
        // A pooling layer alone: a pass that takes no time would be repeated without end.
        if (bench_.clock.nanoseconds == before) bench_.clock.nanoseconds += 1000;
    }

    /// The clock readings take another 10 % of the pass, outside the layers.
    void run_timed(std::span<std::int64_t> nanoseconds) override {
        const std::int64_t before = bench_.clock.nanoseconds;
        run();
        for (std::size_t i = 0; i < network_.layers.size(); ++i)
            nanoseconds[i] += cost(network_.layers[i]);
        bench_.clock.nanoseconds += (bench_.clock.nanoseconds - before) / 10;
    }

    std::vector<float> output() const override { return {}; }
    std::vector<float> layer_output(std::size_t) const override { return {}; }

    std::vector<std::string> kernels() const override {
        if (!bench_.kernels.empty()) return bench_.kernels;
        return std::vector<std::string>(network_.layers.size(), "fake kernel");
    }

    SessionMemory memory_use() const override { return bench_.memory; }
    SessionRegions regions() const override { return bench_.regions; }

  private:
    [[nodiscard]] std::int64_t cost(const Layer& layer) const {
        const auto macs = static_cast<double>(layer_cost(layer).macs);
        return std::llround(macs * (bench_.slowness ? bench_.slowness() : 1));
    }

    FakeBench& bench_;
    Network network_;
    std::vector<float> input_;
};

class FakeEngine final : public Engine {
  public:
    explicit FakeEngine(FakeBench& bench) : bench_(bench) {}

    EngineInfo info() const override {
        return {.name = "fake", .version = "1.0", .instruction_set = {}, .data_types = {"f32"}, .note = {}};
    }

    std::unique_ptr<Session> make_session(const Network& network, const Weights&,
                                          const SessionOptions&) const override {
        if (bench_.make) bench_.make(network);
        ++bench_.sessions;
        return std::make_unique<FakeSession>(bench_, network);
    }

  private:
    FakeBench& bench_;
};

inline std::optional<std::int64_t> FakeWorld::available_memory_bytes() {
    return bench_.available_memory;
}

inline std::vector<EngineStatus> FakeWorld::engine_statuses() {
    const EngineStatus absent{.name = "absent", .available = false, .reason = "not built", .info = {}};
    const EngineStatus fake{.name = "fake",
                            .available = bench_.available,
                            .reason = bench_.available ? "" : "not built",
                            .info = FakeEngine(bench_).info()};
    return {absent, fake};
}

inline std::shared_ptr<const Engine> FakeWorld::find_engine(const std::string&) {
    return std::make_shared<const FakeEngine>(bench_);
}

}  // namespace mobilenet_cost::testing_support

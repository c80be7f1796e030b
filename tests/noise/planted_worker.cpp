// `mobilenet-cost worker` with a slowdown planted in it; one side of the gates of scripts/gate_trials.
//
//     planted_worker MACS PART LAYER worker
//
// The network of so many MACs takes PART of its time longer: every layer, or the one called LAYER ("all" is
// every one). The time is really spent, in passes timed as a whole and layer by layer.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "mobilenet_cost/gate/parent_watch.h"
#include "mobilenet_cost/gate/worker.h"

#include "wrapped_session.h"

namespace mobilenet_cost {
namespace {

struct Plant {
    std::int64_t macs = 0;
    double part = 0;
    std::string layer = "all";
};

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void burn(std::int64_t from, double nanoseconds) {
    while (static_cast<double>(now() - from) < nanoseconds) {
    }
}

class SlowedSession final : public WrappedSession {
  public:
    SlowedSession(std::unique_ptr<Session> session, std::size_t layers, std::optional<std::size_t> slowed,
                  double part)
        : WrappedSession(std::move(session)), layers_(layers), slowed_(slowed), part_(part) {}

    void run() override {
        if (!share_) share_ = share_of_slowed();
        const std::int64_t start = now();
        WrappedSession::run();
        const std::int64_t end = now();
        burn(end, static_cast<double>(end - start) * part_ * *share_);
    }

    void run_timed(std::span<std::int64_t> nanoseconds) override {
        std::vector<std::int64_t> pass(layers_);
        WrappedSession::run_timed(pass);
        for (std::size_t i = 0; i < layers_; ++i) {
            const std::int64_t start = now();
            if (!slowed_ || *slowed_ == i) burn(start, static_cast<double>(pass[i]) * part_);
            const bool burned = (!slowed_ || *slowed_ == i) && pass[i] > 0;
            nanoseconds[i] += pass[i] + (burned ? now() - start : 0);
        }
    }

  private:
    /// Part of a pass that the slowed layers take.
    double share_of_slowed() {
        constexpr int kPasses = 50;
        if (!slowed_) return 1;
        std::vector<std::int64_t> sum(layers_);
        for (int pass = 0; pass < kPasses; ++pass)
            WrappedSession::run_timed(sum);
        return static_cast<double>(sum[*slowed_]) /
               static_cast<double>(std::accumulate(sum.begin(), sum.end(), std::int64_t{0}));
    }

    std::size_t layers_;
    std::optional<std::size_t> slowed_;  // nothing: all
    double part_;
    std::optional<double> share_;
};

class PlantingEngine final : public Engine {
  public:
    PlantingEngine(std::shared_ptr<const Engine> engine, const Plant& plant)
        : engine_(std::move(engine)), plant_(plant) {}

    EngineInfo info() const override { return engine_->info(); }

    /// Every network gets the same wrapping, so that nothing but the planted time differs.
    std::unique_ptr<Session> make_session(const Network& network, const Weights& weights,
                                          const SessionOptions& options) const override {
        const bool planted = total_cost(network).macs == plant_.macs;
        std::optional<std::size_t> layer;
        if (planted && plant_.layer != "all") layer = find_layer(network, plant_.layer);
        return std::make_unique<SlowedSession>(engine_->make_session(network, weights, options),
                                               network.layers.size(), layer, planted ? plant_.part : 0);
    }

  private:
    std::shared_ptr<const Engine> engine_;
    Plant plant_;
};

class PlantedWorld final : public EngineWorld {
  public:
    explicit PlantedWorld(const Plant& plant) : plant_(plant) {}
    std::shared_ptr<const Engine> find_engine(const std::string& name) override {
        return std::make_shared<const PlantingEngine>(EngineWorld::find_engine(name), plant_);
    }

  private:
    Plant plant_;
};

int run(int argc, char** argv) {
    if (argc != 5 || std::string(argv[4]) != "worker") {
        fmt::print(stderr, "usage: planted_worker MACS PART LAYER worker\n");
        return 2;
    }
    const Plant plant = {.macs = std::atoll(argv[1]), .part = std::atof(argv[2]), .layer = argv[3]};
    PlantedWorld world(plant);
    end_with_parent(STDOUT_FILENO);
    return run_worker(std::cin, std::cout, world);
}

}  // namespace
}  // namespace mobilenet_cost

int main(int argc, char** argv) {
    return mobilenet_cost::run(argc, argv);
}

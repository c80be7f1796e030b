// An engine module without arithmetic, for tests of whole sweeps: it takes the place of XNNPACK's. A pass
// takes 0.1 ns for each multiply-accumulate, spent waiting for the clock. The environment can make it worse:
//
//     FAKE_ENGINE_FAIL=MACS:PASS      the network of so many MACs throws at that pass, the first is 0
//     FAKE_ENGINE_BURN=MACS:PERCENT   the network of so many MACs takes so much longer

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "mobilenet_cost/engine/engine.h"

namespace mobilenet_cost {
namespace {

constexpr double kNanosecondsPerMac = 0.1;

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// The number behind the colon of a variable, if the one before it is `macs`.
std::optional<std::int64_t> setting(const char* variable, std::int64_t macs) {
    const char* text = std::getenv(variable);
    if (text == nullptr) return std::nullopt;
    const std::string value = text;
    const std::size_t colon = value.find(':');
    if (std::stoll(value.substr(0, colon)) != macs) return std::nullopt;
    return std::stoll(value.substr(colon + 1));
}

class FakeSession final : public Session {
  public:
    explicit FakeSession(const Network& network)
        : input_(static_cast<std::size_t>(element_count(network.input))) {
        std::int64_t macs = 0;
        for (const Layer& layer : network.layers) {
            layers_.push_back(layer_cost(layer).macs);
            macs += layers_.back();
        }
        fails_at_ = setting("FAKE_ENGINE_FAIL", macs);
        slowness_ += static_cast<double>(setting("FAKE_ENGINE_BURN", macs).value_or(0)) / 100;
    }

    std::span<float> input() override { return input_; }

    void run() override {
        std::vector<std::int64_t> nanoseconds(layers_.size());
        run_timed(nanoseconds);
    }

    void run_timed(std::span<std::int64_t> nanoseconds) override {
        if (passes_++ == fails_at_) throw std::runtime_error("the fake engine was told to fail");
        double end = static_cast<double>(now());
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            const std::int64_t begin = now();
            end += static_cast<double>(layers_[i]) * kNanosecondsPerMac * slowness_;
            while (static_cast<double>(now()) < end) {
            }
            nanoseconds[i] += now() - begin;
        }
    }

    std::vector<float> output() const override { return {}; }
    std::vector<float> layer_output(std::size_t) const override { return {}; }
    std::vector<std::string> kernels() const override {
        return std::vector<std::string>(layers_.size(), "wait");
    }
    /// The input alone, twenty times: more than any of these networks needs on paper.
    SessionMemory memory_use() const override {
        return {.activation_bytes = static_cast<std::int64_t>(20 * sizeof(float) * input_.size())};
    }
    SessionRegions regions() const override { return {}; }

  private:
    std::vector<float> input_;
    std::vector<std::int64_t> layers_;  // MACs
    double slowness_ = 1;
    std::int64_t passes_ = 0;
    std::optional<std::int64_t> fails_at_;
};

class FakeEngine final : public Engine {
  public:
    EngineInfo info() const override {
        return {
            .name = "xnnpack", .version = "fake", .instruction_set = {}, .data_types = {"f32"}, .note = {}};
    }

    std::unique_ptr<Session> make_session(const Network& network, const Weights&,
                                          const SessionOptions&) const override {
        return std::make_unique<FakeSession>(network);
    }
};

}  // namespace
}  // namespace mobilenet_cost

MOBILENET_COST_ENGINE_MODULE(FakeEngine)

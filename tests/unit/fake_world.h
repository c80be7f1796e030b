#pragma once

#include <cstdint>
#include <functional>

#include "mobilenet_cost/engine/world.h"

namespace mobilenet_cost::testing_support {

class FakeClock final : public Clock {
  public:
    std::int64_t now() override { return nanoseconds; }
    std::int64_t resolution() override { return 1; }

    std::int64_t nanoseconds = 0;
};

/// A World or EngineWorld on the test's clock; it is quiet unless the test says otherwise.
template <typename Base = World>
class QuietWorld : public Base {
  public:
    explicit QuietWorld(Clock& clock) : clock_(clock) {}

    Clock& clock() override { return clock_; }
    NoiseSnapshot noise() override { return on_noise(); }
    Preflight preflight() override { return on_preflight(); }

    std::function<NoiseSnapshot()> on_noise = [] {
        return NoiseSnapshot{.steal_seconds = 0, .involuntary_switches = 0};
    };
    std::function<Preflight()> on_preflight = [] { return Preflight{}; };

  private:
    Clock& clock_;
};

}  // namespace mobilenet_cost::testing_support

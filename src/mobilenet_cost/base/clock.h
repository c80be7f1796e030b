#pragma once

#include <cstdint>

namespace mobilenet_cost {

constexpr double kNanosecond = 1e-9;

/// Source of time; tests have their own.
class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual std::int64_t now() = 0;         ///< nanoseconds from any start, never going back
    [[nodiscard]] virtual std::int64_t resolution() = 0;  ///< smallest step, nanoseconds
};

/// std::chrono::steady_clock; its resolution is measured, because the type promises more.
class SteadyClock final : public Clock {
  public:
    [[nodiscard]] std::int64_t now() override;
    [[nodiscard]] std::int64_t resolution() override;
};

/// How long something takes, from the moment it is made. The clock must live as long.
class Stopwatch {
  public:
    explicit Stopwatch(Clock& clock) : clock_(&clock), start_(clock.now()) {}
    [[nodiscard]] double seconds() const { return static_cast<double>(clock_->now() - start_) * kNanosecond; }

  private:
    Clock* clock_;
    std::int64_t start_;
};

}  // namespace mobilenet_cost

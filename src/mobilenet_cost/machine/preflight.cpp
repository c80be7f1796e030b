#include "mobilenet_cost/machine/preflight.h"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/machine/ping_pong.h"

namespace mobilenet_cost {
namespace {

/// A chain of multiplications that the compiler can neither shorten nor leave out: nothing but the core's own
/// clock and what takes the core away changes its time.
void integer_work(std::int64_t steps) {
    std::uint64_t state = 1;
    for (std::int64_t step = 0; step < steps; ++step) {
        state = state * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX generator
        asm volatile("" : "+r"(state));
    }
}

double timed_work(Clock& clock, std::int64_t steps) {
    const Stopwatch watch(clock);
    integer_work(steps);
    return watch.seconds();
}

/// Steps that take about `seconds`. From the quickest of a few trials: one that was interrupted would make
/// the loops too short.
std::int64_t calibrated_steps(Clock& clock, double seconds) {
    constexpr std::int64_t kTrialSteps = 100'000;
    constexpr std::int64_t kMostSteps = 100'000'000;
    double quickest = timed_work(clock, kTrialSteps);
    for (int trial = 0; trial < 4; ++trial)
        quickest = std::min(quickest, timed_work(clock, kTrialSteps));
    if (quickest <= 0) return kTrialSteps;
    const double steps = static_cast<double>(kTrialSteps) * seconds / quickest;
    return std::clamp(static_cast<std::int64_t>(steps), std::int64_t{1}, kMostSteps);
}

std::vector<double> timed_loops(Clock& clock, const PreflightSettings& settings) {
    const std::int64_t steps = calibrated_steps(clock, settings.loop_seconds);
    std::vector<double> seconds;
    double total = 0;
    while (static_cast<std::int64_t>(seconds.size()) < settings.loops && total < settings.max_seconds) {
        seconds.push_back(timed_work(clock, steps));
        total += seconds.back();
    }
    return seconds;
}

/// Collects the worst verdict and the reasons for it.
class Judge {
  public:
    explicit Judge(Preflight& result) : result_(result) {}

    void limit(double value, NoiseLimit limit, const std::string& reason) {
        if (value <= limit.quiet) return;
        add(value <= limit.usable ? NoiseVerdict::usable : NoiseVerdict::hopeless, reason);
    }

    void at_most(double value, double quiet, const std::string& reason) {
        if (value > quiet) add(NoiseVerdict::usable, reason);
    }

  private:
    void add(NoiseVerdict verdict, const std::string& reason) {
        result_.verdict = std::max(result_.verdict, verdict);
        result_.reasons.push_back(fmt::format("{}: {}", noise_verdict_name(verdict), reason));
    }

    Preflight& result_;
};

std::optional<double> one_minute_load() {
    const auto load = read_machine().load_average;
    return load ? std::optional(load->front()) : std::nullopt;
}

}  // namespace

LoopJitter loop_jitter(const std::vector<double>& seconds) {
    const double centre = median(seconds);
    LoopJitter jitter{.count = static_cast<std::int64_t>(seconds.size()), .median_seconds = centre};
    if (centre <= 0) return jitter;
    jitter.p95_over_median = quantile(seconds, 0.95) / centre;
    jitter.max_over_median = *std::max_element(seconds.begin(), seconds.end()) / centre;
    return jitter;
}

Preflight classify_noise(const PreflightReadings& readings) {
    Preflight result;
    result.readings = readings;
    Judge judge(result);
    const auto cpus = static_cast<double>(std::max<std::int64_t>(readings.cpus, 1));
    if (readings.load_average) {
        judge.at_most(
            *readings.load_average / cpus, kQuietLoadPerCpu,
            fmt::format("load average {:.2f} on {} CPUs in the last minute, quiet is at most {:.2f}",
                        *readings.load_average, readings.cpus, kQuietLoadPerCpu * cpus));
    }
    if (readings.steal_share) {
        judge.limit(*readings.steal_share, kStealLimit,
                    fmt::format("the hypervisor took {:.1f} % of the CPU time, quiet is at most {:.1f} %",
                                100 * *readings.steal_share, 100 * kStealLimit.quiet));
    }
    if (readings.involuntary_switches_per_s) {
        judge.limit(*readings.involuntary_switches_per_s, kSwitchLimit,
                    fmt::format("preempted {:.0f} times a second, quiet is at most {:.0f}",
                                *readings.involuntary_switches_per_s, kSwitchLimit.quiet));
    }
    judge.limit(
        readings.clock_resolution_seconds, kClockLimit,
        fmt::format("the clock's step is {}, quiet is at most {}",
                    seconds_text(readings.clock_resolution_seconds), seconds_text(kClockLimit.quiet)));
    judge.limit(readings.loop.p95_over_median, kLoopP95Limit,
                fmt::format("one fixed loop in twenty takes {:.2f} times the median, quiet is at most {:.2f}",
                            readings.loop.p95_over_median, kLoopP95Limit.quiet));
    judge.at_most(readings.loop.max_over_median, kQuietLoopMax,
                  fmt::format("the slowest fixed loop took {:.1f} times the median, quiet is at most {:.1f}",
                              readings.loop.max_over_median, kQuietLoopMax));
    return result;
}

Preflight run_preflight(Clock& clock, const PreflightSettings& settings) {
    PreflightReadings readings;
    const std::vector<int> cpus = allowed_cpus();
    readings.cpus = std::max<std::int64_t>(static_cast<std::int64_t>(cpus.size()), 1);
    readings.load_average = one_minute_load();
    readings.clock_resolution_seconds = static_cast<double>(clock.resolution()) * kNanosecond;
    const Stopwatch watch(clock);
    const NoiseSnapshot before = read_noise();
    readings.loop = loop_jitter(timed_loops(clock, settings));
    const NoiseSnapshot noise = read_noise() - before;
    readings.seconds = watch.seconds();
    if (readings.seconds > 0) {
        // Steal is counted over all CPUs of the machine, of which this process may have only some.
        const auto online = static_cast<double>(std::max<std::int64_t>(sysconf(_SC_NPROCESSORS_ONLN), 1));
        if (noise.steal_seconds)
            readings.steal_share = std::min(*noise.steal_seconds / (readings.seconds * online), 1.0);
        if (noise.involuntary_switches)
            readings.involuntary_switches_per_s =
                static_cast<double>(*noise.involuntary_switches) / readings.seconds;
    }
    if (settings.ping_pong && cpus.size() > 1)
        readings.ping_pong_seconds = ping_pong_seconds(cpus.front(), cpus.back());
    return classify_noise(readings);
}

Preflight run_preflight(const PreflightSettings& settings) {
    SteadyClock clock;
    return run_preflight(clock, settings);
}

}  // namespace mobilenet_cost

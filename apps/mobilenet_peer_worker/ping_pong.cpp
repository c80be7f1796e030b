#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/error.h"
#include "mobilenet_cost/machine.h"
#include "mobilenet_cost/stats.h"

#include "hardware.h"

namespace mobilenet_cost::peer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRoundTripsInBatch = 100;  // some 10 us: the clock's 25 ns do not matter

/// A line of its own: neighbours in the same line would travel with it.
struct alignas(128) Line {
    std::atomic<std::int64_t> value{0};
};

/// Waits for every odd value and answers with the even one after it, until the last.
void answer(Line& line, int cpu, std::int64_t last) {
    const auto pin = pin_to_cpu(cpu);
    for (std::int64_t next = 1; next < last; next += 2) {
        while (line.value.load(std::memory_order_acquire) != next) {
        }
        line.value.store(next + 1, std::memory_order_release);
    }
}

double time_batch(Line& line, std::int64_t& next) {
    const auto start = Clock::now();
    for (int trip = 0; trip < kRoundTripsInBatch; ++trip, next += 2) {
        line.value.store(next, std::memory_order_release);
        while (line.value.load(std::memory_order_acquire) != next + 1) {
        }
    }
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / kRoundTripsInBatch;
}

}  // namespace

int cpu_for(int index, int count) {
    const std::vector<int> cpus = allowed_cpus();
    const auto needed = static_cast<std::size_t>(count);
    if (cpus.size() < needed) {
        fail("threads",
             fmt::format("expected at most one for each of {} CPUs, found {}", cpus.size(), count));
    }
    return cpus[cpus.size() - needed + static_cast<std::size_t>(index)];
}

double measure_ping_pong(std::int64_t batches) {
    const int here = cpu_for(1, 2);
    const int there = cpu_for(0, 2);
    Line line;
    std::thread other([&] { answer(line, there, 2 * batches * kRoundTripsInBatch); });
    const auto pin = pin_to_cpu(here);  // after the thread has started: it would inherit the restriction
    std::vector<double> times;
    std::int64_t next = 1;
    for (std::int64_t batch = 0; batch < batches; ++batch)
        times.push_back(time_batch(line, next));
    other.join();
    return median(times);
}

}  // namespace mobilenet_cost::peer

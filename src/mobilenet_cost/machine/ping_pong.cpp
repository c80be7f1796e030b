#include "mobilenet_cost/machine/ping_pong.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <thread>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/machine/machine.h"

namespace mobilenet_cost {
namespace {

using SteadyTime = std::chrono::steady_clock;

constexpr int kBatches = 16;
constexpr std::int64_t kTrips = 500;  // of a batch: 50 to 250 us, well below a time slice
constexpr std::int64_t kStop = -1;
constexpr int kSpins = 1 << 16;  // before the waiting side lets others run

/// The ball: even numbers are the first side's turn. Alone on its cache lines (two, for the prefetcher of
/// pairs).
struct alignas(128) Ball {
    std::atomic<std::int64_t> value{0};
};

/// Spins until the ball is `wanted`; false: the other side gave up.
bool await(const Ball& ball, std::int64_t wanted) {
    for (int spins = 0;;) {
        const std::int64_t value = ball.value.load(std::memory_order_acquire);
        if (value == wanted) return true;
        if (value == kStop) return false;
        if (++spins >= kSpins) {  // the other side does not run: another process may need this CPU to finish
            std::this_thread::yield();
            spins = 0;
        }
    }
}

void answer(Ball& ball, std::atomic<int>& ready, int cpu) {
    try {
        const auto pin = pin_to_cpu(cpu);
        ready = 1;
        for (std::int64_t turn = 1; await(ball, turn); turn += 2)
            ball.value.store(turn + 1, std::memory_order_release);
    } catch (const Error&) {
        ready = -1;
    }
}

double batch_seconds(Ball& ball, std::int64_t& turn) {
    const auto start = SteadyTime::now();
    for (std::int64_t trip = 0; trip < kTrips; ++trip, turn += 2) {
        ball.value.store(turn + 1, std::memory_order_release);
        await(ball, turn + 2);
    }
    return std::chrono::duration<double>(SteadyTime::now() - start).count();
}

double play(Ball& ball, double most_seconds) {
    const auto deadline = SteadyTime::now() + std::chrono::duration<double>(most_seconds);
    std::int64_t turn = 0;
    double least = batch_seconds(ball, turn);
    for (int batch = 1; batch < kBatches && SteadyTime::now() < deadline; ++batch)
        least = std::min(least, batch_seconds(ball, turn));
    return least / static_cast<double>(kTrips);
}

}  // namespace

std::optional<double> ping_pong_seconds(int first_cpu, int second_cpu, double most_seconds) {
    if (first_cpu == second_cpu) return std::nullopt;
    Ball ball;
    std::atomic<int> ready = 0;
    // Started first: pinned, it would inherit this side's CPU and could not leave it.
    std::thread partner;
    try {
        partner = std::thread(answer, std::ref(ball), std::ref(ready), second_cpu);
    } catch (const std::system_error&) {
        return std::nullopt;  // no further thread is allowed
    }
    std::optional<double> seconds;
    try {
        const auto pin = pin_to_cpu(first_cpu);
        while (ready == 0)
            std::this_thread::yield();
        if (ready == 1) seconds = play(ball, most_seconds);
    } catch (const Error&) {
        seconds.reset();
    }
    ball.value = kStop;
    partner.join();
    return seconds;
}

}  // namespace mobilenet_cost

#include "interrupt.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "atomic_file.h"

namespace mobilenet_cost::app {
namespace {

constexpr std::string_view kTimeOver =
    "mobilenet-cost: error: the processor time that ulimit -t allows is over\n";

std::atomic<bool> interrupted = false;
std::atomic<bool> time_over = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");

void on_interrupt(int) {
    interrupted = true;
    std::signal(SIGINT, SIG_DFL);
}

void on_time_over_at_once(int) {
    remove_temporaries();
    (void)!write(STDERR_FILENO, kTimeOver.data(), kTimeOver.size());
    _exit(1);
}

/// The clock rings again where the run did not end meanwhile.
void on_time_over(int signal) {
    if (time_over) on_time_over_at_once(signal);
    time_over = true;
    interrupted = true;
}

void on_processor_time(void (*handler)(int)) {
    std::signal(SIGPROF, handler);
    std::signal(SIGXCPU, handler);
}

timeval time_of(double seconds) {
    const double above_zero = std::max(seconds, 1e-3);  // zero would stop the clock
    const auto whole = static_cast<time_t>(above_zero);
    return {.tv_sec = whole,
            .tv_usec = static_cast<suseconds_t>((above_zero - static_cast<double>(whole)) * 1e6)};
}

/// Where the soft limit is the hard one, as `ulimit -t` sets them, the system kills without a signal that
/// could be caught: a clock rings before.
void ring_before_time_is_over() {
    constexpr double kShare = 0.2;
    constexpr double kMostSeconds = 5;
    rlimit limit{};
    if (getrlimit(RLIMIT_CPU, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
    const auto most = static_cast<double>(limit.rlim_cur);
    const double used = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    const double reserve = std::min(kShare * most, kMostSeconds);
    const itimerval timer{.it_interval = time_of(reserve / 2), .it_value = time_of(most - reserve - used)};
    setitimer(ITIMER_PROF, &timer, nullptr);
}

}  // namespace

void obey_limits() {
    std::signal(SIGXFSZ, SIG_IGN);
    on_processor_time(on_time_over_at_once);
    ring_before_time_is_over();
}

const std::atomic<bool>& catch_interrupt() {
    std::signal(SIGINT, on_interrupt);
    on_processor_time(on_time_over);
    return interrupted;
}

bool is_time_over() {
    return time_over;
}

}  // namespace mobilenet_cost::app

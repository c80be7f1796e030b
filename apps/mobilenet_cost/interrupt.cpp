#include "interrupt.h"

#include <csignal>

namespace mobilenet_cost::app {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");

void on_interrupt(int) {
    interrupted = true;
    std::signal(SIGINT, SIG_DFL);
}

}  // namespace

const std::atomic<bool>& catch_interrupt() {
    std::signal(SIGINT, on_interrupt);
    return interrupted;
}

}  // namespace mobilenet_cost::app

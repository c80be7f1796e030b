#include "mobilenet_cost/gate/parent_watch.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace mobilenet_cost {
namespace {

constexpr int kAbandoned = 1;  ///< exit status; nobody is left to read it

#if defined(__linux__)

volatile std::sig_atomic_t parent = 0;

/// Also sent when only the thread ends that started us. Any other parent is one that has adopted us.
void on_parent_end(int) {
    if (getppid() != parent) _exit(kAbandoned);
}

void watch_parent() {
    parent = getppid();
    struct sigaction action = {};
    action.sa_handler = on_parent_end;
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR2, &action, nullptr);
    prctl(PR_SET_PDEATHSIG, SIGUSR2);
    on_parent_end(SIGUSR2);  // it may have ended before it was watched
}

#else

void watch_parent() {}

#endif

bool is_socket(int descriptor) {
    struct stat status = {};
    return fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

/// No events are asked for: poll() then returns for nothing but an end.
[[noreturn]] void wait_for_end(int answers, int requests) {
    std::array<pollfd, 2> watched = {
        {{.fd = answers, .events = 0, .revents = 0}, {.fd = requests, .events = 0, .revents = 0}}};
    while (poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) {
    }
    _exit(kAbandoned);
}

}  // namespace

void end_with_parent(int answers) {
    watch_parent();
    const int requests = is_socket(STDIN_FILENO) ? STDIN_FILENO : -1;
    try {
        std::thread(wait_for_end, answers, requests).detach();
    } catch (const std::system_error&) {  // no thread to be had: the parent is watched all the same
    }
}

}  // namespace mobilenet_cost

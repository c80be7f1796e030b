#include "mobilenet_cost/base/thread_limits.h"

#include <latch>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>

namespace mobilenet_cost {
namespace {

/// As glibc's where there is no limit; kernels and what calls them need some hundred KiB.
constexpr std::size_t kStackBytes = std::size_t{2} << 20U;

void set_stack_bytes() {
#ifdef __GLIBC__
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStackBytes);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
#endif
}

}  // namespace

std::string thread_refusal(int threads) {
    set_stack_bytes();
    std::latch end(1);
    std::vector<std::jthread> made;
    std::string refusal;
    try {
        for (int i = 0; i < threads; ++i)
            made.emplace_back([&end] { end.wait(); });
    } catch (const std::system_error& error) {
        refusal = fmt::format("{} of {} threads could be started: {}", made.size() + 1, threads + 1,
                              error.code().message());
    }
    end.count_down();
    return refusal;
}

void run_with_stack(const std::function<void()>& work) {
    rlimit limit{};
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= kStackBytes) return work();
    set_stack_bytes();
    std::thread(work).join();
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/engine/thread_limit.h"

#include <algorithm>
#include <thread>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {

void check_threads(const std::string& engine, int threads) {
    if (threads < 1) fail(engine, "the number of threads must be at least 1");
    const int most = std::max(64, 4 * static_cast<int>(std::thread::hardware_concurrency()));
    if (threads > most) {
        fail(engine,
             "runs on at most " + std::to_string(most) + " threads here, not on " + std::to_string(threads));
    }
}

}  // namespace mobilenet_cost

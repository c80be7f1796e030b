#include "mobilenet_cost/engine/native/threads.h"

#include <string>

#include <pthreadpool.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {

namespace {

void run_one(void* context, std::size_t task) {
    static_cast<const NativeStep*>(context)->run(static_cast<std::int64_t>(task));
}

void run_body(void* context, std::size_t) {
    (*static_cast<const std::function<void()>*>(context))();
}

}  // namespace

NativeThreads::NativeThreads(int threads) : threads_(threads) {
    if (threads == 1) return;
    pool_ = {pthreadpool_create(static_cast<std::size_t>(threads)), pthreadpool_destroy};
    if (!pool_) fail("native", "could not start " + std::to_string(threads) + " threads");
}

// One item without a pool runs on the calling thread; pthreadpool sets how denormal numbers count meanwhile.
void NativeThreads::pass(const std::function<void()>& body) const {
    pthreadpool_parallelize_1d(nullptr, run_body, const_cast<std::function<void()>*>(&body), 1,
                               PTHREADPOOL_FLAG_DISABLE_DENORMALS);
}

void NativeThreads::execute(const NativeStep& step, bool last) const {
    if (!pool_ || step.tasks == 1) {
        for (std::int64_t task = 0; task < step.tasks; ++task)
            step.run(task);
    } else {
        pthreadpool_parallelize_1d(
            pool_.get(), run_one, const_cast<NativeStep*>(&step), static_cast<std::size_t>(step.tasks),
            PTHREADPOOL_FLAG_DISABLE_DENORMALS | (last ? PTHREADPOOL_FLAG_YIELD_WORKERS : 0U));
    }
    if (pool_ && last && step.tasks == 1) {
        pthreadpool_parallelize_1d(
            pool_.get(), [](void*, std::size_t) {}, nullptr, static_cast<std::size_t>(threads_),
            PTHREADPOOL_FLAG_YIELD_WORKERS);
    }
}

}  // namespace mobilenet_cost

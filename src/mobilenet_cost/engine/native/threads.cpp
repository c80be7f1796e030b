#include "mobilenet_cost/engine/native/threads.h"

#include <string>

#include <pthreadpool.h>

#include "mobilenet_cost/base/error.h"

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace mobilenet_cost {

namespace {

// ThreadSanitizer does not see the barriers of pthreadpool, which is not instrumented: what a thread did
// before one of them happens before what another does behind it.
void barrier_passed([[maybe_unused]] const NativeStep& step) {
#ifdef __SANITIZE_THREAD__
    __tsan_acquire(const_cast<NativeStep*>(&step));
#endif
}

void barrier_reached([[maybe_unused]] const NativeStep& step) {
#ifdef __SANITIZE_THREAD__
    __tsan_release(const_cast<NativeStep*>(&step));
#endif
}

void run_one(void* context, std::size_t task) {
    const NativeStep& step = *static_cast<const NativeStep*>(context);
    barrier_passed(step);
    step.run(static_cast<std::int64_t>(task));
    barrier_reached(step);
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
        barrier_reached(step);
        pthreadpool_parallelize_1d(
            pool_.get(), run_one, const_cast<NativeStep*>(&step), static_cast<std::size_t>(step.tasks),
            PTHREADPOOL_FLAG_DISABLE_DENORMALS | (last ? PTHREADPOOL_FLAG_YIELD_WORKERS : 0U));
        barrier_passed(step);
    }
    if (pool_ && last && step.tasks == 1) {
        pthreadpool_parallelize_1d(
            pool_.get(), [](void*, std::size_t) {}, nullptr, static_cast<std::size_t>(threads_),
            PTHREADPOOL_FLAG_YIELD_WORKERS);
    }
}

}  // namespace mobilenet_cost

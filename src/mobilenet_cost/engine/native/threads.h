#pragma once

#include <functional>
#include <memory>

#include "mobilenet_cost/engine/native/steps.h"

struct pthreadpool;

namespace mobilenet_cost {

/// The threads of one session. While they compute, denormal numbers count as zero.
class NativeThreads {
  public:
    /// Throws Error if they cannot be started.
    explicit NativeThreads(int threads);

    /// Calls `body`, which may call execute(), on this thread.
    void pass(const std::function<void()>& body) const;

    /// Every task of a step. The last step of a pass sends the threads to sleep: they would go on waiting
    /// awake for some 10 ms, at the expense of whatever runs next.
    void execute(const NativeStep& step, bool last) const;

  private:
    int threads_;
    std::shared_ptr<pthreadpool> pool_;  // null for one thread
};

}  // namespace mobilenet_cost

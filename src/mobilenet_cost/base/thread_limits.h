#pragma once

#include <functional>
#include <string>

namespace mobilenet_cost {

/// Why so many threads cannot run beside those there are; empty: they can, and did for a moment. Libraries
/// that make threads do not all notice that they got none, and wait for them for ever. From now on a thread
/// whose stack nobody chose gets 2 MiB, whatever `ulimit -s` says.
[[nodiscard]] std::string thread_refusal(int threads);

/// Does the work in this thread or, where `ulimit -s` gives it less than 2 MiB of stack, in one that has that
/// much.
void run_with_stack(const std::function<void()>& work);

}  // namespace mobilenet_cost

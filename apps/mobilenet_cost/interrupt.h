#pragma once

#include <atomic>

namespace mobilenet_cost::app {

/// What `ulimit` allows ends in a sentence and not in a signal: a file that would grow beyond `-f` cannot be
/// written, and shortly before the processor time of `-t` is over the program says so and exits with 1.
void obey_limits();

/// From now on the first Ctrl-C sets the flag, so that the run ends after its current round; a second one
/// kills. The end of the processor time sets it, too.
const std::atomic<bool>& catch_interrupt();

/// Whether that was why.
[[nodiscard]] bool is_time_over();

}  // namespace mobilenet_cost::app

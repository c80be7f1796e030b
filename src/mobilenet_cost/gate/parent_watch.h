#pragma once

namespace mobilenet_cost {

/// From now on this process ends, in the middle of whatever it does, within a moment of
/// - its parent's end (Linux only): a wrapper with pipes of its own may still hold ours open;
/// - the end of whoever reads `answers`, or of the other side of a socket that is standard input.
/// An input that is a pipe or a file may end long before its last answer is ready, and ends nothing.
/// A thread that sleeps until then takes no time from what is measured.
void end_with_parent(int answers);

}  // namespace mobilenet_cost

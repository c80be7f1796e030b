#pragma once

#include <string>

namespace mobilenet_cost::peer {

/// What the cores reach with nothing but multiply-adds in registers: a limit for direct and GEMM convolution.
struct PeakFlops {
    double flops_per_second = 0;  ///< f32, sum over the threads; 1 multiply-add = 2 FLOPs
    double core_hertz = 0;        ///< of the fastest thread's core while it ran
    std::string instruction_set;  ///< of the kernel that was chosen at run time
};

/// `threads` threads, each alone on one of the last allowed CPUs, for about `seconds`.
/// Throws Error when there are fewer CPUs, or no kernels for this one.
[[nodiscard]] PeakFlops measure_peak(int threads, double seconds);

/// The CPU for the `index`-th of `count` threads: the last allowed ones, because the first is busiest with
/// interrupts and with the program that asks. Throws Error when there are fewer CPUs.
[[nodiscard]] int cpu_for(int index, int count);

}  // namespace mobilenet_cost::peer

#include "mobilenet_cost/machine/peaks.h"

#include "mobilenet_cost/base/plugin.h"

namespace mobilenet_cost {

std::uint64_t dependent_adds(std::int64_t count) {
    constexpr std::int64_t kUnrolled = 16;  // the loop's own additions hide behind the chain
    std::uint64_t sum = 0;
    std::uint64_t addend = 3;
    asm volatile("" : "+r"(addend));
    for (std::int64_t turn = 0; turn < count / kUnrolled; ++turn) {
#pragma GCC unroll 16
        for (std::int64_t i = 0; i < kUnrolled; ++i) {
            sum += addend;
            asm volatile("" : "+r"(sum), "+r"(addend));
        }
    }
    return sum;
}

PeakKernelsStatus find_peak_kernels() {
    const auto [kernels, reason] =
        open_plugin<const PeakKernels*>(kProbePlugins, "peaks", "mobilenet_cost_peaks", kPeaksInterface);
    return {kernels, reason};
}

}  // namespace mobilenet_cost

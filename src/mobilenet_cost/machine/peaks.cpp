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
    const Plugin plugin = open_plugin(kProbePlugins, "peaks", "mobilenet_cost_peaks");
    if (plugin.entry == nullptr) return {nullptr, plugin.reason};
    const PeakKernels* kernels = reinterpret_cast<PeaksModule>(plugin.entry)(kPeaksInterface);
    if (kernels == nullptr) return {nullptr, of_another_version(plugin)};
    return {kernels, ""};
}

}  // namespace mobilenet_cost

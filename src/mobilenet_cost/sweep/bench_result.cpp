#include "mobilenet_cost/sweep/bench_result.h"

namespace mobilenet_cost {

std::optional<double> flops_per_second(std::int64_t macs, double seconds) {
    if (!(seconds > 0)) return std::nullopt;
    return 2 * static_cast<double>(macs) / seconds;
}

}  // namespace mobilenet_cost

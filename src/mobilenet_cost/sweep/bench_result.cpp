#include "mobilenet_cost/sweep/bench_result.h"

namespace mobilenet_cost {

std::optional<double> flops_per_second(std::int64_t macs, double seconds) {
    if (!(seconds > 0)) return std::nullopt;
    return 2 * static_cast<double>(macs) / seconds;
}

std::string_view ended_name(Ended ended) {
    switch (ended) {
        case Ended::all_rounds:
            return "all_rounds";
        case Ended::precise_enough:
            return "precise_enough";
        case Ended::time_limit:
            return "time_limit";
        case Ended::interrupted:
            return "interrupted";
    }
    return "";
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/parts/bmf.h"

#include <cmath>

#include "mobilenet_cost/report/parts/gbench_rows.h"

namespace mobilenet_cost {

void add_metric(Json& document, const std::string& name, const char* measure, const Estimate& estimate) {
    if (!std::isfinite(estimate.value)) return;
    Json metric = {{"value", estimate.value}};
    if (estimate.interval && std::isfinite(estimate.interval->low))
        metric["lower_value"] = estimate.interval->low;
    if (estimate.interval && std::isfinite(estimate.interval->high))
        metric["upper_value"] = estimate.interval->high;
    document[name][measure] = metric;
}

void add_latency(Json& document, const std::string& name, const Estimate& seconds) {
    Estimate nanoseconds = {.value = nanoseconds_of(seconds.value), .interval = seconds.interval};
    if (nanoseconds.interval) {
        nanoseconds.interval->low = nanoseconds_of(nanoseconds.interval->low);
        nanoseconds.interval->high = nanoseconds_of(nanoseconds.interval->high);
    }
    add_metric(document, name, kLatency, nanoseconds);
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/foreign/bmf.h"

#include "mobilenet_cost/report/parts/bmf.h"

namespace mobilenet_cost {

std::string sweep_bmf(const SweepRun& run, const SweepResult& result) {
    const std::vector<std::string> names = point_names(run, '=');
    Json document = Json::object();
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        const PointResult& point = result.points[i];
        if (point.status != BenchStatus::ok || !point.seconds) continue;
        add_latency(document, names[i], *point.seconds);
        if (point.speedup && run.points[i].base != i)
            add_metric(document, names[i], "speedup", *point.speedup);
    }
    return pretty_json(document);
}

}  // namespace mobilenet_cost

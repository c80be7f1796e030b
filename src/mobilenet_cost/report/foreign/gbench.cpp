#include "mobilenet_cost/report/foreign/gbench.h"

#include <cmath>
#include <utility>

#include "mobilenet_cost/report/parts/gbench_rows.h"

namespace mobilenet_cost {
namespace {

Json context_json(const SweepRun& run) {
    const MachineInfo& machine = run.origin.machine;
    Json json =
        gbench_context(run.started, "mobilenet-cost " + run.origin.version, machine.allowed_cpus.size());
    for (const CacheInfo& cache : machine.caches)
        json["caches"].push_back(
            {{"type", cache.type}, {"level", cache.level}, {"size", cache.bytes}, {"num_sharing", 0}});
    if (machine.load_average) json["load_avg"] = *machine.load_average;
    json["cpu_model"] = machine.cpu.model_name.value_or("unknown");
    json["commit"] = run.origin.commit;
    json["compiler"] = run.origin.compiler;
    json["flags"] = run.origin.flags;
    return json;
}

Json row_json(const std::string& name, const SweepPoint& point, const GbenchRepetition& repetition,
              double seconds) {
    Json json = gbench_row(name, repetition, point.threads, seconds);
    if (point.counts) json["macs_per_second"] = static_cast<double>(point.counts->macs) / seconds;
    return json;
}

bool is_time(double seconds) {
    return std::isfinite(seconds) && seconds > 0;
}

std::vector<std::string> row_names(const SweepRun& run) {
    std::vector<std::string> names = point_names(run, ':');
    for (std::string& name : names)
        name = gbench_name(name);
    return names;
}

}  // namespace

std::string gbench_json(const SweepRun& run, const SweepResult& result) {
    const std::vector<std::string> names = row_names(run);
    Json rows = Json::array();
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        if (result.points[i].status != BenchStatus::ok) continue;
        const std::vector<double> rounds = undisturbed_seconds(run, run.measurement, i);
        GbenchRepetition repetition = {.family = i,
                                       .count = static_cast<std::int64_t>(rounds.size()),
                                       .iterations = run.measurement.cells[i].size.passes};
        for (const double seconds : rounds) {
            if (is_time(seconds)) rows.push_back(row_json(names[i], run.points[i], repetition, seconds));
            ++repetition.index;
        }
    }
    return gbench_document(context_json(run), std::move(rows));
}

std::string gbench_summary_json(const SweepRun& run, const SweepResult& result) {
    const std::vector<std::string> names = row_names(run);
    Json rows = Json::array();
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        const PointResult& point = result.points[i];
        if (point.status != BenchStatus::ok || !point.seconds || !is_time(point.seconds->value)) continue;
        const std::int64_t passes = run.measurement.cells[i].size.passes * (point.rounds - point.disturbed);
        rows.push_back(
            row_json(names[i], run.points[i], {.family = i, .iterations = passes}, point.seconds->value));
    }
    return gbench_document(context_json(run), std::move(rows));
}

}  // namespace mobilenet_cost

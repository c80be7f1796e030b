#include <cmath>

#include "mobilenet_cost/report/foreign.h"
#include "mobilenet_cost/report/measured_json.h"

namespace mobilenet_cost {
namespace {

constexpr double kNanoseconds = 1e9;

/// Keys of google/benchmark's json_reporter.cc. No host name: it says nothing about the machine.
Json context_json(const SweepRun& run) {
    const MachineInfo& machine = run.origin.machine;
    Json caches = Json::array();
    for (const CacheInfo& cache : machine.caches)
        caches.push_back(
            {{"type", cache.type}, {"level", cache.level}, {"size", cache.bytes}, {"num_sharing", 0}});
    Json json = {{"date", run.started},
                 {"host_name", ""},
                 {"executable", "mobilenet-cost " + run.origin.version},
                 {"num_cpus", machine.allowed_cpus.size()},
                 {"mhz_per_cpu", 0},
                 {"caches", caches},
                 {"load_avg", machine.load_average ? Json(*machine.load_average) : Json::array()},
                 {"library_build_type", "release"},
                 {"cpu_time", "not measured: the same as real_time"},
                 {"cpu_model", machine.cpu.model_name.value_or("unknown")},
                 {"commit", run.origin.commit},
                 {"compiler", run.origin.compiler},
                 {"flags", run.origin.flags}};
    return json;
}

/// Where a row stands among the repetitions of its point.
struct Repetition {
    std::size_t family = 0;
    std::int64_t count = 1;
    std::int64_t index = 0;
    std::int64_t iterations = 1;
};

Json row_json(const std::string& name, const SweepPoint& point, const Repetition& repetition,
              double seconds) {
    const double nanoseconds = seconds * kNanoseconds;
    Json json = {{"name", name},
                 {"family_index", repetition.family},
                 {"per_family_instance_index", 0},
                 {"run_name", name},
                 {"run_type", "iteration"},
                 {"repetitions", repetition.count},
                 {"repetition_index", repetition.index},
                 {"threads", point.threads},
                 {"iterations", repetition.iterations},
                 {"real_time", nanoseconds},
                 {"cpu_time", nanoseconds},
                 {"time_unit", "ns"}};
    if (point.counts) json["macs_per_second"] = static_cast<double>(point.counts->macs) / seconds;
    return json;
}

bool is_time(double seconds) {
    return std::isfinite(seconds) && seconds > 0;
}

std::string document(const SweepRun& run, Json rows) {
    Json json = {{"context", context_json(run)}};
    json["benchmarks"] = std::move(rows);
    return pretty_json(json);
}

/// Conbench takes the wall-clock time only of names with "/real_time".
std::vector<std::string> row_names(const SweepRun& run) {
    std::vector<std::string> names = point_names(run, ':');
    for (std::string& name : names)
        name += "/real_time";
    return names;
}

}  // namespace

std::string gbench_json(const SweepRun& run, const SweepResult& result) {
    const std::vector<std::string> names = row_names(run);
    Json rows = Json::array();
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        if (result.points[i].status != BenchStatus::ok) continue;
        const CellSamples& samples = run.measurement.cells[i];
        for (const TimedBlock& block : samples.blocks) {
            if (!is_time(block.seconds)) continue;
            rows.push_back(row_json(names[i], run.points[i],
                                    {.family = i,
                                     .count = static_cast<std::int64_t>(samples.blocks.size()),
                                     .index = block.round,
                                     .iterations = samples.size.passes},
                                    block.seconds));
        }
    }
    return document(run, std::move(rows));
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
    return document(run, std::move(rows));
}

}  // namespace mobilenet_cost

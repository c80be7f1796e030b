#include "mobilenet_cost/report/parts/gbench_rows.h"

#include <cmath>
#include <utility>

namespace mobilenet_cost {

Json gbench_context(const std::string& date, const std::string& executable, std::size_t cpus) {
    return {{"date", date},
            {"host_name", ""},
            {"executable", executable},
            {"num_cpus", cpus},
            {"mhz_per_cpu", 0},
            {"caches", Json::array()},
            {"load_avg", Json::array()},
            {"library_build_type", "release"},
            {"cpu_time", "not measured: the same as real_time"}};
}

double nanoseconds_of(double seconds) {
    constexpr double kStepsOfASecond = 1e12;
    return std::round(seconds * kStepsOfASecond) / 1e3;
}

Json gbench_row(const std::string& name, const GbenchRepetition& repetition, int threads, double seconds) {
    const double nanoseconds = nanoseconds_of(seconds);
    return {{"name", name},
            {"family_index", repetition.family},
            {"per_family_instance_index", 0},
            {"run_name", name},
            {"run_type", "iteration"},
            {"repetitions", repetition.count},
            {"repetition_index", repetition.index},
            {"threads", threads},
            {"iterations", repetition.iterations},
            {"real_time", nanoseconds},
            {"cpu_time", nanoseconds},
            {"time_unit", "ns"}};
}

std::string gbench_name(const std::string& name) {
    return name + "/real_time";
}

std::string gbench_document(Json context, Json rows) {
    Json json = {{"context", std::move(context)}};
    json["benchmarks"] = std::move(rows);
    return pretty_json(json);
}

}  // namespace mobilenet_cost

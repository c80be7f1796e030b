#include "mobilenet_cost/machine.h"
#include "mobilenet_cost/report/gate_report.h"
#include "mobilenet_cost/report/measured_json.h"

namespace mobilenet_cost {
namespace {

constexpr double kNanoseconds = 1e9;

/// Keys of google/benchmark's json_reporter.cc. No host name: it says nothing about the machine.
Json context_json(const GateRun& run) {
    return {{"date", run.started},
            {"host_name", ""},
            {"executable", "mobilenet-cost gate"},
            {"num_cpus", allowed_cpus().size()},
            {"mhz_per_cpu", 0},
            {"caches", Json::array()},
            {"load_avg", Json::array()},
            {"library_build_type", "release"},
            {"cpu_time", "not measured: the same as real_time"},
            {"base_commit", run.base.hello.commit},
            {"head_commit", run.head.hello.commit}};
}

/// Conbench takes the wall-clock time only of names with "/real_time".
std::string row_name(const char* side, const GateCell& cell) {
    std::string name = gate_cell_name(cell);
    for (char& c : name) {
        if (c == '=') c = ':';
    }
    return std::string(side) + "/" + name + "/real_time";
}

/// Each block of a round is a repetition; disturbed rounds are among them.
void add_rows(const GateCellRun& cell, std::size_t family, bool base, Json& rows) {
    const std::string name = row_name(base ? "base" : "head", cell.cell);
    std::int64_t index = 0;
    for (const GateRound& round : cell.rounds) {
        for (const double seconds : base ? round.base_seconds : round.head_seconds) {
            rows.push_back({{"name", name},
                            {"family_index", family},
                            {"per_family_instance_index", 0},
                            {"run_name", name},
                            {"run_type", "iteration"},
                            {"repetitions", 2 * cell.rounds.size()},
                            {"repetition_index", index++},
                            {"threads", cell.cell.threads},
                            {"iterations", cell.passes},
                            {"real_time", seconds * kNanoseconds},
                            {"cpu_time", seconds * kNanoseconds},
                            {"time_unit", "ns"}});
        }
    }
}

}  // namespace

std::string gate_gbench(const GateReport& report, const GateResult&) {
    const GateRun& run = report.run;
    Json rows = Json::array();
    for (std::size_t i = 0; i < run.cells.size(); ++i) {
        add_rows(run.cells[i], 2 * i, true, rows);
        add_rows(run.cells[i], 2 * i + 1, false, rows);
    }
    Json json = {{"context", context_json(run)}};
    json["benchmarks"] = std::move(rows);
    return pretty_json(json);
}

}  // namespace mobilenet_cost

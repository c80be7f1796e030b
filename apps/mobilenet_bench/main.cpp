// Networks, single layers and the analyzer under Google Benchmark, with all its flags. `mobilenet-cost bench`
// compares networks with each other in one run; this one feeds the tools that read Google Benchmark's JSON.

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/machine/machine.h"

#include "benches.h"

namespace mobilenet_cost {
namespace {

/// The engines worth timing that are there; the others are said. Not `reference`: it is written to check the
/// others, and would take hours.
std::vector<std::string> timed_engines() {
    std::vector<std::string> engines;
    for (const EngineStatus& status : engine_statuses()) {
        if (status.name == "reference") continue;
        if (status.available) {
            engines.push_back(status.name);
            benchmark::AddCustomContext("engine_" + status.name, fmt::format("{} {}", status.info.version,
                                                                             status.info.instruction_set));
        } else {
            fmt::print(stderr, "mobilenet-bench: warning: no benchmarks of engine \"{}\": {}\n", status.name,
                       printable(status.reason));
        }
    }
    return engines;
}

/// What the times depend on and Google Benchmark does not tell.
void add_context() {
    const BuildInfo& build = build_info();
    benchmark::AddCustomContext("mobilenet_cost_version", std::string(build.version));
    benchmark::AddCustomContext("mobilenet_cost_commit", std::string(build.commit));
    benchmark::AddCustomContext("compiler", std::string(build.compiler));
    benchmark::AddCustomContext("compiler_flags", std::string(build.flags));
    if (const auto model = read_machine().cpu.model_name) benchmark::AddCustomContext("cpu_model", *model);
}

/// Exit status 2 where the filter matches nothing or is no regular expression: Google Benchmark only says so.
int run() {
    add_context();
    Passes passes;
    const std::vector<std::string> engines = timed_engines();
    register_analyzer();
    register_networks(passes, engines);
    register_layers(passes, engines);
    return benchmark::RunSpecifiedBenchmarks() == 0 ? 2 : 0;
}

}  // namespace
}  // namespace mobilenet_cost

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    try {
        const int status = mobilenet_cost::run();
        benchmark::Shutdown();
        return status;
    } catch (const std::exception& error) {
        fmt::print(stderr, "mobilenet-bench: error: {}\n", mobilenet_cost::printable(error.what()));
        return 2;
    }
}

// Writes the report of a fabricated sweep, bench, machine or list of engines to stdout, for tests in Python:
// print_sweep FORMAT. A format such as txt.80 is the text as a terminal of 80 columns shows it.

#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/report/bench/csv.h"
#include "mobilenet_cost/report/bench/json.h"
#include "mobilenet_cost/report/bench/report.h"
#include "mobilenet_cost/report/count/lists_report.h"
#include "mobilenet_cost/report/foreign/formats.h"
#include "mobilenet_cost/report/machine/machine_report.h"
#include "mobilenet_cost/report/parts/fit.h"
#include "mobilenet_cost/report/sweep/measured.h"
#include "mobilenet_cost/report/sweep/measured_json.h"

#include "sweep/fabricated_run.h"
#include "unit/peaks_support.h"

using namespace mobilenet_cost;

namespace {

constexpr BuildInfo kBuild = {.version = "1.2.3",
                              .compiler = "GNU 12.2.0",
                              .build_type = "Release",
                              .flags = "-O3 -DNDEBUG",
                              .commit = "0123456789ab",
                              .optimised = true,
                              .sanitized = false,
                              .plugins_from_bin = {},
                              .data_from_bin = {},
                              .build_command = {}};

/// Of a machine and a build that never were.
MachineReport fabricated_machine() {
    MachineReport report;
    report.machine.cpu.model_name = "Example CPU @ 2.00GHz";
    report.topology = {.source = "/sys", .packages = 1, .numa_nodes = 1, .cores = 2, .cpus = 4, .caches = {}};
    report.hidden = {"The governor of the clock is not shown: the clock was measured once and may vary."};
    report.preflight.reasons = {"the hypervisor took 1.0 % of the CPU time, quiet is at most 0.5 %"};
    report.peaks = summarise_peaks(testing_support::plausible_samples());
    return report;
}

std::vector<EngineStatus> fabricated_engines() {
    const auto engine = [](std::string name, std::string instructions, std::string note) {
        return EngineStatus{.name = name,
                            .available = true,
                            .reason = {},
                            .info = {.name = name,
                                     .version = "1.2.3",
                                     .instruction_set = std::move(instructions),
                                     .data_types = {"f32"},
                                     .note = std::move(note)}};
    };
    return {engine("native", "AVX3_ZEN4", "kernels of this project, in Highway 1.0.3; direct convolutions"),
            engine("xnnpack", "AVX2", "operators one by one; reports neither its version nor its kernels"),
            {.name = "onednn",
             .available = false,
             .reason = "was not built: libdnnl-dev is missing",
             .info = {}}};
}

std::string at_width(std::vector<Section> sections, std::size_t width) {
    return render_text(fitted(std::move(sections), width), TextStyle::plain);
}

}  // namespace

int main(int count, char** arguments) {
    const SweepRun run = testing_support::fabricated_run();
    const SweepResult result = testing_support::fabricated_result(run);
    const auto sections = [&] { return sweep_measured_sections(run, result); };
    std::map<std::string, std::function<std::string()>> formats = {
        {"txt", [&] { return render_text(sections(), TextStyle::plain); }},
        {"colour", [&] { return render_text(sections(), TextStyle::colour); }},
        {"md", [&] { return render_markdown(sections()); }},
        {"csv", [&] { return render_csv(sweep_measured_table(run, result)); }},
        {"json", [&] { return sweep_measured_json(run, result); }},
        {"jsonl", [&] { return sweep_measured_jsonl(run, result); }}};
    const SweepRun bench = testing_support::fabricated_bench();
    const SweepResult timed = evaluate(bench);
    const auto tables = [&] { return bench_sections(bench, timed, kBuild); };
    formats["bench.txt"] = [&] { return render_text(tables(), TextStyle::plain); };
    formats["bench.md"] = [&] { return render_markdown(tables()); };
    formats["bench.csv"] = [&] { return render_csv(bench_csv_table(bench, timed)); };
    formats["bench_layers.csv"] = [&] { return render_csv(bench_layers_csv_table(bench, timed)); };
    formats["bench.json"] = [&] { return bench_json(bench, timed, kBuild); };
    formats["bench.jsonl"] = [&] { return bench_jsonl(bench, timed, kBuild); };
    for (const std::size_t width : {80, 100, 200}) {
        formats[fmt::format("txt.{}", width)] = [=] { return at_width(sections(), width); };
        formats[fmt::format("bench.txt.{}", width)] = [=] { return at_width(tables(), width); };
        formats[fmt::format("machine.txt.{}", width)] = [=] {
            return at_width(machine_sections(fabricated_machine()), width);
        };
        formats[fmt::format("engines.txt.{}", width)] = [=] {
            const std::vector<EngineStatus> engines = fabricated_engines();
            return at_width(engines_report(engines).sections(), width);
        };
    }
    for (const ForeignFormat& foreign : foreign_formats())
        formats[std::string(foreign.name)] = [&] { return foreign.write(run, result); };
    const auto format = formats.find(count == 2 ? arguments[1] : "");
    if (format == formats.end()) {
        fmt::print(stderr, "usage: print_sweep FORMAT, with one of:");
        for (const auto& [name, text] : formats)
            fmt::print(stderr, " {}", name);
        fmt::print(stderr, "\n");
        return 2;
    }
    fmt::print("{}", format->second());
    return 0;
}

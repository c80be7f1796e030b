// Writes the report of a fabricated sweep or bench to stdout, for tests in Python: print_sweep FORMAT. A
// format such as txt.80 is the text as a terminal of 80 columns shows it.

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
#include "mobilenet_cost/report/foreign/formats.h"
#include "mobilenet_cost/report/parts/fit.h"
#include "mobilenet_cost/report/sweep/measured.h"
#include "mobilenet_cost/report/sweep/measured_json.h"

#include "sweep/fabricated_run.h"

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

// Writes the report of a fabricated sweep to stdout, for tests in Python: print_sweep FORMAT

#include <cstdio>
#include <functional>
#include <map>
#include <string>

#include <fmt/format.h>

#include "mobilenet_cost/report/foreign/formats.h"
#include "mobilenet_cost/report/sweep/measured.h"
#include "mobilenet_cost/report/sweep/measured_json.h"

#include "sweep/fabricated_run.h"

using namespace mobilenet_cost;

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

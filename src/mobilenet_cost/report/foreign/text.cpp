#include "mobilenet_cost/report/foreign/text.h"

#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/report/parts/gbench_rows.h"

namespace mobilenet_cost {
namespace {

/// "BenchmarkMobilenet_v1/...": what follows "Benchmark" must not be a lower-case letter.
std::string go_name(std::string name) {
    name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    return "Benchmark" + name;
}

/// benchstat compares only results of equal configuration: what differs between two runs that somebody wants
/// to compare is a comment, which every reader of the format skips.
std::string go_header(const SweepRun& run) {
    const RunOrigin& origin = run.origin;
    return fmt::format(
        "# mobilenet-cost {}, commit {}, {}, started {}\ngoos: linux\npkg: mobilenet-cost\ncpu: {}\n\n",
        printable(origin.version), printable(origin.commit), printable(origin.compiler),
        printable(run.started), printable(origin.machine.cpu.model_name.value_or("unknown")));
}

std::string go_lines(const std::string& name, const SweepRun& run, std::size_t index) {
    const SweepPoint& point = run.points[index];
    std::string lines;
    for (const double seconds : undisturbed_seconds(run, run.measurement, index)) {
        if (!std::isfinite(seconds) || !(seconds > 0)) continue;
        lines += fmt::format("{} {} {} ns/op", name, run.measurement.cells[index].size.passes,
                             nanoseconds_of(seconds));
        if (point.counts) lines += fmt::format(" {} MAC/op", point.counts->macs);
        lines += "\n";
    }
    return lines;
}

}  // namespace

std::string go_benchmark_text(const SweepRun& run, const SweepResult& result) {
    const std::vector<std::string> names = point_names(run, '=');
    std::string text = go_header(run);
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        if (result.points[i].status == BenchStatus::ok) text += go_lines(go_name(names[i]), run, i);
    }
    return text;
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/foreign/formats.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/report/foreign/bmf.h"
#include "mobilenet_cost/report/foreign/gbench.h"
#include "mobilenet_cost/report/foreign/sql.h"
#include "mobilenet_cost/report/foreign/text.h"

namespace mobilenet_cost {
namespace {

constexpr std::array<ForeignFormat, 5> kFormats = {
    {{"gbench", ".json", "Google Benchmark's compare.py", gbench_json},
     {"gbench-summary", ".json", "github-action-benchmark", gbench_summary_json},
     {"gobench", ".txt", "benchstat", go_benchmark_text},
     {"bmf", ".json", "Bencher, with bounds", sweep_bmf},
     {"sql", ".sql", "sqlite3", sweep_sql}}};

/// A space would end a name, and a slash would begin another part of it.
std::string name_part(const std::string& text) {
    std::string part = printable(text);
    std::replace_if(
        part.begin(), part.end(), [](char c) { return c == ' ' || c == '/'; }, '_');
    return part;
}

}  // namespace

std::span<const ForeignFormat> foreign_formats() {
    return kFormats;
}

std::vector<std::string> point_names(const SweepRun& run, char separator) {
    std::vector<std::string> names;
    std::map<std::string, int> seen;
    for (const SweepPoint& point : run.points) {
        const SweepCell& cell = run.cells[point.cell];
        std::string name =
            fmt::format("{1}/alpha{0}{2}/res{0}{3}/net{0}{4}/engine{0}{5}/threads{0}{6}", separator,
                        name_part(cell.model), cell.variant.alpha, cell.variant.resolution,
                        network_kind_name(point.network), name_part(point.engine), point.threads);
        const int count = ++seen[name];
        if (count > 1) name += fmt::format("/again{}{}", separator, count);
        names.push_back(std::move(name));
    }
    return names;
}

}  // namespace mobilenet_cost

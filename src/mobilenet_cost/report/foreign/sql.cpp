#include "mobilenet_cost/report/foreign/sql.h"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kTables = R"sql(CREATE TABLE IF NOT EXISTS mobilenet_cost_run (
  run TEXT PRIMARY KEY, started TEXT, version TEXT, build_commit TEXT, compiler TEXT, flags TEXT, cpu_model TEXT,
  kernel TEXT, ended TEXT, run_seconds REAL, rounds INTEGER, confidence REAL, seed TEXT, noise TEXT);
CREATE TABLE IF NOT EXISTS mobilenet_cost_point (
  run TEXT, point INTEGER, model TEXT, alpha REAL, resolution INTEGER, classes INTEGER, batch INTEGER,
  engine TEXT, threads INTEGER, network TEXT, status TEXT, reason TEXT, macs INTEGER, params INTEGER,
  weight_bytes INTEGER, memory_bytes INTEGER, median_seconds REAL, ci_low_seconds REAL, ci_high_seconds REAL,
  rounds INTEGER, disturbed INTEGER, analytic_speedup REAL, speedup REAL, speedup_ci_low REAL,
  speedup_ci_high REAL, fraction_kept REAL, standard_analytic_speedup REAL, standard_speedup REAL,
  standard_fraction_kept REAL, precise INTEGER, PRIMARY KEY (run, point));
CREATE TABLE IF NOT EXISTS mobilenet_cost_block (
  run TEXT, point INTEGER, round INTEGER, place INTEGER, seconds REAL, PRIMARY KEY (run, point, round, place));
)sql";

/// The only printable character that is special inside a string of standard SQL is the quote.
std::string sql_text(std::string_view text) {
    std::string literal = "'";
    for (const char c : printable(text)) {
        literal += c;
        if (c == '\'') literal += c;
    }
    return literal + "'";
}

std::string number(double value) {
    return std::isfinite(value) ? fmt::format("{}", value) : "NULL";
}

std::string number(const std::optional<double>& value) {
    return value ? number(*value) : "NULL";
}

std::string count(const std::optional<std::int64_t>& value) {
    return value ? fmt::format("{}", *value) : "NULL";
}

std::string value_of(const std::optional<Estimate>& estimate) {
    return estimate ? number(estimate->value) : "NULL";
}

std::string end_of(const std::optional<Estimate>& estimate, double Interval::*end) {
    return estimate && estimate->interval ? number((*estimate->interval).*end) : "NULL";
}

std::string insert_into(const char* table, const std::vector<std::string>& values) {
    return fmt::format("INSERT INTO mobilenet_cost_{} VALUES ({});\n", table, fmt::join(values, ", "));
}

/// What tells runs apart in one database; the seed, because two may begin in the same second.
std::string run_name(const SweepRun& run) {
    return sql_text(fmt::format("{} {} seed {} part {}/{}", run.started, run.origin.commit, run.timing.seed,
                                run.timing.shard.index, run.timing.shard.count));
}

std::string run_row(const SweepRun& run) {
    const RunOrigin& origin = run.origin;
    const auto text = [](const std::optional<std::string>& value) {
        return value ? sql_text(*value) : "NULL";
    };
    return insert_into(
        "run", {run_name(run), sql_text(run.started), sql_text(origin.version), sql_text(origin.commit),
                sql_text(origin.compiler), sql_text(origin.flags), text(origin.machine.cpu.model_name),
                text(origin.machine.kernel), sql_text(ended_name(run.measurement.ended)),
                number(run.measurement.seconds), fmt::format("{}", run.measurement.order.size()),
                number(run.timing.confidence), sql_text(fmt::format("{}", run.timing.seed)),
                sql_text(noise_verdict_name(run.preflight.verdict))});
}

std::string point_row(const SweepRun& run, const SweepResult& result, std::size_t index) {
    const SweepPoint& point = run.points[index];
    const SweepCell& cell = run.cells[point.cell];
    const PointResult& row = result.points[index];
    const auto counted = [&point](std::int64_t NetworkCounts::*member) {
        return point.counts ? fmt::format("{}", (*point.counts).*member) : "NULL";
    };
    return insert_into("point", {run_name(run),
                                 fmt::format("{}", index),
                                 sql_text(cell.model),
                                 number(cell.variant.alpha),
                                 fmt::format("{}", cell.variant.resolution),
                                 fmt::format("{}", run.settings.classes),
                                 fmt::format("{}", run.settings.batch),
                                 sql_text(point.engine),
                                 fmt::format("{}", point.threads),
                                 sql_text(network_kind_name(point.network)),
                                 sql_text(bench_status_name(row.status)),
                                 row.reason.empty() ? "NULL" : sql_text(row.reason),
                                 counted(&NetworkCounts::macs),
                                 counted(&NetworkCounts::params),
                                 counted(&NetworkCounts::weight_bytes),
                                 count(point.memory_bytes),
                                 value_of(row.seconds),
                                 end_of(row.seconds, &Interval::low),
                                 end_of(row.seconds, &Interval::high),
                                 fmt::format("{}", row.rounds),
                                 fmt::format("{}", row.disturbed),
                                 number(row.analytic_speedup),
                                 value_of(row.speedup),
                                 end_of(row.speedup, &Interval::low),
                                 end_of(row.speedup, &Interval::high),
                                 value_of(row.fraction_kept),
                                 number(row.analytic_standard),
                                 value_of(row.standard),
                                 value_of(row.standard_kept),
                                 row.precise ? "1" : "0"});
}

}  // namespace

std::string sweep_sql(const SweepRun& run, const SweepResult& result) {
    std::string text = kTables;
    text += "BEGIN;\n" + run_row(run);
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        text += point_row(run, result, i);
        for (const TimedBlock& block : run.measurement.cells[i].blocks) {
            text += insert_into("block", {run_name(run), fmt::format("{}", i), fmt::format("{}", block.round),
                                          fmt::format("{}", block.place), number(block.seconds)});
        }
    }
    return text + "COMMIT;\n";
}

}  // namespace mobilenet_cost

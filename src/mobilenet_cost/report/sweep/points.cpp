#include "mobilenet_cost/report/sweep/points.h"

#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/report/sweep/groups.h"

namespace mobilenet_cost {
namespace {

using Row = PointRow;

constexpr unsigned kAll = kCsv | kJson | kSql;
/// The document says it of the cell, once for all of the cell's points.
constexpr unsigned kOfCell = kCsv | kSql;

/// A field of what was measured; absent where it was predicted.
template <typename Member>
auto measured(Member PointResult::*member) {
    return
        [member](const Row& row) { return row.predicted ? std::nullopt : std::optional(row.result.*member); };
}

/// One that may be absent anyway, and is where it was not predicted.
template <typename Member>
auto known(std::optional<Member> PointResult::*member) {
    return [member](const Row& row) { return row.result.*member; };
}

auto counted(std::int64_t NetworkCounts::*member) {
    return [member](const Row& row) -> std::optional<std::int64_t> {
        if (row.predicted || !row.point->counts) return std::nullopt;
        return (*row.point->counts).*member;
    };
}

std::string_view status_of(const Row& row) {
    return row.predicted ? "predicted" : bench_status_name(row.result.status);
}

std::string_view network_of(const Row& row) {
    return network_kind_name(row.network);
}

/// "skipped: not enough memory"
std::string failure_of(const Row& row) {
    if (row.result.status == BenchStatus::ok) return {};
    return fmt::format("{}: {}", bench_status_name(row.result.status), row.result.reason);
}

std::optional<std::int64_t> memory_of(const Row& row) {
    return row.predicted ? std::nullopt : row.point->memory_bytes;
}

std::optional<std::int64_t> samples_of(const Row& row) {
    return row.predicted ? std::nullopt : std::optional(row.result.rounds - row.result.disturbed);
}

std::optional<double> coverage_of_seconds(const Row& row) {
    const auto& seconds = row.result.seconds;
    return seconds && seconds->interval ? std::optional(seconds->interval->coverage) : std::nullopt;
}

std::string marked_time(const Row& row) {
    return row.result.seconds ? marked_seconds(row.result) : "";
}

template <Speedup (*of)(const PointResult&)>
std::string marked_speedup(const Row& row) {
    const Speedup speedup = of(row.result);
    return speedup.measured ? imprecise_mark(speedup.wide) + factor_text(speedup.measured->value) : "";
}

std::string marked_kept(const Row& row) {
    const Speedup speedup = over_base(row.result);
    return speedup.kept ? fmt::format("{}{:.0f} %", imprecise_mark(speedup.wide), 100 * speedup.kept->value)
                        : "";
}

std::string speedup_width(const Row& row) {
    const bool is_base = !row.predicted && row.point == &row.run.points[row.point->base];
    return is_base ? "base" : half_width_text(row.result.speedup, row.result.wide.speedup);
}

std::optional<double> low_of(const Row& row) {
    return row.result.seconds->interval ? std::optional(row.result.seconds->interval->low) : std::nullopt;
}

std::optional<double> high_of(const Row& row) {
    return row.result.seconds->interval ? std::optional(row.result.seconds->interval->high) : std::nullopt;
}

std::optional<double> speedup_of(const Row& row) {
    return row.result.speedup ? std::optional(row.result.speedup->value) : std::nullopt;
}

RowFields<Row> make_point_fields() {
    return {
        {"model", "model", Show::name, kOfCell, [](const Row& row) { return row.cell.model; }},
        {"alpha", "alpha", Show::plain, kOfCell, [](const Row& row) { return row.cell.variant.alpha; }},
        {"beta", "beta", Show::plain, kCsv, [](const Row& row) { return row.cell.beta; }},
        {"resolution", "res", Show::plain, kOfCell,
         [](const Row& row) { return row.cell.variant.resolution; }},
        {"classes", kOfCell, [](const Row& row) { return row.run.settings.classes; }},
        {"batch", kOfCell, [](const Row& row) { return row.run.settings.batch; }},
        {"alpha_scope", kCsv, [](const Row& row) { return row.run.settings.alpha_scope; }},
        {"engine", "engine", Show::name, kAll, &Row::engine},
        {"dtype", kJson,
         [](const Row& row) { return data_type_name(read_typed_name(row.engine).data_type); }},
        {"threads", "threads", Show::plain, kAll, &Row::threads},
        {"network", "network", Show::name, kAll, network_of},
        {"status", "status", Show::name, kAll, status_of},
        {"reason", "reason", Show::remark, kAll, measured(&PointResult::reason)},
        {"failure", "why not", Show::remark, kShownOnly, failure_of},
        {"macs", "MACs", Show::prefixed, kAll, counted(&NetworkCounts::macs)},
        {"params", "parameters", Show::prefixed, kAll, counted(&NetworkCounts::params)},
        {"weight_bytes", "weights", Show::bytes, kAll, counted(&NetworkCounts::weight_bytes)},
        {"memory_bytes", "memory", Show::bytes, kAll, memory_of},
        {"marked_time", "time", Show::plain, kShownOnly, marked_time},
        {"time_width", "+- time", Show::plain, kShownOnly,
         [](const Row& row) { return half_width_text(row.result.seconds, row.result.wide.seconds); }},
        {"median_seconds", "time", Show::seconds, kAll | kSqlEnds, known(&PointResult::seconds)},
        {"interval_coverage", kJson, coverage_of_seconds},
        {"samples", "rounds", Show::plain, kJson, samples_of},
        {"rounds", "rounds", Show::plain, kAll, measured(&PointResult::rounds)},
        {"disturbed", "disturbed", Show::plain, kAll, measured(&PointResult::disturbed)},
        {"analytic_speedup", "analytic", Show::factor, kAll, known(&PointResult::analytic_speedup)},
        {"speedup", "measured", Show::factor, kAll | kSqlEnds, known(&PointResult::speedup)},
        {"marked_speedup", "measured", Show::plain, kShownOnly, marked_speedup<over_base>},
        {"speedup_width", "+- measured", Show::plain, kShownOnly, speedup_width},
        {"marked_kept", "kept", Show::plain, kShownOnly, marked_kept},
        {"marked_standard", "over standard", Show::plain, kShownOnly, marked_speedup<over_standard>},
        {"standard_width", "+- standard", Show::plain, kShownOnly,
         [](const Row& row) { return half_width_text(row.result.standard, row.result.wide.standard); }},
        {"fraction_kept", "kept", Show::percent, kAll, known(&PointResult::kept)},
        {"standard_analytic_speedup", kOfCell, known(&PointResult::analytic_standard)},
        {"standard_speedup", kOfCell, known(&PointResult::standard)},
        {"standard_fraction_kept", kOfCell, known(&PointResult::standard_kept)},
        {"detectable_change", kCsv | kJson, known(&PointResult::detectable_change)},
        {"precise", kAll, measured(&PointResult::precise)},
    };
}

RowFields<Row> make_predicted_fields() {
    return {
        {"model", "model", Show::name, kShownOnly, [](const Row& row) { return row.cell.model; }},
        {"alpha", "alpha", Show::plain, kShownOnly, [](const Row& row) { return row.cell.variant.alpha; }},
        {"resolution", "res", Show::plain, kShownOnly,
         [](const Row& row) { return row.cell.variant.resolution; }},
        {"engine", "engine", Show::name, kJson, &Row::engine},
        {"threads", "threads", Show::plain, kJson, &Row::threads},
        {"network", "network", Show::name, kJson, network_of},
        {"seconds", "time", Show::seconds, kJson, [](const Row& row) { return row.result.seconds->value; }},
        {"low_seconds", "low", Show::seconds, kJson, low_of},
        {"high_seconds", "high", Show::seconds, kJson, high_of},
        {"speedup", "speed-up", Show::factor, kJson, speedup_of},
        {"residual", "against measured", Show::signed_percent, kJson, &Row::residual},
    };
}

}  // namespace

PointRow timed_row(const SweepRun& run, const SweepResult& result, std::size_t index) {
    const SweepPoint& point = run.points[index];
    return {.run = run,
            .cell = run.cells[point.cell],
            .engine = point.engine,
            .threads = point.threads,
            .network = point.network,
            .result = result.points[index],
            .point = &point};
}

PointRow predicted_row(const SweepRun& run, const PredictedPoint& point) {
    PointRow row{.run = run,
                 .cell = run.cells[point.cell],
                 .engine = point.engine,
                 .threads = point.threads,
                 .network = point.network,
                 .predicted = true,
                 .result = {},
                 .residual = point.residual};
    Estimate& seconds = row.result.seconds.emplace(Estimate{.value = point.seconds, .interval = {}});
    if (point.low && point.high) seconds.interval = Interval{.low = *point.low, .high = *point.high};
    if (point.speedup) row.result.speedup = Estimate{.value = *point.speedup, .interval = {}};
    return row;
}

const RowFields<PointRow>& point_fields() {
    static const RowFields<PointRow> fields = make_point_fields();
    return fields;
}

const RowFields<PointRow>& document_fields() {
    static const RowFields<PointRow> fields =
        point_fields().first({"engine", "dtype", "threads", "network", "status", "reason", "median_seconds",
                              "samples", "speedup", "fraction_kept", "analytic_speedup", "interval_coverage",
                              "rounds", "disturbed", "detectable_change", "precise"});
    return fields;
}

std::vector<const char*> shown_keys(bool standard) {
    std::vector<const char*> keys = {"alpha",         "resolution",  "network",          "macs",
                                     "marked_time",   "time_width",  "analytic_speedup", "marked_speedup",
                                     "speedup_width", "marked_kept", "samples"};
    if (standard) keys.insert(keys.end() - 1, {"marked_standard", "standard_width"});
    return keys;
}

const RowFields<PointRow>& predicted_fields() {
    static const RowFields<PointRow> fields = make_predicted_fields();
    return fields;
}

const RowFields<SlopeFit>& fit_fields() {
    const auto interval = [](const SlopeFit& fit) {
        return fit.slope.interval
                   ? fmt::format("[{:.3f}, {:.3f}]", fit.slope.interval->low, fit.slope.interval->high)
                   : "";
    };
    const auto mark = [](const SlopeFit& fit) { return imprecise_mark(!fit.slope.interval); };
    static const RowFields<SlopeFit> fields = {
        {"engine", "engine", Show::name, kJson, &SlopeFit::engine},
        {"threads", "threads", Show::plain, kJson, &SlopeFit::threads},
        {"slope", "slope", Show::decimals_3, kJson, &SlopeFit::slope},
        {"marked_slope", "slope", Show::plain, kShownOnly,
         [mark](const SlopeFit& fit) { return fmt::format("{}{:.3f}", mark(fit), fit.slope.value); }},
        {"slope_interval", "interval", Show::plain, kShownOnly, interval},
        {"tenfold", "10x fewer MACs", Show::plain, kShownOnly,
         [mark](const SlopeFit& fit) {
             return fmt::format("{}{:.1f}x", mark(fit), std::pow(10, fit.slope.value));
         }},
        {"model", "model", Show::name, kJson, &SlopeFit::model},
        {"network", "network", Show::name, kJson,
         [](const SlopeFit& fit) { return network_kind_name(fit.network); }},
        {"cells", "cells", Show::plain, kJson, &SlopeFit::cells},
    };
    return fields;
}

Speedup over_base(const PointResult& point) {
    return {point.analytic_speedup, point.speedup, point.kept, point.wide.speedup};
}

Speedup over_standard(const PointResult& point) {
    return {point.analytic_standard, point.standard, point.standard_kept, point.wide.standard};
}

}  // namespace mobilenet_cost

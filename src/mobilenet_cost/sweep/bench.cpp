#include "mobilenet_cost/sweep/bench.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/count/convention_table.h"
#include "mobilenet_cost/model/standard_counterpart.h"

namespace mobilenet_cost {
namespace {

/// The base's standard network is not timed, and standard networks are compared with the variants alone.
std::vector<SweepPoint> plan_points(const std::vector<BenchCell>& cells, const std::string& engine,
                                    int threads, std::size_t first) {
    const auto type = static_cast<std::size_t>(
        std::find(kComputedTypes.begin(), kComputedTypes.end(), read_typed_name(engine).data_type) -
        kComputedTypes.begin());
    std::vector<SweepPoint> points;
    std::vector<std::size_t> separable;  // point of each cell
    const auto add = [&](std::size_t cell, NetworkKind network, const std::optional<NetworkCounts>& counts) {
        const std::size_t index = first + points.size();
        SweepPoint& point = points.emplace_back();
        point.cell = cell;
        point.engine = engine;
        point.threads = threads;
        point.network = network;
        point.base = index;
        point.counts = counts;
        return index;
    };
    for (std::size_t i = 0; i < cells.size(); ++i) {
        separable.push_back(add(i, NetworkKind::separable, cells[i].separable[type]));
        if (!cells[i].asked) continue;
        const std::size_t standard = add(i, NetworkKind::standard, cells[i].standard[type]);
        points[separable[i] - first].counterpart = standard;
        points[standard - first].counterpart = separable[i];
    }
    for (std::size_t i = 0; i < cells.size(); ++i)
        points[separable[i] - first].base = separable[cells[i].base];
    return points;
}

BenchCell make_cell(const ModelConfig& config, const SweepCell& cell) {
    const Network network = expand(config, cell.variant);
    const Network standard = standard_counterpart(network);
    BenchCell made;
    made.cell = cell;
    for (std::size_t type = 0; type < kComputedTypes.size(); ++type) {
        made.separable[type] = count_network(network, kComputedTypes[type]);
        if (standard.layers != network.layers)
            made.standard[type] = count_network(standard, kComputedTypes[type]);
    }
    return made;
}

BenchComparison compare(const SweepRun& run, const SweepResult& result, std::size_t point,
                        NetworkKind slower) {
    const PointResult& variant = result.points[point];
    const bool standard = slower == NetworkKind::standard;
    const std::size_t other = standard ? *run.points[point].counterpart : run.points[point].base;
    BenchComparison comparison;
    comparison.point = point;
    comparison.slower = slower;
    if (other == point) {
        comparison.reason = "the variant is the base model itself";
        return comparison;
    }
    comparison.analytic_speedup = standard ? variant.analytic_standard : variant.analytic_speedup;
    for (const auto& [kind, index] : {std::pair(slower, other), std::pair(NetworkKind::separable, point)}) {
        const PointResult& row = result.points[index];
        if (row.status == BenchStatus::ok) continue;
        comparison.status = row.status;
        comparison.reason = fmt::format("{}: {}", network_kind_name(kind), row.reason);
        return comparison;
    }
    comparison.speedup = standard ? variant.standard : variant.speedup;
    comparison.kept = standard ? variant.standard_kept : variant.kept;
    comparison.precise = standard ? !variant.wide.standard : !variant.wide.speedup;
    comparison.status = comparison.speedup ? BenchStatus::ok : BenchStatus::skipped;
    if (!comparison.speedup) comparison.reason = "every pair was disturbed";
    return comparison;
}

BenchComparison compare_with_f32(const SweepRun& run, const SweepResult& result, std::size_t point) {
    const std::size_t other = *f32_point(run, point);
    const DataType type = read_typed_name(run.points[point].engine).data_type;
    BenchComparison comparison;
    comparison.point = point;
    comparison.slower = NetworkKind::separable;
    comparison.over_f32 = true;
    comparison.analytic_speedup =
        static_cast<double>(element_bytes(DataType::f32)) / static_cast<double>(element_bytes(type));
    for (const std::size_t index : {other, point}) {
        const PointResult& row = result.points[index];
        if (row.status == BenchStatus::ok) continue;
        comparison.status = row.status;
        comparison.reason = fmt::format("{}: {}", run.points[index].engine, row.reason);
        return comparison;
    }
    comparison.speedup = result.points[point].over_f32;
    comparison.precise = !result.points[point].wide.over_f32;
    comparison.status = comparison.speedup ? BenchStatus::ok : BenchStatus::skipped;
    if (comparison.speedup) comparison.kept = scaled(*comparison.speedup, 1 / *comparison.analytic_speedup);
    if (!comparison.speedup) comparison.reason = "every pair was disturbed";
    return comparison;
}

LayerProfile profile_of(const SweepRun& run, const SweepResult& result, std::size_t point) {
    if (point < run.profiles.size() && run.profiles[point]) return *run.profiles[point];
    LayerProfile profile;
    profile.engine = run.points[point].engine;
    profile.threads = run.points[point].threads;
    profile.mode = run.timing.layer_mode;
    const PointResult& row = result.points[point];
    const bool interrupted = run.measurement.ended == Ended::interrupted;
    profile.status = row.status != BenchStatus::ok ? row.status
                     : interrupted                 ? BenchStatus::skipped
                                                   : BenchStatus::late;
    profile.reason = row.status != BenchStatus::ok ? row.reason
                     : interrupted                 ? "interrupted before its layers were timed"
                                                   : "--max-seconds was over before its layers were timed";
    return profile;
}

void append_point(const SweepRun& run, const SweepResult& result, std::size_t point, BenchVariant& variant) {
    const SweepPoint& separable = run.points[point];
    variant.rows.push_back({NetworkKind::separable, point});
    if (separable.counterpart) {
        variant.rows.push_back({NetworkKind::standard, *separable.counterpart});
        variant.comparisons.push_back(compare(run, result, point, NetworkKind::standard));
    }
    if (separable.base != point) variant.rows.push_back({NetworkKind::base, separable.base});
    variant.comparisons.push_back(compare(run, result, point, NetworkKind::base));
    if (f32_point(run, point)) variant.comparisons.push_back(compare_with_f32(run, result, point));
    if (run.timing.layers) variant.profiles.push_back(profile_of(run, result, point));
}

}  // namespace

void append_bench_cells(const ModelConfig& config, std::vector<Variant> variants,
                        std::vector<BenchCell>& cells) {
    for (Variant& variant : variants) {
        if (variant.resolution == 0) variant.resolution = config.resolution;
    }
    const std::size_t asked = variants.size();
    Variant base = variants.front();
    base.alpha = 1;
    base.resolution = config.resolution;
    variants.push_back(base);
    std::vector<BenchCell> made;
    for (const SweepCell& cell : sweep(config, variants, find_convention("paper")))
        made.push_back(make_cell(config, cell));
    // By value: a variant that is spelled differently may be the same network.
    const auto is_base = [network = expand(config, base), &config](const BenchCell& cell) {
        const Network other = expand(config, cell.cell.variant);
        return other.input == network.input && other.layers == network.layers;
    };
    const auto found = std::find_if(made.begin(), made.end(), is_base);
    const std::size_t first = cells.size();
    const std::size_t base_cell = first + static_cast<std::size_t>(found - made.begin());
    if (base_cell - first < asked) made.pop_back();
    for (BenchCell& cell : made) {
        cell.asked = cells.size() - first < asked;
        cell.base = base_cell;
        cells.push_back(std::move(cell));
    }
}

SweepRun plan_bench(const std::vector<BenchCell>& cells, std::vector<std::string> models,
                    const SweepSettings& settings, const SweepTiming& timing, const SweepHooks& hooks) {
    std::vector<SweepCell> planned;
    for (const BenchCell& cell : cells)
        planned.push_back(cell.cell);
    const auto points = [&cells](const SweepTiming& filled) {
        std::vector<SweepPoint> all;
        for (const std::string& engine : filled.engines) {
            for (const int threads : filled.threads) {
                for (SweepPoint& point : plan_points(cells, engine, threads, all.size()))
                    all.push_back(std::move(point));
            }
        }
        return all;
    };
    return plan_run(std::move(planned), std::move(models), settings, timing, points, "bench", hooks);
}

std::vector<BenchVariant> bench_variants(const SweepRun& run, const SweepResult& result) {
    std::vector<BenchVariant> variants;
    for (std::size_t cell = 0; cell < run.cells.size(); ++cell) {
        BenchVariant variant;
        variant.cell = cell;
        for (std::size_t i = 0; i < run.points.size(); ++i) {
            const SweepPoint& point = run.points[i];
            if (point.cell != cell || point.network != NetworkKind::separable || is_base_alone(run, point))
                continue;
            variant.base_cell = run.points[point.base].cell;
            append_point(run, result, i, variant);
        }
        if (!variant.rows.empty()) variants.push_back(std::move(variant));
    }
    return variants;
}

}  // namespace mobilenet_cost

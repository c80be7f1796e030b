#include "mobilenet_cost/compare/stored_run.h"

#include <fmt/format.h>

#include "mobilenet_cost/sweep/result.h"

namespace mobilenet_cost {
namespace {

CellId id_of(const SweepRun& run, const SweepCell& cell) {
    CellId id;
    id.model = cell.model;
    id.alpha = cell.variant.alpha;
    id.resolution = cell.variant.resolution;
    if (cell.variant.form.top) id.classes = cell.variant.classes;
    id.form = cell.variant.form;
    id.batch = cell.variant.batch;
    id.data_type = data_type_name(run.settings.data_type);
    id.alpha_scope = alpha_scope_name(cell.variant.scope);
    id.convention = run.settings.convention;
    if (run.timing.cache != CacheMode::warm) id.cache = cache_mode_name(run.timing.cache);
    return id;
}

StoredCell counted_cell(const SweepRun& run, const SweepCell& cell) {
    StoredCell stored;
    stored.id = id_of(run, cell);
    stored.exact = {{"macs", cell.macs},
                    {"params", cell.params},
                    {"weight_bytes", cell.weight_bytes},
                    {"peak_activation_bytes", cell.peak_activation_bytes},
                    {"standard_macs", cell.standard_macs},
                    {"standard_params", cell.standard_params}};
    return stored;
}

StoredLayer layer_of(const LayerTime& layer) {
    const auto size = [](const Shape& shape) { return fmt::format("{}x{}x{}", shape.h, shape.w, shape.c); };
    return {layer.name,
            {{"op", layer.op},
             {"kernel", layer.kernel},
             {"fused", layer.fused ? "yes" : "no"},
             {"macs", layer.macs},
             {"traffic_bytes", layer.traffic_bytes},
             {"input", size(layer.input)},
             {"output", size(layer.output)}}};
}

void add_ratio(StoredCell& cell, const std::string& name, const std::optional<Estimate>& value) {
    if (value && value->value > 0) cell.ratios.push_back({name, *value});
}

/// Shortest time that the roofs allow the layers, over the time of the pass.
std::optional<Estimate> efficiency(const LayerProfile& profile, const RooflinePeak& peak,
                                   const Estimate& seconds) {
    double bound = 0;
    for (const LayerTime& layer : profile.layers)
        bound += roofline_seconds(layer, peak);
    Estimate share{.value = bound / seconds.value, .interval = std::nullopt};
    if (const auto& interval = seconds.interval)
        share.interval = Interval{bound / interval->high, bound / interval->low, interval->coverage};
    return share;
}

void add_profile(const SweepRun& run, const SweepPoint& point, const LayerProfile& profile,
                 StoredCell& cell) {
    if (profile.status != BenchStatus::ok) return;
    for (const LayerTime& layer : profile.layers)
        cell.layers.push_back(layer_of(layer));
    const RooflinePeak* peak = find_peak(run.peaks, point.engine, point.threads);
    if (peak != nullptr && cell.seconds)
        add_ratio(cell, "efficiency", efficiency(profile, *peak, *cell.seconds));
    const bool isolated = profile.mode == LayerMode::isolated;
    for (const ClassShare& share : profile.classes) {
        cell.ratios.push_back(
            {fmt::format("{}_{}share", layer_class_name(share.layer_class), isolated ? "isolated_" : ""),
             {.value = share.time_share, .interval = std::nullopt}});
    }
}

StoredCell measured_cell(const SweepRun& run, const PointResult& result, std::size_t index) {
    const SweepPoint& point = run.points[index];
    StoredCell cell;
    cell.id = id_of(run, run.cells[point.cell]);
    cell.id.engine = point.engine;
    cell.id.threads = point.threads;
    cell.id.network = network_kind_name(point.network);
    cell.exact.push_back(
        exact_status(std::string(bench_status_name(result.status)), point.status == BenchStatus::ok));
    if (point.counts) {
        cell.exact.push_back({"macs", point.counts->macs});
        cell.exact.push_back({"params", point.counts->params});
        cell.exact.push_back({"weight_bytes", point.counts->weight_bytes});
        cell.exact.push_back({"activation_bytes", point.counts->activation_bytes});
    }
    if (point.memory_bytes) cell.exact.push_back({"memory_bytes", *point.memory_bytes});
    if (point.memory) cell.real_peak_bytes = real_peak_bytes(*point.memory);
    if (!result.seconds) return cell;
    cell.seconds = result.seconds;
    cell.samples = undisturbed_seconds(run, run.measurement, index);
    add_ratio(cell, "speedup", result.speedup);
    add_ratio(cell, "standard_speedup", result.standard);
    if (const auto& profile = run.profiles[index]) add_profile(run, point, *profile, cell);
    return cell;
}

StoredOrigin origin_of(const SweepRun& run) {
    StoredOrigin origin{.version = run.origin.version,
                        .commit = run.origin.commit,
                        .compiler = run.origin.compiler,
                        .flags = run.origin.flags,
                        .started = run.started,
                        .machine = fingerprint_of(run.origin.machine, {}),
                        .engines = {}};
    for (const EngineStatus& engine : run.origin.engines)
        origin.engines.push_back({engine.name, engine.info.version, engine.info.instruction_set});
    return origin;
}

}  // namespace

StoredDocument stored_run(const SweepRun& run, const std::string& file) {
    StoredDocument document;
    document.kind = DocumentKind::run;
    document.file = file;
    document.origin = origin_of(run);
    const SweepResult result = evaluate(run);
    for (const SweepCell& cell : run.cells)
        document.cells.push_back(counted_cell(run, cell));
    for (std::size_t i = 0; i < run.points.size(); ++i)
        document.cells.push_back(measured_cell(run, result.points[i], i));
    if (document.cells.empty()) fail(file, "expected at least one cell, found none");
    return document;
}

}  // namespace mobilenet_cost

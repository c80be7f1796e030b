#include "mobilenet_cost/sweep/run.h"

#include <algorithm>

#include "mobilenet_cost/engine/typed_engine.h"

namespace mobilenet_cost {
namespace {

std::vector<std::string> models_of(const std::vector<SweepCell>& cells) {
    std::vector<std::string> models;
    for (const SweepCell& cell : cells) {
        if (std::find(models.begin(), models.end(), cell.model) == models.end()) models.push_back(cell.model);
    }
    return models;
}

bool is_timed(std::size_t cell, const SweepTiming& timing) {
    if (!timing.prediction) return true;
    const PredictionPlan& plan = *timing.prediction;
    return std::find(plan.timed.begin(), plan.timed.end(), cell) != plan.timed.end() ||
           std::find(plan.spots.begin(), plan.spots.end(), cell) != plan.spots.end();
}

/// The points of one model on one engine with one number of threads, behind those in `points`.
void append_group(const std::vector<SweepCell>& cells, const SweepTiming& timing, const std::string& model,
                  SweepPoint prototype, std::vector<SweepPoint>& points) {
    const std::size_t base = base_cell(cells, model);
    const std::size_t first = points.size();
    for (std::size_t cell = 0; cell < cells.size(); ++cell) {
        if (cells[cell].model != model || !is_timed(cell, timing)) continue;
        const std::size_t of_cell = points.size();
        for (const NetworkKind network : timing.networks) {
            prototype.cell = cell;
            prototype.network = network;
            points.push_back(prototype);
        }
        if (points.size() - of_cell != 2) continue;
        points[of_cell].counterpart = of_cell + 1;
        points[of_cell + 1].counterpart = of_cell;
    }
    for (std::size_t i = first; i < points.size(); ++i) {
        const auto found = std::find_if(points.begin() + static_cast<std::ptrdiff_t>(first), points.end(),
                                        [&](const SweepPoint& point) {
                                            return point.cell == base && point.network == points[i].network;
                                        });
        points[i].base = static_cast<std::size_t>(found - points.begin());
    }
}

}  // namespace

const RooflinePeak* find_peak(const RooflinePeaks& peaks, const std::string& engine, int threads) {
    if (read_typed_name(engine).data_type != DataType::f32) return nullptr;
    const auto found = std::find_if(peaks.begin(), peaks.end(), [threads](const RooflinePeak& peak) {
        return peak.threads == threads && peak.flops_per_second > 0 && peak.bytes_per_second > 0;
    });
    return found == peaks.end() ? nullptr : &*found;
}

double roofline_seconds(const LayerTime& layer, const RooflinePeak& peak) {
    return std::max(2 * static_cast<double>(layer.macs) / peak.flops_per_second,
                    static_cast<double>(layer.traffic_bytes) / peak.bytes_per_second);
}

std::optional<std::size_t> f32_point(const SweepRun& run, std::size_t point) {
    const SweepPoint& own = run.points[point];
    const TypedName typed = read_typed_name(own.engine);
    if (typed.data_type == DataType::f32 || own.network != NetworkKind::separable) return std::nullopt;
    const auto found = std::find_if(run.points.begin(), run.points.end(), [&](const SweepPoint& other) {
        return other.cell == own.cell && other.network == own.network && other.threads == own.threads &&
               other.engine == typed.engine;
    });
    if (found == run.points.end()) return std::nullopt;
    return static_cast<std::size_t>(found - run.points.begin());
}

bool is_base_alone(const SweepRun& run, const SweepPoint& point) {
    return run.timing.networks.size() > 1 && !point.counterpart;
}

std::vector<SweepPoint> plan_points(const std::vector<SweepCell>& cells, const SweepTiming& timing) {
    std::vector<SweepPoint> points;
    std::int64_t group = 0;
    for (const std::string& model : models_of(cells)) {
        for (const std::string& engine : timing.engines) {
            for (const int threads : timing.threads) {
                if (group++ % timing.shard.count != timing.shard.index - 1) continue;
                SweepPoint prototype;
                prototype.engine = engine;
                prototype.threads = threads;
                append_group(cells, timing, model, prototype, points);
            }
        }
    }
    return points;
}

}  // namespace mobilenet_cost

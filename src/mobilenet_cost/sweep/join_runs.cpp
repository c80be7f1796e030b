#include "mobilenet_cost/sweep/join_runs.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {
namespace {

std::string settings_text(const SweepSettings& settings) {
    return fmt::format("{} {}, {}, {}, batch {}", data_type_name(settings.data_type), settings.convention,
                       settings.alpha_scope, classes_text(settings.classes, settings.form), settings.batch);
}

/// Indices of cells: runs with the same plan have the same cells, or counts that do not agree.
std::string prediction_text(const std::optional<PredictionPlan>& plan) {
    if (!plan) return "none";
    return fmt::format("all but {} and {}", fmt::join(plan->timed, ","), fmt::join(plan->spots, ","));
}

const EngineStatus* find_engine(const std::vector<EngineStatus>& engines, const std::string& name) {
    const auto found = std::find_if(engines.begin(), engines.end(),
                                    [&](const EngineStatus& engine) { return engine.name == name; });
    return found == engines.end() ? nullptr : &*found;
}

std::string engine_text(const EngineStatus& engine) {
    return fmt::format("{} {} {}", engine.name, engine.info.version, engine.info.instruction_set);
}

/// Two runs are joined only if these are equal; each has the words for a message.
void require_same_origin(const SweepRun& first, const SweepRun& other) {
    const RunOrigin& a = first.origin;
    const RunOrigin& b = other.origin;
    const auto require = [&](bool same, const char* what, const std::string& expected,
                             const std::string& found) {
        if (same) return;
        fail("run logs",
             fmt::format("expected {} of the first log, {}, found {}: samples of both may not share "
                         "an interval",
                         what, expected, found));
    };
    require(a.machine.cpu == b.machine.cpu, "the processor", a.machine.cpu.model_name.value_or("unknown"),
            b.machine.cpu.model_name.value_or("unknown"));
    require(a.machine.caches == b.machine.caches, "the caches",
            fmt::format("{} of them", a.machine.caches.size()), "others");
    require(a.machine.allowed_cpus.size() == b.machine.allowed_cpus.size(), "the number of CPUs",
            std::to_string(a.machine.allowed_cpus.size()), std::to_string(b.machine.allowed_cpus.size()));
    require(a.version == b.version && a.commit == b.commit, "the version", a.version + " " + a.commit,
            b.version + " " + b.commit);
    require(a.compiler == b.compiler && a.flags == b.flags, "the build", a.compiler + " " + a.flags,
            b.compiler + " " + b.flags);
    require(first.settings == other.settings, "the settings", settings_text(first.settings),
            settings_text(other.settings));
    require(first.timing.confidence == other.timing.confidence, "the confidence",
            fmt::format("{}", first.timing.confidence), fmt::format("{}", other.timing.confidence));
    require(first.timing.between_runs == other.timing.between_runs, "what is added between runs",
            fmt::format("{}", first.timing.between_runs), fmt::format("{}", other.timing.between_runs));
    require(first.timing.cache == other.timing.cache, "the caches",
            std::string(cache_mode_name(first.timing.cache)),
            std::string(cache_mode_name(other.timing.cache)));
    require(first.timing.prediction == other.timing.prediction, "the cells to predict",
            prediction_text(first.timing.prediction), prediction_text(other.timing.prediction));
    for (const EngineStatus& engine : b.engines) {
        const EngineStatus* known = find_engine(a.engines, engine.name);
        if (known == nullptr || !known->available || !engine.available) continue;  // no samples to mix
        require(known->info.version == engine.info.version &&
                    known->info.instruction_set == engine.info.instruction_set,
                "the engine", engine_text(*known), engine_text(engine));
    }
}

/// The same samples twice would make every interval too narrow.
void require_another(const SweepRun& first, const SweepRun& other) {
    if (first.started == other.started && first.timing.shard == other.timing.shard &&
        first.timing.seed == other.timing.seed)
        fail("run logs",
             fmt::format("expected different runs, found the one started {} twice", first.started));
}

std::string cell_text(const SweepCell& cell) {
    return variant_text(cell.model, cell.variant.alpha, cell.variant.resolution);
}

/// A speed-up is against the base of its grid, which must be the same for all cells of a model.
void require_same_base(const SweepRun& run, const SweepRun& source, const SweepCell& cell) {
    const bool known = std::any_of(run.cells.begin(), run.cells.end(),
                                   [&](const SweepCell& other) { return other.model == cell.model; });
    if (!known) return;
    const SweepCell& expected = run.cells[base_cell(run.cells, cell.model)];
    const SweepCell& found = source.cells[base_cell(source.cells, cell.model)];
    if (found.variant != expected.variant)
        fail("run logs", fmt::format("expected the base {} in all logs, found {} in the one started {}",
                                     cell_text(expected), cell_text(found), source.started));
}

/// Where each cell of `source` is in `run`, which gets those that it lacks. Each stays a cell of its own: a
/// grid may have the same variant twice.
std::vector<std::size_t> place_cells(SweepRun& run, const SweepRun& source) {
    std::vector<std::size_t> places;
    for (const SweepCell& cell : source.cells) {
        require_same_base(run, source, cell);
        std::size_t place = 0;
        const auto is_it = [&] {
            return run.cells[place].model == cell.model && run.cells[place].variant == cell.variant &&
                   std::find(places.begin(), places.end(), place) == places.end();
        };
        while (place < run.cells.size() && !is_it())
            ++place;
        if (place == run.cells.size()) run.cells.push_back(cell);
        if (run.cells[place] != cell)
            fail("run logs",
                 fmt::format("expected the same counts for {} in all logs, found others in the one started "
                             "{}",
                             cell_text(cell), source.started));
        places.push_back(place);
    }
    return places;
}

auto key_of(const SweepPoint& point) {
    return std::tie(point.cell, point.engine, point.threads, point.network);
}

template <typename Value>
void append_new(std::vector<Value>& values, const std::vector<Value>& more) {
    for (const Value& value : more) {
        if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
    }
}

/// Where each point of `source` is in `run`, which gets those that it lacks.
std::vector<std::size_t> place_points(SweepRun& run, const SweepRun& source) {
    const std::vector<std::size_t> cells = place_cells(run, source);
    std::vector<std::size_t> places;
    for (SweepPoint point : source.points) {
        point.cell = cells[point.cell];
        const auto found = std::find_if(run.points.begin(), run.points.end(), [&](const SweepPoint& known) {
            return key_of(known) == key_of(point);
        });
        places.push_back(static_cast<std::size_t>(found - run.points.begin()));
        if (found == run.points.end()) run.points.push_back(point);
    }
    return places;
}

/// A point that ran in one of the runs has run.
void join_status(SweepPoint& point, const SweepPoint& source) {
    if (point.status == BenchStatus::ok || source.status != BenchStatus::ok) return;
    point.status = source.status;
    point.reason = source.reason;
    point.counts = source.counts;
    point.memory_bytes = source.memory_bytes;
}

/// Rounds of `source`, behind those that the point has.
void append_rounds(CellSamples& samples, CellSamples source, std::int64_t offset) {
    for (TimedBlock& block : source.blocks)
        block.round += offset;
    if (source.blocks.empty() && !samples.blocks.empty()) return;
    if (source.failure.empty()) samples.failure.clear();
    if (samples.blocks.empty()) {
        samples = std::move(source);
        return;
    }
    samples.blocks.insert(samples.blocks.end(), std::make_move_iterator(source.blocks.begin()),
                          std::make_move_iterator(source.blocks.end()));
}

/// Only what all runs reached is reached.
Ended worse(Ended a, Ended b) {
    if (a == Ended::precise_enough) return b;
    if (b == Ended::precise_enough) return a;
    return std::max(a, b);
}

void append_run(SweepRun& joined, SweepRun source) {
    const auto offset = static_cast<std::int64_t>(joined.measurement.order.size());
    const std::size_t known = joined.points.size();
    const std::vector<std::size_t> places = place_points(joined, source);
    for (std::size_t i = known; i < joined.points.size(); ++i) {
        SweepPoint& point = joined.points[i];
        point.base = places[point.base];
        if (point.counterpart) point.counterpart = places[*point.counterpart];
    }
    joined.measurement.cells.resize(joined.points.size());
    joined.profiles.resize(joined.points.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
        join_status(joined.points[places[i]], source.points[i]);
        append_rounds(joined.measurement.cells[places[i]], std::move(source.measurement.cells[i]), offset);
        if (!joined.profiles[places[i]]) joined.profiles[places[i]] = std::move(source.profiles[i]);
    }
    for (std::vector<std::size_t>& round : source.measurement.order) {
        for (std::size_t& point : round)
            point = places[point];
        joined.measurement.order.push_back(std::move(round));
    }
    joined.measurement.seconds += source.measurement.seconds;
    joined.measurement.shortened |= source.measurement.shortened;
    joined.measurement.ended = worse(joined.measurement.ended, source.measurement.ended);
    if (joined.timing.shard != source.timing.shard) joined.timing.shard = {};  // no part any more
    append_new(joined.models, source.models);
    for (EngineStatus& engine : source.origin.engines) {
        if (find_engine(joined.origin.engines, engine.name) == nullptr)
            joined.origin.engines.push_back(std::move(engine));
    }
    append_new(joined.timing.engines, source.timing.engines);
    append_new(joined.timing.threads, source.timing.threads);
    append_new(joined.timing.networks, source.timing.networks);
}

}  // namespace

SweepRun join_runs(std::vector<SweepRun> runs) {
    if (runs.empty()) fail("run logs", "expected at least one, found none");
    for (std::size_t i = 1; i < runs.size(); ++i) {
        require_same_origin(runs.front(), runs[i]);
        for (std::size_t j = 0; j < i; ++j)
            require_another(runs[j], runs[i]);
    }
    SweepRun joined = std::move(runs.front());
    for (std::size_t i = 1; i < runs.size(); ++i)
        append_run(joined, std::move(runs[i]));
    return joined;
}

}  // namespace mobilenet_cost

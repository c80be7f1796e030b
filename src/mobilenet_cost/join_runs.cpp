#include <algorithm>
#include <iterator>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/error.h"
#include "mobilenet_cost/sweep_result.h"

namespace mobilenet_cost {
namespace {

/// What must be equal for two runs to be joined, each with the words for a message.
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
    require(first.settings == other.settings, "the settings", first.settings.convention,
            other.settings.convention);
}

/// The same samples twice would make every interval too narrow.
void require_another(const SweepRun& first, const SweepRun& other) {
    if (first.started == other.started && first.timing.shard == other.timing.shard &&
        first.timing.seed == other.timing.seed)
        fail("run logs",
             fmt::format("expected different runs, found the one started {} twice", first.started));
}

std::size_t find_or_add_cell(SweepRun& run, const SweepRun& source, const SweepCell& cell) {
    const auto found = std::find_if(run.cells.begin(), run.cells.end(), [&](const SweepCell& known) {
        return known.model == cell.model && known.variant == cell.variant;
    });
    if (found == run.cells.end()) {
        run.cells.push_back(cell);
        return run.cells.size() - 1;
    }
    if (*found != cell)
        fail("run logs",
             fmt::format("expected the same counts for {} alpha {} at {} px in all logs, found others in "
                         "the one started {}",
                         cell.model, cell.variant.alpha, cell.variant.resolution, source.started));
    return static_cast<std::size_t>(found - run.cells.begin());
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
    std::vector<std::size_t> places;
    for (SweepPoint point : source.points) {
        point.cell = find_or_add_cell(run, source, source.cells[point.cell]);
        const auto found = std::find_if(run.points.begin(), run.points.end(), [&](const SweepPoint& known) {
            return key_of(known) == key_of(point);
        });
        places.push_back(static_cast<std::size_t>(found - run.points.begin()));
        if (found == run.points.end()) run.points.push_back(point);
    }
    return places;
}

/// Rounds of `source`, behind those that the point has.
void append_rounds(CellSamples& samples, CellSamples source, std::int64_t offset) {
    for (TimedBlock& block : source.blocks)
        block.round += offset;
    if (samples.blocks.empty()) {
        samples = std::move(source);
        return;
    }
    samples.blocks.insert(samples.blocks.end(), std::make_move_iterator(source.blocks.begin()),
                          std::make_move_iterator(source.blocks.end()));
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
        append_rounds(joined.measurement.cells[places[i]], std::move(source.measurement.cells[i]), offset);
        if (!joined.profiles[places[i]]) joined.profiles[places[i]] = std::move(source.profiles[i]);
    }
    for (std::vector<std::size_t>& round : source.measurement.order) {
        for (std::size_t& point : round)
            point = places[point];
        joined.measurement.order.push_back(std::move(round));
    }
    joined.measurement.seconds += source.measurement.seconds;
    if (source.measurement.ended == Ended::interrupted) joined.measurement.ended = Ended::interrupted;
    append_new(joined.models, source.models);
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

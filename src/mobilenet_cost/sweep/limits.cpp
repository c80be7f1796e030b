#include "mobilenet_cost/sweep/limits.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/measure/calibration.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kMostModels = 1000;
constexpr std::size_t kMostCells = 20'000;
constexpr std::size_t kMostPoints = 10'000;

void check_count(const std::string& place, const char* what, std::size_t count, std::size_t most) {
    if (count < 1 || count > most)
        fail(place, fmt::format("expected 1 to {} {}, found {}", most, what, count));
}

void check_positive_up_to(const std::string& place, double value, double most) {
    check_positive(place, value);
    if (value > most) fail(place, fmt::format("expected at most {:.0f}, found {}", most, value));
}

/// Points of the same engine and threads whose times are compared, within one model.
bool are_comparable(const SweepRun& run, const SweepPoint& one, const SweepPoint& other) {
    return one.engine == other.engine && one.threads == other.threads &&
           run.cells[one.cell].model == run.cells[other.cell].model;
}

void check_indices(const SweepRun& run, const std::string& place) {
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        const SweepPoint& point = run.points[i];
        const std::string where = fmt::format("{}: /points/{}", place, i);
        check_index(where + "/cell", "cell", point.cell, run.cells.size());
        check_index(where + "/base", "base", point.base, run.points.size());
        check_index(where + "/counterpart", "counterpart", point.counterpart.value_or(0), run.points.size());
    }
}

void check_partners(const SweepRun& run, const std::string& place) {
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        const SweepPoint& point = run.points[i];
        const std::string where = fmt::format("{}: /points/{}", place, i);
        const SweepPoint& base = run.points[point.base];
        if (base.base != point.base || base.network != point.network || !are_comparable(run, point, base))
            fail(
                where + "/base",
                fmt::format("expected a point of the same model, engine, threads and network that is its own "
                            "base, found point {}",
                            point.base));
        if (!point.counterpart) continue;
        const SweepPoint& counterpart = run.points[*point.counterpart];
        if (counterpart.cell != point.cell || counterpart.network == point.network ||
            counterpart.counterpart != i || !are_comparable(run, point, counterpart))
            fail(
                where + "/counterpart",
                fmt::format("expected the other network of the same cell, engine and threads, found point {}",
                            *point.counterpart));
    }
}

void check_prediction(const SweepRun& run, const std::string& place) {
    if (!run.timing.prediction) return;
    const auto check_cells = [&](const char* list, const std::vector<std::size_t>& cells) {
        for (std::size_t i = 0; i < cells.size(); ++i)
            check_index(fmt::format("{}: /timing/prediction/{}/{}", place, list, i), "cell", cells[i],
                        run.cells.size());
    };
    check_cells("timed", run.timing.prediction->timed);
    check_cells("spots", run.timing.prediction->spots);
}

}  // namespace

void check_index(const std::string& place, const char* what, std::size_t index, std::size_t count) {
    if (index >= count) fail(place, fmt::format("expected a {} below {}, found {}", what, count, index));
}

void check_timing(const SweepTiming& timing, const TimingPlace& place) {
    check_positive_up_to(place("rounds"), static_cast<double>(timing.rounds),
                         static_cast<double>(kMostRounds));
    check_positive_up_to(place("precision"), timing.precision, kLargestPrecision);
    check_positive_up_to(place("max_seconds"), timing.max_seconds, kMostSeconds);
    for (const int threads : timing.threads)
        check_positive_up_to(place("threads"), threads, kMostThreads);
    if (!(timing.confidence > 0 && timing.confidence < 1))
        fail(place("confidence"),
             fmt::format("expected a number between 0 and 1, found {}", timing.confidence));
    if (!(timing.between_runs >= 0 && timing.between_runs < 1))
        fail(place("between_runs"),
             fmt::format("expected a number from 0 to below 1, found {}", timing.between_runs));
    if (timing.shard.count < 1 || timing.shard.index < 1 || timing.shard.index > timing.shard.count)
        fail(place("shard"), fmt::format("expected I/N with 1 <= I <= N, found {}/{}", timing.shard.index,
                                         timing.shard.count));
}

void check_size(const SweepRun& run, const std::string& place) {
    check_count(place, "models", run.models.size(), kMostModels);
    check_count(place, "cells", run.cells.size(), kMostCells);
    check_count(place, "points", run.points.size(), kMostPoints);
}

void check_plan(const SweepRun& run, const std::string& place) {
    check_timing(run.timing,
                 [&](std::string_view field) { return fmt::format("{}: /timing/{}", place, field); });
    check_size(run, place);
    check_indices(run, place);
    check_partners(run, place);
    check_prediction(run, place);
}

}  // namespace mobilenet_cost

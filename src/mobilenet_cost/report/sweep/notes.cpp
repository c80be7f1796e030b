#include "mobilenet_cost/report/sweep/notes.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/parts/measured_text.h"
#include "mobilenet_cost/report/sweep/data_types.h"
#include "mobilenet_cost/report/sweep/groups.h"
#include "mobilenet_cost/report/sweep/points.h"

namespace mobilenet_cost {
namespace {

std::string noise_lines(const Preflight& preflight) {
    std::string text = fmt::format("Noise before the rounds: {}\n", noise_verdict_name(preflight.verdict));
    for (const std::string& reason : preflight.reasons)
        text += text_line("  " + reason);
    return text;
}

std::string ended_text(const SweepRun& run) {
    switch (run.measurement.ended) {
        case Ended::all_rounds:
            return "all rounds were done";
        case Ended::precise_enough:
            return "every interval that counts is narrow enough";
        case Ended::time_limit:
            return fmt::format("the limit of {} s was reached", run.timing.max_seconds);
        case Ended::interrupted:
            break;
    }
    return "of an interruption: this is what there was until then";
}

std::string rounds_line(const SweepRun& run) {
    const std::size_t rounds = run.measurement.order.size();
    if (rounds == 0 && run.measurement.ended != Ended::interrupted)
        return "Nothing was timed: the rows say why.\n";
    std::string text =
        fmt::format("{} {} in {}, order from seed {}", rounds, rounds == 1 ? "round" : "rounds",
                    seconds_text(run.measurement.seconds), run.timing.seed);
    if (run.timing.pin_cpu) text += fmt::format(", one-thread passes on CPU {}", *run.timing.pin_cpu);
    text += fmt::format("; ended because {}.\n", ended_text(run));
    if (run.timing.shard.count > 1) {
        text += fmt::format("This is part {} of {} of the sweep.\n", run.timing.shard.index,
                            run.timing.shard.count);
    }
    if (run.measurement.shortened)
        text += "Blocks are shorter than usual, to leave time for enough rounds: raise --max-seconds.\n";
    return text;
}

std::string disturbed_line(const SweepRun& run) {
    std::size_t blocks = 0;
    std::ptrdiff_t disturbed = 0;
    for (const CellSamples& cell : run.measurement.cells) {
        blocks += cell.blocks.size();
        disturbed += std::count_if(cell.blocks.begin(), cell.blocks.end(), [&](const TimedBlock& block) {
            return is_disturbed(block, cell.size.group, run.timing.limits);
        });
    }
    if (disturbed == 0) return {};
    return fmt::format("{} of {} blocks were disturbed from outside and are left out, with their partners.\n",
                       with_thousands(static_cast<std::int64_t>(disturbed)),
                       with_thousands(static_cast<std::int64_t>(blocks)));
}

std::string hint(const SweepTiming& timing) {
    if (timing.between_runs >= timing.precision)
        return fmt::format("run-to-run variation is {:.4g} % alone (--between-runs)",
                           100 * timing.between_runs);
    return "raise --max-seconds or use a quieter machine";
}

std::string precision_lines(const SweepRun& run, const SweepResult& result) {
    std::string text;
    if (result.worst_interval)
        text += fmt::format(
            "Intervals are at {:.4g} % confidence; the widest that counts towards --precision is +-{:.1f} %. "
            "Those of speed-ups include {:.4g} % for run-to-run variation.\n",
            100 * run.timing.confidence, 100 * *result.worst_interval, 100 * run.timing.between_runs);
    if (result.detectable_change) {
        text += fmt::format("A change of {:.1f} % in a speed-up would be detected 9 times in 10.\n",
                            100 * *result.detectable_change);
    }
    if (result.imprecise > 0) {
        text += fmt::format("{} {} not within +-{:.4g} % (~ marks the figure): {}.\n", result.imprecise,
                            result.imprecise == 1 ? "point is" : "points are", 100 * run.timing.precision,
                            hint(run.timing));
    }
    return text;
}

std::string lower_bound_line(const SweepRun& run) {
    const auto bounded = std::find_if(run.cells.begin(), run.cells.end(),
                                      [](const SweepCell& cell) { return cell.lower_bound; });
    if (bounded == run.cells.end()) return {};
    return text_line(fmt::format("The counts of {} are lower bounds: some of its operators are not known.",
                                 bounded->model));
}

/// Those whose first rounds may be too slow.
std::string warm_up_line(const SweepRun& run) {
    const auto cold = std::count_if(
        run.measurement.cells.begin(), run.measurement.cells.end(),
        [](const CellSamples& cell) { return !cell.blocks.empty() && !cell.warm_up.converged; });
    if (cold == 0) return {};
    return fmt::format("{} of {} warm-ups stopped at their limit, before the times settled.\n", cold,
                       run.measurement.cells.size());
}

/// Of the points that were asked for, and were timed on separable networks, the one whose figure comes first;
/// empty: there is none.
template <typename Before>
std::optional<std::size_t> first_point(const SweepRun& run, const SweepResult& result,
                                       std::optional<Estimate> PointResult::*figure, Before before) {
    std::optional<std::size_t> first;
    for (std::size_t i = 0; i < result.points.size(); ++i) {
        const SweepPoint& point = run.points[i];
        const std::optional<Estimate>& found = result.points[i].*figure;
        if (!found || point.network != NetworkKind::separable || is_base_alone(run, point)) continue;
        if (!first || before(found->value, (result.points[*first].*figure)->value)) first = i;
    }
    return first;
}

std::string point_name(const SweepRun& run, const SweepPoint& point) {
    const SweepCell& cell = run.cells[point.cell];
    return fmt::format("{} {:g}/{} on {}", cell.model, cell.variant.alpha, cell.variant.resolution,
                       point.engine);
}

}  // namespace

std::string main_finding(const SweepRun& run, const SweepResult& result) {
    const auto timed = std::count_if(result.points.begin(), result.points.end(),
                                     [](const PointResult& point) { return point.seconds.has_value(); });
    std::string text = fmt::format("{} of {} timed, {} not within +-{:.4g} %", timed,
                                   plural(static_cast<std::int64_t>(result.points.size()), "point"),
                                   result.imprecise, 100 * run.timing.precision);
    if (const auto i = first_point(run, result, &PointResult::seconds, std::less<>()))
        text += fmt::format("; fastest: {} ({})", marked_seconds(result.points[*i]),
                            point_name(run, run.points[*i]));
    const auto i = first_point(run, result, &PointResult::speedup, std::greater<>());
    if (i && run.points[*i].base != *i)
        text += fmt::format("; largest speed-up: {}{} ({})", imprecise_mark(result.points[*i].wide.speedup),
                            factor_text(result.points[*i].speedup->value), point_name(run, run.points[*i]));
    return text;
}

Section sweep_fit_section(const SweepResult& result) {
    Section section;
    if (result.fits.empty()) return section;
    section.table = fit_fields().shown(
        {"model", "engine", "threads", "network", "cells", "marked_slope", "slope_interval", "tenfold"},
        result.fits);
    section.table.caption =
        "How time follows MACs: time grows as MACs to the power of the slope; 1 is \"time is MACs\"";
    return section;
}

Section sweep_note_section(const SweepRun& run, const SweepResult& result) {
    return {.text = data_type_lines(run, result) + lower_bound_line(run) + noise_lines(run.preflight) +
                    rounds_line(run) + precision_lines(run, result) + disturbed_line(run) +
                    warm_up_line(run) + machine_line(run.origin.machine) +
                    "docs/glossary.md explains the words.\n",
            .table = {}};
}

}  // namespace mobilenet_cost

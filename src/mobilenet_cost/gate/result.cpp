#include "mobilenet_cost/gate/result.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/gate/facts.h"

namespace mobilenet_cost {
namespace {

/// The times of one layer on each side, and the log ratios.
struct LayerSeries {
    std::vector<double> base;
    std::vector<double> head;
    std::vector<double> logs;
};

LayerSeries layer_series(const GateCellRun& cell, std::size_t layer) {
    LayerSeries series;
    for (const GateLayerPair& pair : cell.layers) {
        series.base.push_back(pair.base_seconds[layer]);
        series.head.push_back(pair.head_seconds[layer]);
        // A time of 0 is below the clock's step, or fused away on one side; it has no ratio.
        if (series.base.back() > 0 && series.head.back() > 0)
            series.logs.push_back(std::log(series.head.back() / series.base.back()));
    }
    return series;
}

std::vector<GateDifference> changes_of(const GateCellRun& cell, const std::string& layer) {
    std::vector<GateDifference> changes;
    for (const GateDifference& difference : cell.explanation) {
        if (difference.what.starts_with(layer + ": ")) changes.push_back(difference);
    }
    return changes;
}

std::vector<GateClass> classes_of(const GateCellRun& cell) {
    std::vector<GateClass> classes;
    if (!cell.base || cell.layers.empty()) return classes;
    for (std::size_t i = 0; i < cell.base->layers.size(); ++i) {
        const std::string& name = cell.base->layers[i].layer_class;
        auto found = std::find_if(classes.begin(), classes.end(),
                                  [&](const GateClass& known) { return known.name == name; });
        if (found == classes.end()) found = classes.insert(classes.end(), {.name = name});
        const LayerSeries series = layer_series(cell, i);
        ++found->layers;
        found->base_seconds += median(series.base);
        found->head_seconds += median(series.head);
    }
    return classes;
}

/// A verdict that must hold twice.
GateVerdict of_both(GateVerdict first, GateVerdict second) {
    return first == second ? first : GateVerdict::inconclusive;
}

std::string not_judged(const GateRun& run, const GateCellRun& cell) {
    if (!cell.failure.empty()) return cell.failure;
    if (!cell.exact.empty())
        return fmt::format("not the same network: {} is {} in base and {} in head", cell.exact.front().what,
                           cell.exact.front().base, cell.exact.front().head);
    if (cell.rounds.empty()) {
        if (!run.failure.empty()) return run.failure;
        if (run.ended == GateEnded::time_limit) return "not measured: --max-seconds was over before";
        return fmt::format("not measured: {}", enum_name(run.ended));
    }
    if (log_ratios(cell).empty()) return "every round was disturbed";
    return "";
}

/// Of the run or of the second builds, whose rows must say the same.
std::string machine_noise(const GateReport& report) {
    std::string noise = noise_text(report.run.preflight);
    if (noise.empty() && report.confirmation) noise = noise_text(report.confirmation->preflight);
    return noise;
}

/// Why a row is undecided, for people.
std::string why_open(const GateRun& run, const GateRow& row) {
    if (!row.low || !row.high)
        return fmt::format("{} {} too few for an interval", plural(row.rounds, "round"),
                           row.rounds == 1 ? "is" : "are");
    if (run.preflight.verdict == NoiseVerdict::hopeless) return "the machine is too noisy to judge it";
    return fmt::format("after {}, neither \"regressed\" nor \"same\" can be established",
                       plural(row.rounds, "round"));
}

GateCellResult cell_result(const GateReport& report, std::size_t i) {
    const GateRun& run = report.run;
    const GateCellRun& cell = run.cells[i];
    GateCellResult result;
    result.reason = not_judged(run, cell);
    if (!result.reason.empty()) return result;
    result.verdict = run.rows[i].verdict;
    if (result.verdict == GateVerdict::inconclusive) result.reason = why_open(run, run.rows[i]);
    if (report.confirmation) {
        const GateVerdict second = report.confirmation->rows.at(i).verdict;
        if (second != result.verdict)
            result.reason = fmt::format("{} with these builds, {} with the second ones",
                                        enum_name(result.verdict), enum_name(second));
        result.verdict = of_both(result.verdict, second);
    }
    if (report.relink && report.relink->rows.at(i).ratio)
        result.floor = std::abs(*report.relink->rows[i].ratio - 1);
    result.moved = moved_layers(cell, run.settings.rule);
    result.classes = classes_of(cell);
    return result;
}

std::vector<std::string> warnings_of(const GateReport& report, const GateResult& result) {
    const GateRun& run = report.run;
    std::vector<std::string> warnings;
    for (const GateDifference& difference : result.builds)
        warnings.push_back(fmt::format("the builds differ: {} is \"{}\" in base and \"{}\" in head",
                                       difference.what, difference.base, difference.head));
    for (const GateSide* side : {&run.base, &run.head}) {
        if (!side->hello.build.optimised)
            warnings.push_back(fmt::format("{} was built without optimisation", side->program));
        if (side->hello.build.sanitized)
            warnings.push_back(fmt::format("{} was built with a sanitizer", side->program));
    }
    for (const GateCellRun& cell : run.cells) {
        if (!cell.rounds.empty() && !cell.warm)
            warnings.push_back(gate_cell_name(cell.cell) +
                               ": two blocks in a row never agreed in the warm-up");
    }
    const GateDrops drops = count_drops(run);
    if (drops.one_sided)
        warnings.push_back(
            fmt::format("of the disturbed rounds {} were the base's and {} the head's: one build "
                        "may be interrupted more often because it is slower",
                        drops.base, drops.head));
    if (run.ended == GateEnded::time_limit)
        warnings.push_back(fmt::format("the time limit of {:g} s ended the run after {} of {} rounds",
                                       run.settings.max_seconds, run.rounds, run.settings.rounds));
    for (std::size_t i = 0; i < result.cells.size(); ++i) {
        if (result.cells[i].floor.value_or(0) > run.settings.rule.threshold)
            warnings.push_back(
                fmt::format("{}: code placement alone moves it by {:.1f} %, more than the dead "
                            "band of {:g} %",
                            gate_cell_name(run.cells[i].cell), 100 * *result.cells[i].floor,
                            100 * run.settings.rule.threshold));
    }
    return warnings;
}

void decide(const GateReport& report, GateResult& result) {
    const GateRun& run = report.run;
    for (const GateCellRun& cell : run.cells) {
        if (cell.exact.empty()) continue;
        result.outcome = GateOutcome::different;
        result.reason =
            fmt::format("{}: {} is {} in base and {} in head", gate_cell_name(cell.cell),
                        cell.exact.front().what, cell.exact.front().base, cell.exact.front().head);
    }
    for (const GateCellRun& cell : run.cells) {
        if (cell.failure.empty()) continue;
        result.outcome = GateOutcome::failed;
        result.reason = fmt::format("{}: {}", gate_cell_name(cell.cell), cell.failure);
    }
    for (const auto* other : {&report.confirmation, &report.relink}) {
        if (*other && !(*other)->failure.empty()) {
            result.outcome = GateOutcome::failed;
            result.reason = (*other)->failure;
        }
    }
    if (!run.failure.empty()) {
        result.outcome = GateOutcome::failed;
        result.reason = run.failure;
    }
    if (!result.reason.empty()) return;
    if (result.measured < run.settings.require_cells) {
        result.outcome = GateOutcome::failed;
        result.reason = fmt::format("{} of {} cells were measured, {} are required", result.measured,
                                    run.cells.size(), run.settings.require_cells);
        return;
    }
    std::vector<GateVerdict> verdicts;
    for (const GateCellResult& cell : result.cells)
        verdicts.push_back(cell.verdict);
    if (result.together) verdicts.push_back(*result.together);
    result.outcome = static_cast<GateOutcome>(worst_verdict(verdicts));
}

std::string sentence(const GateReport& report, const GateResult& result) {
    const GateRun& run = report.run;
    const auto count = [&](GateVerdict verdict) {
        return std::count_if(result.cells.begin(), result.cells.end(),
                             [&](const GateCellResult& cell) { return cell.verdict == verdict; });
    };
    std::string text = fmt::format(
        "after {} of {}: {} regressed, {} improved, {} the same, {} undecided", plural(run.rounds, "round"),
        plural(static_cast<std::int64_t>(run.cells.size()), "cell"), count(GateVerdict::regressed),
        count(GateVerdict::improved), count(GateVerdict::same), count(GateVerdict::inconclusive));
    if (result.together) text += fmt::format("; all together: {}", enum_name(*result.together));
    const std::string noise = machine_noise(report);
    if (!noise.empty()) text += "; the machine is too noisy to call anything the same: " + noise;
    return text;
}

}  // namespace

std::vector<GateLayer> moved_layers(const GateCellRun& cell, const GateRule& rule) {
    std::vector<GateLayer> layers;
    if (!cell.base || cell.layers.empty()) return layers;
    std::vector<std::vector<double>> family;
    for (std::size_t i = 0; i < cell.base->layers.size(); ++i) {
        LayerSeries series = layer_series(cell, i);
        if (series.logs.empty()) continue;
        layers.push_back({.layer = cell.base->layers[i],
                          .base_seconds = median(series.base),
                          .head_seconds = median(series.head)});
        family.push_back(std::move(series.logs));
    }
    const std::vector<GateRow> rows =
        judge(family, rule, rule.significance, static_cast<std::int64_t>(cell.rounds.size()));
    for (std::size_t i = 0; i < layers.size(); ++i)
        layers[i].row = rows[i];
    std::erase_if(layers, [](const GateLayer& layer) {
        return layer.row.verdict != GateVerdict::regressed && layer.row.verdict != GateVerdict::improved;
    });
    for (GateLayer& layer : layers)
        layer.changes = changes_of(cell, layer.layer.name);
    std::stable_sort(layers.begin(), layers.end(), [](const GateLayer& a, const GateLayer& b) {
        return std::abs(a.head_seconds - a.base_seconds) > std::abs(b.head_seconds - b.base_seconds);
    });
    return layers;
}

GateResult evaluate_gate(const GateReport& report) {
    GateResult result;
    const GateRun& run = report.run;
    for (std::size_t i = 0; i < run.cells.size(); ++i)
        result.cells.push_back(cell_result(report, i));
    result.measured = std::count_if(run.cells.begin(), run.cells.end(), is_measured);
    if (run.together) {
        result.together = run.together->verdict;
        if (report.confirmation && report.confirmation->together)
            result.together = of_both(*result.together, report.confirmation->together->verdict);
    }
    result.builds = build_differences(run.base.hello, run.head.hello);
    decide(report, result);
    if (result.reason.empty()) result.reason = sentence(report, result);
    result.warnings = warnings_of(report, result);
    return result;
}

}  // namespace mobilenet_cost

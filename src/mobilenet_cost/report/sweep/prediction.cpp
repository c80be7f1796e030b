#include "mobilenet_cost/report/sweep/prediction.h"

#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/bench/cells.h"

namespace mobilenet_cost {
namespace {

std::vector<Cell> section_row(const SweepRun& run, const PredictedPoint& point) {
    const SweepCell& cell = run.cells[point.cell];
    return {text_cell(cell.model),
            text_cell(shortest(cell.variant.alpha)),
            count_cell(cell.variant.resolution),
            text_cell(point.engine),
            count_cell(point.threads),
            text_cell(std::string(network_kind_name(point.network))),
            seconds_cell(point.seconds),
            point.low ? seconds_cell(*point.low) : unknown_cell(),
            point.high ? seconds_cell(*point.high) : unknown_cell(),
            point.speedup ? factor_cell(*point.speedup) : unknown_cell(),
            point.residual ? Cell{fmt::format("{:+.1f} %", 100 * *point.residual), shortest(*point.residual)}
                           : unknown_cell()};
}

std::string summary(const SweepRun& run, const Prediction& prediction) {
    std::string text;
    for (const std::string& obstacle : prediction.obstacles)
        text += text_line("not predicted: " + obstacle);
    text += fmt::format(
        "Predicted from {} timed cells, layer by layer; low and high are twice the spread of the errors "
        "when one of them is left out.\n",
        run.timing.prediction->timed.size());
    if (prediction.median_residual)
        text += fmt::format(
            "Cells timed only as a check: predicted / measured - 1 is {:.1f} % (median), {:.1f} % at "
            "most.\n",
            100 * *prediction.median_residual, 100 * *prediction.largest_residual);
    return text;
}

}  // namespace

Section prediction_section(const SweepRun& run, const Prediction& prediction) {
    Section section;
    section.text = summary(run, prediction);
    section.table.caption = "Predicted";
    section.table.columns = {{"model", "model", true},
                             {"alpha", "alpha"},
                             {"resolution", "res"},
                             {"engine", "engine", true},
                             {"threads", "threads"},
                             {"network", "network", true},
                             {"seconds", "time"},
                             {"low_seconds", "low"},
                             {"high_seconds", "high"},
                             {"speedup", "speed-up"},
                             {"residual", "against measured"}};
    for (const PredictedPoint& point : prediction.points)
        section.table.rows.push_back(section_row(run, point));
    return section;
}

void append_predicted_rows(const SweepRun& run, const Prediction& prediction, Table& table) {
    for (const PredictedPoint& point : prediction.points) {
        const SweepCell& cell = run.cells[point.cell];
        const auto number = [](const std::optional<double>& value) {
            return value ? Cell{shortest(*value), shortest(*value)} : unknown_cell();
        };
        std::map<std::string, Cell> cells = {
            {"model", text_cell(cell.model)},
            {"alpha", number(cell.variant.alpha)},
            {"beta", number(cell.beta)},
            {"resolution", count_cell(cell.variant.resolution)},
            {"classes", count_cell(cell.variant.classes)},
            {"batch", count_cell(cell.variant.batch)},
            {"alpha_scope", text_cell(run.settings.alpha_scope)},
            {"engine", text_cell(point.engine)},
            {"threads", count_cell(point.threads)},
            {"network", text_cell(std::string(network_kind_name(point.network)))},
            {"status", text_cell("predicted")},
            {"median_seconds", number(point.seconds)},
            {"ci_low_seconds", number(point.low)},
            {"ci_high_seconds", number(point.high)},
            {"speedup", number(point.speedup)}};
        std::vector<Cell>& row = table.rows.emplace_back();
        for (const Column& column : table.columns) {
            const auto found = cells.find(column.key);
            row.push_back(found == cells.end() ? unknown_cell() : std::move(found->second));
        }
    }
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/count/grid_report.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/count/grid_json.h"
#include "mobilenet_cost/report/count/runtime_rows.h"

namespace mobilenet_cost {
namespace {

/// Only a full, small grid of one model is drawn.
Table grid_table(const std::vector<SweepCell>& cells) {
    std::set<double, std::greater<>> alphas;
    std::set<Resolution, std::greater<>> resolutions;
    for (const SweepCell& cell : cells) {
        alphas.insert(cell.variant.alpha);
        resolutions.insert(cell.variant.resolution);
        if (cell.model != cells.front().model) return {};
    }
    if (resolutions.size() > kWidestGrid || alphas.size() * resolutions.size() != cells.size()) return {};
    Table table;
    table.caption = fmt::format("{}: analytic speed-up over alpha {} at {} px",
                                bounded_name(cells.front().model, cells.front().lower_bound), *alphas.begin(),
                                *resolutions.begin());
    table.columns = {{"alpha", "alpha"}};
    for (const Resolution& resolution : resolutions)
        table.columns.push_back({fmt::format("res_{}", resolution), fmt::format("{} px", resolution)});
    for (const double alpha : alphas) {
        std::vector<Cell> row = {text_cell(shortest(alpha))};
        for (const Resolution& resolution : resolutions) {
            const auto cell = std::find_if(cells.begin(), cells.end(), [&](const SweepCell& candidate) {
                return candidate.variant.alpha == alpha && candidate.variant.resolution == resolution;
            });
            row.push_back({factor_text(cell->analytic_speedup), shortest(cell->analytic_speedup)});
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

using Cells = std::vector<SweepCell>;
using Needs = std::vector<RuntimeNeed>;

Table sweep_table(const Cells& cells, const Needs& needs) {
    Table table;
    table.droppable = {"beta", "weight_bytes", "standard_macs_ratio", "peak_activation_bytes"};
    table.columns = {{"model", "model", true},
                     {"alpha", "alpha"},
                     {"beta", "beta"},
                     {"resolution", "res"},
                     {"macs", "MACs"},
                     {"params", "params"},
                     {"weight_bytes", "weight B"},
                     {"peak_activation_bytes", "peak B"},
                     {"analytic_speedup", "speed-up"},
                     {"standard_macs_ratio", "C_s/C_d"}};
    for (const SweepCell& cell : cells) {
        table.rows.push_back({{bounded_name(cell.model, cell.lower_bound), cell.model},
                              text_cell(shortest(cell.variant.alpha)),
                              number_cell(cell.beta, 3),
                              resolution_cell(cell.variant.resolution),
                              count_cell(cell.macs),
                              count_cell(cell.params),
                              count_cell(cell.weight_bytes),
                              count_cell(cell.peak_activation_bytes),
                              {factor_text(cell.analytic_speedup), shortest(cell.analytic_speedup)},
                              number_cell(standard_ratio(cell), 3)});
    }
    add_runtime_columns(table, needs);
    return table;
}

std::vector<Section> sweep_sections(const Cells& cells, const Needs& needs) {
    std::vector<Section> sections;
    Table grid = grid_table(cells);
    if (!grid.columns.empty()) sections.push_back({"", std::move(grid)});
    sections.push_back({"", sweep_table(cells, needs)});
    if (!needs.empty()) sections.push_back({runtime_rules_text(needs.front().runtime), {}});
    return sections;
}

Json cell_json(const Cells& cells, const Needs& needs, std::size_t index) {
    Json json = sweep_cell_json(cells[index]);
    if (!needs.empty()) json["runtime"] = runtime_json(needs[index]);
    return json;
}

std::string sweep_json(const Cells& cells, const SweepSettings& settings, const Needs& needs) {
    std::string text =
        fmt::format("{{\n  \"schema\": \"{}\",\n  \"machine\": {{}},\n  \"settings\": ", kSweepSchema);
    text += inline_json(sweep_settings_json(settings)) + ",\n  \"cells\": [";
    const char* separator = "\n    ";
    for (std::size_t i = 0; i < cells.size(); ++i) {
        text += separator + inline_json(cell_json(cells, needs, i));
        separator = ",\n    ";
    }
    return text + "\n  ],\n  \"fit\": []\n}\n";
}

std::string sweep_jsonl(const Cells& cells, const SweepSettings& settings, const Needs& needs) {
    std::string lines;
    const Json shared = sweep_settings_json(settings);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        Json line = {{"schema", kSweepSchema}};
        line.update(cell_json(cells, needs, i));
        line["settings"] = shared;
        lines += compact_json(line);
    }
    return lines;
}

}  // namespace

Report sweep_report(const std::vector<SweepCell>& cells, const SweepSettings& settings,
                    const std::vector<RuntimeNeed>& needs) {
    return {.sections = [&cells, needs] { return sweep_sections(cells, needs); },
            .csv =
                [&cells, needs] {
                    return with_lower_bounds(sweep_table(cells, needs), cells,
                                             [](const SweepCell& cell) { return cell.lower_bound; });
                },
            .json = [&, needs] { return sweep_json(cells, settings, needs); },
            .jsonl = [&, needs] { return sweep_jsonl(cells, settings, needs); }};
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/sweep/measured_grid.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/bench/cells.h"
#include "mobilenet_cost/report/sweep/groups.h"

namespace mobilenet_cost {
namespace {

struct Axes {
    std::set<double, std::greater<>> alphas;
    std::set<std::int64_t, std::greater<>> resolutions;
};

Axes axes_of(const SweepRun& run, const std::string& model) {
    Axes axes;
    for (const SweepCell& cell : run.cells) {
        if (cell.model != model) continue;
        axes.alphas.insert(cell.variant.alpha);
        axes.resolutions.insert(cell.variant.resolution);
    }
    return axes;
}

/// The first cell of these: the same cell may stand in a grid twice, to see whether it agrees with itself.
std::optional<std::size_t> cell_at(const SweepRun& run, const std::string& model, double alpha,
                                   std::int64_t resolution) {
    const auto found = std::find_if(run.cells.begin(), run.cells.end(), [&](const SweepCell& cell) {
        return cell.model == model && cell.variant.alpha == alpha && cell.variant.resolution == resolution;
    });
    if (found == run.cells.end()) return std::nullopt;
    return static_cast<std::size_t>(found - run.cells.begin());
}

/// `value` gets an index into the run's cells.
Section grid_section(const SweepRun& run, const std::string& model, const std::string& caption,
                     const std::function<Cell(std::size_t)>& value) {
    const Axes axes = axes_of(run, model);
    Section section;
    Table& table = section.table;
    table.caption = caption;
    table.columns = {{"alpha", "alpha"}};
    for (const std::int64_t resolution : axes.resolutions)
        table.columns.push_back({fmt::format("res_{}", resolution), fmt::format("{} px", resolution)});
    for (const double alpha : axes.alphas) {
        std::vector<Cell> row = {text_cell(shortest(alpha))};
        for (const std::int64_t resolution : axes.resolutions) {
            const auto cell = cell_at(run, model, alpha, resolution);
            row.push_back(cell ? value(*cell) : unknown_cell());
        }
        table.rows.push_back(std::move(row));
    }
    return section;
}

/// Logarithmic from no speed-up to the largest there is.
Cell speedup_cell(double speedup, double largest, const std::string& mark) {
    Cell cell = {mark + factor_text(speedup), shortest(speedup)};
    cell.heat = largest > 1 ? std::log(std::max(speedup, 1.0)) / std::log(largest) : 1;
    return cell;
}

/// All of it kept is the hot end.
Cell kept_cell(double kept, const std::string& mark) {
    return {fmt::format("{}{:.0f} %", mark, kept * 100), shortest(kept), kept};
}

using Member = std::optional<Estimate> PointResult::*;
enum class Kind { speedup, kept };

/// One measured grid of a group, from the separable networks.
Section measured_section(const SweepRun& run, const SweepResult& result, const SweepGroup& group,
                         const std::string& caption, Member member, Kind kind) {
    double largest = 1;
    for (const std::size_t point : group.points) {
        const auto& estimate = result.points[point].*member;
        if (estimate) largest = std::max(largest, estimate->value);
    }
    return grid_section(run, group.model, caption, [&](std::size_t cell) {
        const auto point = find_point(run, group, cell, NetworkKind::separable);
        if (!point) return unknown_cell();
        const PointResult& row = result.points[*point];
        const auto& estimate = row.*member;
        if (!estimate) {
            return row.status == BenchStatus::ok ? unknown_cell()
                                                 : Cell{std::string(bench_status_name(row.status)), ""};
        }
        const std::string mark = imprecise_mark(row);
        return kind == Kind::kept ? kept_cell(estimate->value, mark)
                                  : speedup_cell(estimate->value, largest, mark);
    });
}

/// As the results have it; a cell that no engine could run as the cell has it.
double analytic_of(const SweepRun& run, const SweepResult& result, std::size_t cell,
                   std::optional<double> PointResult::*member, double otherwise) {
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        if (run.points[i].cell == cell && run.points[i].network == NetworkKind::separable &&
            result.points[i].*member) {
            return *(result.points[i].*member);
        }
    }
    return otherwise;
}

Section analytic_section(const SweepRun& run, const std::string& model, const std::string& caption,
                         const std::function<double(std::size_t)>& value) {
    double largest = 1;
    for (std::size_t i = 0; i < run.cells.size(); ++i) {
        if (run.cells[i].model == model) largest = std::max(largest, value(i));
    }
    return grid_section(run, model, caption,
                        [&](std::size_t cell) { return speedup_cell(value(cell), largest, ""); });
}

bool has_standard(const SweepRun& run, const SweepResult& result, const std::string& model) {
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        if (run.cells[run.points[i].cell].model == model && result.points[i].standard) return true;
    }
    return false;
}

std::string base_title(const SweepRun& run, const std::string& model) {
    const Axes axes = axes_of(run, model);
    const double alpha = *axes.alphas.begin();
    std::int64_t resolution = 0;
    for (const SweepCell& cell : run.cells) {
        if (cell.model == model && cell.variant.alpha == alpha)
            resolution = std::max(resolution, cell.variant.resolution);
    }
    return fmt::format("alpha {} at {} px", alpha, resolution);
}

/// What two families of grids differ in.
struct Comparisons {
    std::string analytic_caption;
    std::string faster_than;
    std::string kept_caption;
    std::function<double(std::size_t)> analytic;
    Member measured;
    Member kept;
};

void add_grids(const SweepRun& run, const SweepResult& result, const std::string& model,
               const Comparisons& what, std::vector<Section>& sections) {
    sections.push_back(analytic_section(run, model, model + ": " + what.analytic_caption, what.analytic));
    for (const SweepGroup& group : sweep_groups(run)) {
        if (group.model != model) continue;
        sections.push_back(measured_section(
            run, result, group, fmt::format("{}: measured {}", group_title(group), what.faster_than),
            what.measured, Kind::speedup));
        sections.push_back(measured_section(run, result, group, group_title(group) + ": " + what.kept_caption,
                                            what.kept, Kind::kept));
    }
}

}  // namespace

std::vector<Section> sweep_grid_sections(const SweepRun& run, const SweepResult& result) {
    std::vector<std::string> models;
    for (const SweepCell& cell : run.cells) {
        if (std::find(models.begin(), models.end(), cell.model) == models.end()) models.push_back(cell.model);
    }
    std::vector<Section> sections;
    for (const std::string& model : models) {
        if (axes_of(run, model).resolutions.size() > kWidestGrid) continue;
        const std::string over = "speed-up over " + base_title(run, model);
        const auto analytic = [&](std::size_t cell) {
            return analytic_of(run, result, cell, &PointResult::analytic_speedup,
                               run.cells[cell].analytic_speedup);
        };
        add_grids(run, result, model,
                  {"analytic " + over, over, "part of the analytic speed-up kept", analytic,
                   &PointResult::speedup, &PointResult::fraction_kept},
                  sections);
        if (!has_standard(run, result, model)) continue;
        const std::string standard = "speed-up over the same cell with standard convolutions";
        const auto analytic_standard = [&](std::size_t cell) {
            return analytic_of(run, result, cell, &PointResult::analytic_standard,
                               standard_ratio(run.cells[cell]));
        };
        add_grids(run, result, model,
                  {"analytic " + standard, standard,
                   "part of the analytic speed-up over standard convolutions kept", analytic_standard,
                   &PointResult::standard, &PointResult::standard_kept},
                  sections);
    }
    return sections;
}

}  // namespace mobilenet_cost

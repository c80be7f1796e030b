#include "mobilenet_cost/report/sweep/measured_grid.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/sweep/groups.h"
#include "mobilenet_cost/report/sweep/points.h"

namespace mobilenet_cost {
namespace {

struct Axes {
    std::set<double, std::greater<>> alphas;
    std::set<Resolution, std::greater<>> resolutions;
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
                                   const Resolution& resolution) {
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
    for (const Resolution& resolution : axes.resolutions)
        table.columns.push_back({fmt::format("res_{}", resolution), fmt::format("{} px", resolution)});
    for (const double alpha : axes.alphas) {
        std::vector<Cell> row = {text_cell(shortest(alpha))};
        for (const Resolution& resolution : axes.resolutions) {
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

/// The speed-ups over one thing: over the base, or over standard convolutions.
struct Family {
    std::string over;  ///< "speed-up over ..."
    std::string kept;
    Speedup (*of)(const PointResult& point);
    double (*counted)(const SweepCell& cell);
};

/// What one measured grid shows of a speed-up.
struct Shown {
    std::optional<Estimate> Speedup::*value;
    bool kept = false;
};

/// One measured grid of a group, from the separable networks, or the standard ones where there are no others.
Section measured_section(const SweepRun& run, const SweepResult& result, const SweepGroup& group,
                         const Family& family, const Shown& shown) {
    double largest = 1;
    for (const std::size_t point : group.points) {
        const auto estimate = family.of(result.points[point]).*shown.value;
        if (estimate) largest = std::max(largest, estimate->value);
    }
    const NetworkKind network = mapped_network(run, group);
    const std::string title = group_title(group) + network_suffix(network);
    const std::string caption = shown.kept ? fmt::format("{}: {}", title, family.kept)
                                           : fmt::format("{}: measured {}", title, family.over);
    return grid_section(run, group.model, caption, [&](std::size_t cell) {
        const auto point = find_point(run, group, cell, network);
        if (!point) return unknown_cell();
        const PointResult& row = result.points[*point];
        const Speedup speedup = family.of(row);
        const auto estimate = speedup.*shown.value;
        if (!estimate && row.status != BenchStatus::ok)
            return Cell{std::string(bench_status_name(row.status)), ""};
        if (!estimate) return unknown_cell();
        const std::string mark = imprecise_mark(speedup.wide);
        return shown.kept ? kept_cell(estimate->value, mark) : speedup_cell(estimate->value, largest, mark);
    });
}

std::vector<SweepGroup> groups_of_model(const SweepRun& run, const std::string& model) {
    std::vector<SweepGroup> groups = sweep_groups(run);
    std::erase_if(groups, [&](const SweepGroup& group) { return group.model != model; });
    return groups;
}

/// As the results have it; a cell that no engine could run as the cell has it.
double analytic_of(const SweepRun& run, const SweepResult& result, std::size_t cell, const Family& family,
                   NetworkKind network) {
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        if (run.points[i].cell != cell || run.points[i].network != network) continue;
        if (const auto analytic = family.of(result.points[i]).analytic) return *analytic;
    }
    return family.counted(run.cells[cell]);
}

Section analytic_section(const SweepRun& run, const SweepResult& result, const std::string& model,
                         const Family& family) {
    const std::vector<SweepGroup> groups = groups_of_model(run, model);
    const NetworkKind network = groups.empty() ? NetworkKind::separable : mapped_network(run, groups.front());
    const auto analytic = [&](std::size_t cell) { return analytic_of(run, result, cell, family, network); };
    double largest = 1;
    for (std::size_t i = 0; i < run.cells.size(); ++i) {
        if (run.cells[i].model == model) largest = std::max(largest, analytic(i));
    }
    const std::string caption = fmt::format("{}{}: analytic {}", model, network_suffix(network), family.over);
    return grid_section(run, model, caption,
                        [&](std::size_t cell) { return speedup_cell(analytic(cell), largest, ""); });
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
    Resolution resolution;
    for (const SweepCell& cell : run.cells) {
        if (cell.model == model && cell.variant.alpha == alpha)
            resolution = std::max(resolution, cell.variant.resolution);
    }
    return fmt::format("alpha {} at {} px", alpha, resolution);
}

void add_grids(const SweepRun& run, const SweepResult& result, const std::string& model, const Family& family,
               std::vector<Section>& sections) {
    sections.push_back(analytic_section(run, result, model, family));
    for (const SweepGroup& group : groups_of_model(run, model)) {
        const bool any = std::any_of(group.points.begin(), group.points.end(), [&](std::size_t point) {
            return family.of(result.points[point]).measured.has_value();
        });
        if (!any) continue;  // a map of nothing
        sections.push_back(measured_section(run, result, group, family, {&Speedup::measured}));
        sections.push_back(measured_section(run, result, group, family, {&Speedup::kept, true}));
    }
}

double base_ratio(const SweepCell& cell) {
    return cell.analytic_speedup;
}

}  // namespace

std::vector<Section> sweep_grid_sections(const SweepRun& run, const SweepResult& result) {
    std::vector<std::string> models;
    for (const SweepCell& cell : run.cells) {
        if (std::find(models.begin(), models.end(), cell.model) == models.end()) models.push_back(cell.model);
    }
    std::vector<Section> sections;
    for (const std::string& model : models) {
        const Axes axes = axes_of(run, model);
        const bool one_cell = axes.alphas.size() == 1 && axes.resolutions.size() == 1;  // the points say it
        if (one_cell || axes.resolutions.size() > kWidestGrid) continue;
        add_grids(run, result, model,
                  {"speed-up over " + base_title(run, model), "part of the analytic speed-up kept", over_base,
                   base_ratio},
                  sections);
        if (!has_standard(run, result, model)) continue;
        add_grids(
            run, result, model,
            {"speed-up over the same cell with standard convolutions",
             "part of the analytic speed-up over standard convolutions kept", over_standard, standard_ratio},
            sections);
    }
    return sections;
}

}  // namespace mobilenet_cost

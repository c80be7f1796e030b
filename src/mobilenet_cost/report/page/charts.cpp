#include "mobilenet_cost/report/page/charts.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/bench/cells.h"
#include "mobilenet_cost/report/page/grid_tables.h"
#include "mobilenet_cost/report/page/scatter_tables.h"

namespace mobilenet_cost {
namespace {

/// Charts as they are made, with the tables they share.
class Charts {
  public:
    /// Where a table is found later.
    std::string keep(Json table) {
        std::string name = fmt::format("t{}", tables_.size());
        tables_[name] = std::move(table);
        return name;
    }
    [[nodiscard]] const Json& table(const std::string& name) const { return tables_[name]; }
    [[nodiscard]] bool is_empty(const std::string& name) const { return tables_[name]["rows"].empty(); }

    void add(Json chart) {
        chart["id"] = fmt::format("chart-{}", charts_.size());
        charts_.push_back(std::move(chart));
    }
    /// Heat maps that stand side by side know each other's cells: a factor has the same colour in both.
    void share_colours() {
        for (Json& chart : charts_) {
            if (chart["spec"] != "heat_maps") continue;
            const auto beside = std::find_if(charts_.begin(), charts_.end(), [&chart](const Json& other) {
                return other["kind"] == chart["kind"] && other["group"] == chart["group"] &&
                       other["run"] != chart["run"];
            });
            if (beside != charts_.end()) chart["data"]["beside"] = (*beside)["data"]["cells"];
        }
    }
    Json take() { return {{"charts", std::move(charts_)}, {"tables", std::move(tables_)}}; }

  private:
    Json charts_ = Json::array();
    Json tables_ = Json::object();
};

/// What a chart is of.
struct Subject {
    const PicturedRun* pictured = nullptr;
    std::size_t run = 0;  ///< in the page
    SweepGroup group;
};

/// CPU and day of the measurement; of what was only counted, how.
std::string origin_text(const PicturedRun& pictured) {
    if (pictured.run.points.empty())
        return fmt::format("counted by the convention {}", pictured.run.settings.convention);
    return fmt::format("{}, {}", pictured.run.origin.machine.cpu.model_name.value_or("CPU of no known name"),
                       pictured.run.started.substr(0, pictured.run.started.find('T')));
}

Json chart(const Subject& subject, const char* kind, const char* spec, std::string title, Json data) {
    return {{"kind", kind},
            {"spec", spec},
            {"run", subject.run},
            {"group", std::move(title)},
            {"origin", origin_text(*subject.pictured)},
            {"data", std::move(data)}};
}

Json chart(const Subject& subject, const char* kind, const char* spec, Json data) {
    return chart(subject, kind, spec, group_title(subject.group), std::move(data));
}

Json option(const Json& value, const Json& text) {
    return {{"value", value}, {"text", text}};
}

/// Lets the reader choose one of the cells of a table.
Json choice_of_cell(const Subject& subject, const Json& table) {
    Json options = Json::array();
    Json first;
    const std::vector<SweepCell>& cells = subject.pictured->run.cells;
    for (const Json& title : cells_of(table)) {
        options.push_back(option(title, title));
        const bool shown = std::any_of(cells.begin(), cells.end(), [&](const SweepCell& cell) {
            return cell.model == subject.group.model && title == cell_title(cell) &&
                   is_shown_first(*subject.pictured, cell);
        });
        if (shown || first.is_null()) first = title;
    }
    return Json::array({{{"signal", "cell"},
                         {"label", "Cell"},
                         {"value", std::move(first)},
                         {"options", std::move(options)}}});
}

std::string summary_of(const Subject& subject) {
    const SweepResult& result = subject.pictured->result;
    const SweepRun& run = subject.pictured->run;
    std::optional<std::size_t> best;
    for (const std::size_t i : subject.group.points) {
        const auto& speedup = result.points[i].speedup;
        if (run.points[i].network == mapped_network(run, subject.group) && speedup &&
            (!best || speedup->value > result.points[*best].speedup->value))
            best = i;
    }
    if (!best) return "No speed-up was measured.";
    const PointResult& point = result.points[*best];
    return fmt::format(
        "The largest: {}{} measured ({}), {} on paper, at {}.", imprecise_mark(point.wide.speedup),
        factor_figure(point.speedup->value), within_text(*point.speedup, point.wide.speedup),
        factor_figure(point.analytic_speedup.value_or(0)), cell_title(run.cells[run.points[*best].cell]));
}

constexpr const char* kMarks =
    " Below each figure is half the width of its interval; ~ marks one that is not precise, ≈ one that was "
    "predicted.";

/// A heat map of one cell says less than the table.
bool is_grid(const Charts& charts, const std::string& name) {
    return cells_of(charts.table(name)).size() > 1;
}

void add_grids(const Subject& subject, Charts& charts) {
    const std::string speedups = charts.keep(speedup_table(*subject.pictured, subject.group));
    if (is_grid(charts, speedups)) {
        const SweepRun& run = subject.pictured->run;
        Json row = chart(subject, "heat_maps", "heat_maps",
                         group_title(subject.group) + network_suffix(mapped_network(run, subject.group)),
                         {{"cells", speedups}});
        row["description"] =
            "Speed-up over the largest cell, for each width multiplier alpha (rows) and input "
            "resolution (columns): counted, measured, and the part that was kept. " +
            summary_of(subject) + kMarks;
        charts.add(std::move(row));
    }
    const std::string standards = charts.keep(standard_table(*subject.pictured, subject.group));
    if (!is_grid(charts, standards)) return;
    Json row = chart(subject, "standard", "heat_maps", {{"cells", standards}});
    row["description"] = std::string(
                             "How much faster each separable network is than the same network with standard "
                             "convolutions: counted, measured, and the part that was kept.") +
                         kMarks;
    charts.add(std::move(row));
}

void add_scatter(const Subject& subject, Charts& charts) {
    const std::string points = charts.keep(points_table(*subject.pictured, subject.group));
    if (charts.is_empty(points)) return;
    const std::string fits = charts.keep(fits_table(*subject.pictured, subject.group));
    Json row = chart(subject, "scatter", "scatter", {{"points", points}, {"fits", fits}});
    bool published = false;
    for (const auto& top1 : subject.pictured->top1)
        published = published || top1.has_value();
    row["description"] = fmt::format(
        "Time of one pass against MACs, or another size. Ringed: separable networks that no other beats in "
        "{}, time and memory at once (the Pareto front). Against MACs, the line has the fitted slope of log "
        "time on log MACs; the dotted one has slope 1, where time would be MACs alone.",
        published ? "accuracy" : "MACs");
    Json options = {option("macs", "MACs"), option("peak_activation_bytes", "peak memory of activations")};
    if (published) options.push_back(option("top1", "published top-1 accuracy"));
    row["choices"] = {{{"signal", "horizontal"}, {"label", "Against"}, {"options", std::move(options)}}};
    charts.add(std::move(row));
}

void add_layers(const Subject& subject, Charts& charts) {
    const std::string layers = charts.keep(layers_table(*subject.pictured, subject.group));
    if (charts.is_empty(layers)) return;
    const Json choices = choice_of_cell(subject, charts.table(layers));
    const std::string roof = charts.keep(roof_table(*subject.pictured, subject.group));
    const SweepRun& run = subject.pictured->run;
    const std::size_t profiled = profiled_points(run, subject.group).front();
    const std::string title = group_title(subject.group) + network_suffix(run.points[profiled].network);
    Json roofline = chart(subject, "roofline", "roofline", title, {{"layers", layers}, {"roof", roof}});
    roofline["description"] =
        std::string(
            "Every layer's rate of arithmetic against its FLOP per byte moved, larger where more time "
            "goes") +
        (charts.is_empty(roof) ? "; the roof of this machine is not known."
                               : ", below the most that the second-level cache (slanted) and the arithmetic "
                                 "(level) of this machine allow.");
    roofline["choices"] = choices;
    charts.add(std::move(roofline));
    Json bars = chart(subject, "layers", "layers", title, {{"layers", layers}});
    bars["description"] = "Each layer's share of the MACs, of the bytes moved and of the time, side by side.";
    bars["choices"] = choices;
    charts.add(std::move(bars));
}

void add_samples(const Subject& subject, Charts& charts) {
    const auto has_median = [&](std::size_t point) {
        return subject.pictured->result.points[point].seconds.has_value();
    };
    // The chart is of samples over their median; of none there is nothing to draw.
    if (std::none_of(subject.group.points.begin(), subject.group.points.end(), has_median)) return;
    const std::string samples = charts.keep(samples_table(*subject.pictured, subject.group));
    if (charts.is_empty(samples)) return;
    const std::string series = charts.keep(series_table(*subject.pictured, subject.group));
    Json row = chart(subject, "samples", "samples", {{"samples", samples}, {"series", series}});
    row["description"] =
        "Each sample relative to its network's median. If the line (median of all networks) slopes or jumps, "
        "the machine drifted.";
    charts.add(std::move(row));
}

/// Every network with a published accuracy; once for an engine, over all families.
void add_accuracy(const Subject& subject, std::set<std::string>& done, Charts& charts) {
    const SweepGroup& group = subject.group;
    const std::string runner = group.engine.empty() ? "" : row_title(group.engine, group.threads);
    if (!done.insert(runner).second) return;
    const std::string networks = charts.keep(accuracy_table(*subject.pictured, group.engine, group.threads));
    if (charts.is_empty(networks)) return;
    Json row =
        chart(subject, "accuracy", "accuracy",
              runner.empty() ? "All families" : "All families, times on " + runner, {{"networks", networks}});
    row["description"] =
        "Published top-1 accuracy of every bundled network that has one. Filled: a cell of this sweep. The "
        "line joins those that no other beats in both.";
    Json options = {option("macs", "MACs"), option("params", "parameters")};
    const Json& rows = charts.table(networks)["rows"];
    const auto& columns = charts.table(networks)["columns"];
    const auto seconds =
        static_cast<std::size_t>(std::find(columns.begin(), columns.end(), "seconds") - columns.begin());
    if (std::any_of(rows.begin(), rows.end(), [&](const Json& one) { return !one[seconds].is_null(); }))
        options.push_back(option("milliseconds", "measured time"));
    row["choices"] = {{{"signal", "horizontal"}, {"label", "Against"}, {"options", std::move(options)}}};
    charts.add(std::move(row));
}

void add_of_cell(const Subject& subject, const char* kind, const char* table, const std::string& name,
                 const char* description, Charts& charts) {
    if (charts.is_empty(name)) return;
    Json row = chart(subject, kind, kind, subject.group.model, {{table, name}});
    row["description"] = description;
    row["choices"] = choice_of_cell(subject, charts.table(name));
    charts.add(std::move(row));
}

/// What is counted: the same for all engines, so once for a model.
void add_paper(const Subject& subject, std::set<std::string>& done, Charts& charts) {
    const std::string& model = subject.group.model;
    if (!done.insert(model).second) return;
    const std::string counts = charts.keep(counts_table(*subject.pictured, model));
    if (is_grid(charts, counts)) {
        Json row = chart(subject, "counts", "heat_maps", model, {{"cells", counts}});
        row["description"] =
            "What each cell costs by exact counting, for each width multiplier alpha (rows) and input "
            "resolution (columns); the stronger the colour, the more, on a scale of its own in each map.";
        charts.add(std::move(row));
    }
    add_of_cell(subject, "network", "blocks", charts.keep(network_table(*subject.pictured, model)),
                "The network from input (top) to output: to the left the height of each block's output in "
                "pixels, to the right its channels.",
                charts);
    const std::string blocks = charts.keep(blocks_table(*subject.pictured, model));
    add_of_cell(
        subject, "ratio", "blocks", blocks,
        "Weights (and MACs) of a standard K x K convolution over those of the depthwise and pointwise "
        "pair that replaces it: K² Co / (K² + Co). It rises with the output channels Co towards K² "
        "(dashed). Dots: the blocks of this network.",
        charts);
    add_of_cell(subject, "blocks", "blocks", blocks,
                "MACs and parameters of each depthwise-separable block, of the one standard convolution that "
                "it stands for, and how many times more that is.",
                charts);
}

/// Cells that two runs have both, the second run's time over the first's.
void add_changes(const std::vector<PicturedRun>& runs, Charts& charts) {
    for (const SweepGroup& group : sweep_groups(runs[1].run)) {
        for (const SweepGroup& base : sweep_groups(runs[0].run)) {
            if (group_title(base) != group_title(group)) continue;
            const std::string cells = charts.keep(change_table(runs[0], base, runs[1], group));
            if (charts.is_empty(cells)) continue;
            Json row = chart({.pictured = &runs[1], .run = 1, .group = group}, "change", "heat_maps",
                             {{"cells", cells}});
            row["description"] =
                "Time of the first run over time of the second, for each cell that both have: "
                "above 1, the second run is faster. Medians of two runs: without an interval.";
            charts.add(std::move(row));
        }
    }
}

/// Those of a measured sweep; of one that was only counted, one for each model.
std::vector<SweepGroup> groups_of(const SweepRun& run) {
    if (!run.points.empty()) return sweep_groups(run);
    std::vector<SweepGroup> groups;
    for (const SweepCell& cell : run.cells) {
        const auto same = [&](const SweepGroup& group) { return group.model == cell.model; };
        if (std::none_of(groups.begin(), groups.end(), same))
            groups.push_back({.model = cell.model, .engine = "", .threads = 1, .points = {}});
    }
    return groups;
}

}  // namespace

Json sweep_charts(const std::vector<PicturedRun>& runs) {
    Charts charts;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        std::set<std::string> models;
        std::set<std::string> runners;
        for (const SweepGroup& group : groups_of(runs[i].run)) {
            const Subject subject{.pictured = &runs[i], .run = i, .group = group};
            add_grids(subject, charts);
            add_scatter(subject, charts);
            add_accuracy(subject, runners, charts);
            add_layers(subject, charts);
            add_paper(subject, models, charts);
            add_samples(subject, charts);
        }
    }
    charts.share_colours();
    if (runs.size() == 2) add_changes(runs, charts);
    return charts.take();
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/page/charts.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"

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

Json chart(const Subject& subject, const char* kind, const char* spec, Json data) {
    return {{"kind", kind},
            {"spec", spec},
            {"run", subject.run},
            {"group", group_title(subject.group)},
            {"data", std::move(data)}};
}

Json option(const Json& value, const Json& text) {
    return {{"value", value}, {"text", text}};
}

/// Lets the reader choose one of the cells; the first is shown at the beginning.
Json choice_of_cell(const Json& cells) {
    Json options = Json::array();
    for (const Json& cell : cells)
        options.push_back(option(cell, cell));
    return {{"signal", "cell"}, {"label", "Cell"}, {"options", std::move(options)}};
}

std::string summary_of(const Subject& subject) {
    const SweepResult& result = subject.pictured->result;
    const SweepRun& run = subject.pictured->run;
    std::optional<std::size_t> best;
    for (const std::size_t i : subject.group.points) {
        const auto& speedup = result.points[i].speedup;
        if (run.points[i].network == NetworkKind::separable && speedup &&
            (!best || speedup->value > result.points[*best].speedup->value))
            best = i;
    }
    if (!best) return "No speed-up was measured.";
    const PointResult& point = result.points[*best];
    return fmt::format("The largest: {} measured, {} on paper, at {}.", factor_text(point.speedup->value),
                       factor_text(point.analytic_speedup.value_or(0)),
                       cell_title(run.cells[run.points[*best].cell]));
}

void add_grids(const Subject& subject, Charts& charts) {
    const std::string speedups = charts.keep(speedup_table(*subject.pictured, subject.group));
    if (!charts.is_empty(speedups)) {
        Json row = chart(subject, "heat_maps", "heat_maps", {{"cells", speedups}});
        row["description"] =
            "Speed-up over the largest cell, for each width multiplier alpha (rows) and input "
            "resolution (columns): counted, measured, and the part that was kept. " +
            summary_of(subject);
        charts.add(std::move(row));
    }
    const std::string standards = charts.keep(standard_table(*subject.pictured, subject.group));
    if (charts.is_empty(standards)) return;
    Json row = chart(subject, "standard", "heat_maps", {{"cells", standards}});
    row["description"] =
        "How much faster each separable network is than the same network with standard "
        "convolutions: counted, measured, and the part that was kept.";
    charts.add(std::move(row));
}

void add_scatter(const Subject& subject, Charts& charts) {
    const std::string points = charts.keep(points_table(*subject.pictured, subject.group));
    if (charts.is_empty(points)) return;
    Json row = chart(subject, "scatter", "scatter", {{"points", points}});
    bool published = false;
    for (const auto& top1 : subject.pictured->top1)
        published = published || top1.has_value();
    row["description"] = fmt::format(
        "Time of one pass against MACs, or another size. On the Pareto front are the separable networks than "
        "which none has at least their {}, takes at most their time and needs at most their memory.",
        published ? "published accuracy (MACs where one is not published)" : "MACs");
    Json options = {option("macs", "MACs"), option("peak_activation_bytes", "peak memory of activations")};
    if (published) options.push_back(option("top1", "published top-1 accuracy"));
    row["choices"] = {{{"signal", "horizontal"}, {"label", "Against"}, {"options", std::move(options)}}};
    charts.add(std::move(row));
}

void add_layers(const Subject& subject, Charts& charts) {
    const std::string layers = charts.keep(layers_table(*subject.pictured, subject.group));
    if (charts.is_empty(layers)) return;
    const Json choices = Json::array({choice_of_cell(cells_of(charts.table(layers)))});
    const std::string roof = charts.keep(roof_table(*subject.pictured, subject.group));
    Json roofline = chart(subject, "roofline", "roofline", {{"layers", layers}, {"roof", roof}});
    roofline["description"] =
        "Every layer's rate of arithmetic against its FLOP per byte moved, larger where more time goes";
    roofline["description"] =
        roofline["description"].get<std::string>() +
        (charts.is_empty(roof)
             ? "; the roof of this machine is not known."
             : ", below the most that the memory and the arithmetic of this machine allow.");
    roofline["choices"] = choices;
    charts.add(std::move(roofline));
    Json bars = chart(subject, "layers", "layers", {{"layers", layers}});
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
        "Every sample over the median of its network, round by round. A slope or a step of the "
        "line, the median over all networks, is drift of the machine.";
    charts.add(std::move(row));
}

/// The same for all engines, so once for a model.
void add_blocks(const Subject& subject, std::set<std::string>& done, Charts& charts) {
    if (!done.insert(subject.group.model).second) return;
    const std::string blocks = charts.keep(blocks_table(*subject.pictured, subject.group.model));
    if (charts.is_empty(blocks)) return;
    Json row = chart(subject, "blocks", "blocks", {{"blocks", blocks}});
    row["group"] = subject.group.model;
    row["description"] =
        "MACs and parameters of each depthwise-separable block, and of the one standard "
        "convolution that it stands for.";
    row["choices"] = Json::array({choice_of_cell(cells_of(charts.table(blocks)))});
    charts.add(std::move(row));
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
                "above 1, the second run is quicker.";
            charts.add(std::move(row));
        }
    }
}

}  // namespace

Json sweep_charts(const std::vector<PicturedRun>& runs) {
    Charts charts;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        std::set<std::string> models;
        for (const SweepGroup& group : sweep_groups(runs[i].run)) {
            const Subject subject{.pictured = &runs[i], .run = i, .group = group};
            add_grids(subject, charts);
            add_scatter(subject, charts);
            add_layers(subject, charts);
            add_blocks(subject, models, charts);
            add_samples(subject, charts);
        }
    }
    charts.share_colours();
    if (runs.size() == 2) add_changes(runs, charts);
    return charts.take();
}

}  // namespace mobilenet_cost

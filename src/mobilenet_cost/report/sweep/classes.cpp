#include "mobilenet_cost/report/sweep/classes.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/bench/cells.h"
#include "mobilenet_cost/report/parts/measured_text.h"
#include "mobilenet_cost/report/sweep/groups.h"

namespace mobilenet_cost {
namespace {

const LayerProfile* profile_of(const SweepRun& run, std::size_t point) {
    if (point >= run.profiles.size() || !run.profiles[point]) return nullptr;
    const LayerProfile& profile = *run.profiles[point];
    return profile.status == BenchStatus::ok && !profile.classes.empty() ? &profile : nullptr;
}

/// Of the layers of a class, or of all.
double bound_seconds(const LayerProfile& profile, const RooflinePeak& peak,
                     std::optional<LayerClass> layer_class) {
    double seconds = 0;
    for (const LayerTime& layer : profile.layers) {
        if (!layer_class || layer.layer_class == *layer_class) seconds += roofline_seconds(layer, peak);
    }
    return seconds;
}

void add_bound(std::vector<Cell>& cells, double bound, double seconds) {
    cells.push_back(seconds_cell(bound));
    cells.push_back(seconds > 0 ? percent_cell(bound / seconds, 0) : unknown_cell());
}

ClassShare total_of(const LayerProfile& profile) {
    ClassShare total;
    for (const ClassShare& row : profile.classes) {
        total.layers += row.layers;
        total.macs += row.macs;
        total.traffic_bytes += row.traffic_bytes;
        total.seconds += row.seconds;
    }
    total.mac_share = total.traffic_share = total.time_share = 1;
    return total;
}

std::vector<Cell> share_cells(const ClassShare& row, std::string name) {
    return {text_cell(std::move(name)),       count_cell(row.layers),
            percent_cell(row.mac_share, 1),   percent_cell(row.traffic_share, 1),
            percent_cell(row.time_share, 1),  seconds_cell(row.seconds),
            rate_cell(row.macs, row.seconds), bandwidth_cell(row.traffic_bytes, row.seconds)};
}

Section share_section(const SweepRun& run, const SweepGroup& group, std::size_t point,
                      const RooflinePeak* peak) {
    const LayerProfile& profile = *profile_of(run, point);
    Section section;
    Table& table = section.table;
    table.caption = fmt::format("{}: where the time goes, {}", group_title(group),
                                cell_title(run.cells[run.points[point].cell]));
    table.columns = {{"class", "class", true},        {"layers", "layers"},        {"mac_share", "of MACs"},
                     {"traffic_share", "of traffic"}, {"time_share", "of time"},   {"seconds", "time"},
                     {"gflop_per_second", "GFLOP/s"}, {"gbyte_per_second", "GB/s"}};
    if (peak != nullptr) {
        table.columns.push_back({"roofline_seconds", "roofline"});
        table.columns.push_back({"roofline_share", "of bound"});
    }
    for (const ClassShare& row : profile.classes) {
        table.rows.push_back(share_cells(row, std::string(layer_class_name(row.layer_class))));
        if (peak != nullptr)
            add_bound(table.rows.back(), bound_seconds(profile, *peak, row.layer_class), row.seconds);
    }
    const ClassShare total = total_of(profile);
    table.total = share_cells(total, "all layers");
    if (peak != nullptr) add_bound(table.total, bound_seconds(profile, *peak, std::nullopt), total.seconds);
    return section;
}

const ClassShare* find_class(const LayerProfile& profile, LayerClass layer_class) {
    const auto found =
        std::find_if(profile.classes.begin(), profile.classes.end(),
                     [layer_class](const ClassShare& row) { return row.layer_class == layer_class; });
    return found == profile.classes.end() ? nullptr : &*found;
}

Cell quotient_cell(double numerator, double denominator) {
    return numerator > 0 && denominator > 0 ? factor_cell(numerator / denominator) : unknown_cell();
}

/// Were time MACs, every class would take 1 / speedup of its time in the base; `extra` is what it takes
/// beyond that, and over the classes it sums to the whole loss, above 0.
std::vector<Cell> loss_cells(const ClassShare& base, const ClassShare& small, double speedup,
                             double all_extra, std::string name) {
    const double extra = small.seconds - base.seconds / speedup;
    return {text_cell(std::move(name)),
            quotient_cell(static_cast<double>(base.macs), static_cast<double>(small.macs)),
            quotient_cell(static_cast<double>(base.traffic_bytes), static_cast<double>(small.traffic_bytes)),
            quotient_cell(base.seconds, small.seconds),
            seconds_cell(extra),
            percent_cell(extra / all_extra, 0)};
}

Section loss_section(const SweepRun& run, const SweepGroup& group, std::size_t base_point,
                     std::size_t small_point) {
    const LayerProfile& base = *profile_of(run, base_point);
    const LayerProfile& small = *profile_of(run, small_point);
    const ClassShare base_total = total_of(base);
    const ClassShare small_total = total_of(small);
    Section section;
    if (base_total.macs <= 0 || small_total.macs <= 0) return section;
    const double speedup = static_cast<double>(base_total.macs) / static_cast<double>(small_total.macs);
    const double all_extra = small_total.seconds - base_total.seconds / speedup;
    if (!(all_extra > 0)) return section;  // nothing was lost
    Table& table = section.table;
    table.caption = fmt::format("{}: what keeps {} from the analytic {}", group_title(group),
                                cell_title(run.cells[run.points[small_point].cell]), factor_text(speedup));
    table.columns = {{"class", "class", true},          {"mac_ratio", "fewer MACs"},
                     {"traffic_ratio", "less traffic"}, {"speedup", "faster"},
                     {"extra_seconds", "too long by"},  {"extra_share", "of the loss"}};
    for (const ClassShare& row : small.classes) {
        const ClassShare* before = find_class(base, row.layer_class);
        table.rows.push_back(loss_cells(before != nullptr ? *before : ClassShare{}, row, speedup, all_extra,
                                        std::string(layer_class_name(row.layer_class))));
    }
    table.total = loss_cells(base_total, small_total, speedup, all_extra, "all layers");
    return section;
}

/// What has to be known to trust the layers' times.
std::string remarks(const SweepRun& run, std::size_t point) {
    const LayerProfile& profile = *profile_of(run, point);
    const std::string name = cell_title(run.cells[run.points[point].cell]);
    std::string text;
    const double whole = profile.whole_seconds.value;
    if (has_notable_residual(profile)) {
        text += fmt::format(
            "{}: the sum of the layers is {:.1f} % {} than a whole pass; do not trust them.\n", name,
            100 * std::abs(profile.residual_seconds) / whole, profile.residual_seconds > 0 ? "less" : "more");
    }
    if (std::any_of(profile.layers.begin(), profile.layers.end(),
                    [](const LayerTime& layer) { return layer.fused; })) {
        text += fmt::format(
            "{}: a fused layer's time is in the layer that it is fused into, its MACs and traffic are in its "
            "own class.\n",
            name);
    }
    return text;
}

struct Ends {
    std::size_t base = 0;
    std::size_t smallest = 0;
};

/// Base and smallest cell of a group, of those with timed layers.
std::optional<Ends> ends_of(const SweepRun& run, const SweepGroup& group) {
    std::optional<Ends> ends;
    for (const std::size_t point : group.points) {
        if (profile_of(run, point) == nullptr) continue;
        if (!ends) ends = Ends{point, point};
        const auto macs = [&](std::size_t i) { return run.cells[run.points[i].cell].macs; };
        if (run.points[point].base == point) ends->base = point;
        if (macs(point) < macs(ends->smallest)) ends->smallest = point;
    }
    return ends;
}

}  // namespace

std::vector<Section> sweep_class_sections(const SweepRun& run, const RooflinePeaks& peaks) {
    std::vector<Section> sections;
    for (const SweepGroup& group : sweep_groups(run)) {
        const auto ends = ends_of(run, group);
        if (!ends) continue;
        const RooflinePeak* peak = find_peak(peaks, group.threads);
        sections.push_back(share_section(run, group, ends->base, peak));
        std::string text = remarks(run, ends->base);
        if (ends->smallest != ends->base) {
            sections.push_back(share_section(run, group, ends->smallest, peak));
            Section loss = loss_section(run, group, ends->base, ends->smallest);
            if (!loss.table.columns.empty()) sections.push_back(std::move(loss));
            text += remarks(run, ends->smallest);
        }
        if (!text.empty()) sections.push_back({.text = text, .table = {}});
    }
    return sections;
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/sweep/classes.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/parts/class_fields.h"
#include "mobilenet_cost/report/sweep/groups.h"

namespace mobilenet_cost {
namespace {

/// Of the layers of a class, or of all.
double bound_seconds(const LayerProfile& profile, const RooflinePeak& peak,
                     std::optional<LayerClass> layer_class) {
    double seconds = 0;
    for (const LayerTime& layer : profile.layers) {
        if (!layer_class || layer.layer_class == *layer_class) seconds += roofline_seconds(layer, peak);
    }
    return seconds;
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

Section share_section(const SweepRun& run, const SweepGroup& group, std::size_t point,
                      const RooflinePeak* peak) {
    const LayerProfile& profile = *run.profiles[point];
    std::vector<const char*> keys = {
        "class",      "layers",         "mac_share",        "traffic_share",
        "time_share", "median_seconds", "flops_per_second", "traffic_bytes_per_second"};
    if (peak != nullptr) keys.insert(keys.end(), {"roofline_seconds", "roofline_share"});
    const auto cells = [&](ClassRow row, std::optional<LayerClass> layer_class) {
        if (peak != nullptr) row.bound_seconds = bound_seconds(profile, *peak, layer_class);
        return class_fields().cells(keys, row);
    };
    Section section;
    Table& table = section.table;
    table.caption =
        fmt::format("{}: where the time goes, {}{}", group_title(group),
                    cell_title(run.cells[run.points[point].cell]), network_suffix(run.points[point].network));
    table.columns = class_fields().columns(keys);
    table.droppable = {"layers", "roofline_seconds", "traffic_bytes_per_second", "traffic_share"};
    for (const ClassShare& row : profile.classes)
        table.rows.push_back(cells(class_row(row), row.layer_class));
    table.total = cells({.name = "all layers", .share = total_of(profile)}, std::nullopt);
    return section;
}

const ClassShare* find_class(const LayerProfile& profile, LayerClass layer_class) {
    const auto found =
        std::find_if(profile.classes.begin(), profile.classes.end(),
                     [layer_class](const ClassShare& row) { return row.layer_class == layer_class; });
    return found == profile.classes.end() ? nullptr : &*found;
}

/// What a class takes in the base and in the smallest cell. Were time MACs, every class would take 1 /
/// speedup of its time in the base; `extra` is what it takes beyond that, and over the classes it sums to the
/// whole loss, above 0.
struct LossRow {
    std::string name;
    ClassShare base;
    ClassShare small;
    double extra = 0;
    double all_extra = 0;
};

template <typename Member>
auto quotient_of(Member ClassShare::*member) {
    return [member](const LossRow& row) -> std::optional<double> {
        const auto base = static_cast<double>(row.base.*member);
        const auto small = static_cast<double>(row.small.*member);
        return base > 0 && small > 0 ? std::optional(base / small) : std::nullopt;
    };
}

const RowFields<LossRow>& loss_fields() {
    static const RowFields<LossRow> fields = {
        {"class", "class", Show::name, kShownOnly, &LossRow::name},
        {"mac_ratio", "fewer MACs", Show::factor, kShownOnly, quotient_of(&ClassShare::macs)},
        {"traffic_ratio", "less traffic", Show::factor, kShownOnly, quotient_of(&ClassShare::traffic_bytes)},
        {"speedup", "faster", Show::factor, kShownOnly, quotient_of(&ClassShare::seconds)},
        {"extra_seconds", "too long by", Show::seconds, kShownOnly, &LossRow::extra},
        {"extra_share", "of the loss", Show::percent, kShownOnly,
         [](const LossRow& row) { return row.extra / row.all_extra; }},
    };
    return fields;
}

Section loss_section(const SweepRun& run, const SweepGroup& group, std::size_t base_point,
                     std::size_t small_point) {
    const LayerProfile& base = *run.profiles[base_point];
    const LayerProfile& small = *run.profiles[small_point];
    const ClassShare base_total = total_of(base);
    const ClassShare small_total = total_of(small);
    Section section;
    if (base_total.macs <= 0 || small_total.macs <= 0) return section;
    const double speedup = static_cast<double>(base_total.macs) / static_cast<double>(small_total.macs);
    const double all_extra = small_total.seconds - base_total.seconds / speedup;
    if (!(all_extra > 0)) return section;  // nothing was lost
    const auto loss = [&](std::string name, const ClassShare& before, const ClassShare& row) {
        return LossRow{std::move(name), before, row, row.seconds - before.seconds / speedup, all_extra};
    };
    std::vector<LossRow> rows;
    for (const ClassShare& row : small.classes) {
        const ClassShare* before = find_class(base, row.layer_class);
        rows.push_back(loss(std::string(layer_class_name(row.layer_class)),
                            before != nullptr ? *before : ClassShare{}, row));
    }
    const std::vector<const char*> keys = {"class",   "mac_ratio",     "traffic_ratio",
                                           "speedup", "extra_seconds", "extra_share"};
    section.table = loss_fields().shown(keys, rows);
    section.table.total = loss_fields().cells(keys, loss("all layers", base_total, small_total));
    section.table.caption =
        fmt::format("{}: what keeps {} from the analytic {}{}", group_title(group),
                    cell_title(run.cells[run.points[small_point].cell]), factor_text(speedup),
                    network_suffix(run.points[small_point].network));
    return section;
}

/// What has to be known to trust the layers' times.
std::string remarks(const SweepRun& run, std::size_t point) {
    const LayerProfile& profile = *run.profiles[point];
    const std::string name = cell_title(run.cells[run.points[point].cell]);
    std::string text;
    const double whole = profile.whole_seconds.value;
    if (has_notable_residual(profile)) {
        text += fmt::format(
            "{}: the layers add up to {:.1f} % {} than the whole pass, so their times are unreliable.\n",
            name, 100 * std::abs(profile.residual_seconds) / whole,
            profile.residual_seconds > 0 ? "less" : "more");
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
    for (const std::size_t point : profiled_points(run, group)) {
        if (run.profiles[point]->classes.empty()) continue;
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
        const RooflinePeak* peak = find_peak(peaks, group.engine, group.threads);
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

#include "mobilenet_cost/report/bench/layers.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/bench/cells.h"

namespace mobilenet_cost {
namespace {

/// Kernel names are too long for a table: each gets a letter. One list for each engine, in order of
/// appearance.
using KernelLists = std::vector<std::pair<std::string, std::vector<std::string>>>;

/// a ... z, aa ...
std::string letters(std::size_t index) {
    std::string text(1, static_cast<char>('a' + index % 26));
    return index < 26 ? text : letters(index / 26 - 1) + text;
}

std::string kernel_letters(KernelLists& lists, const std::string& engine, const std::string& kernel) {
    auto list =
        std::find_if(lists.begin(), lists.end(), [&](const auto& row) { return row.first == engine; });
    if (list == lists.end()) list = lists.insert(lists.end(), {engine, {}});
    std::vector<std::string>& kernels = list->second;
    const auto found = std::find(kernels.begin(), kernels.end(), kernel);
    const auto index = static_cast<std::size_t>(found - kernels.begin());
    if (found == kernels.end()) kernels.push_back(kernel);
    return letters(index);
}

using Profiles = std::vector<const LayerProfile*>;

Profiles timed_profiles(const std::vector<LayerProfile>& all) {
    Profiles profiles;
    for (const LayerProfile& profile : all)
        if (profile.status == BenchStatus::ok) profiles.push_back(&profile);
    return profiles;
}

std::vector<Column> columns_of(const Profiles& profiles) {
    std::vector<Column> columns = {{"layer", "layer", true}, {"op", "op", true},
                                   {"input", "input"},       {"output", "output"},
                                   {"macs", "MACs"},         {"traffic_share", "of traffic"}};
    for (const LayerProfile* profile : profiles) {
        append(columns, {{"seconds", fmt::format("{} x{}", profile->engine, profile->threads)},
                         {"time_share", "of time"},
                         {"gflop_per_second", "GFLOP/s"},
                         {"kernel", "", true}});
    }
    return columns;
}

Cell shape_cell(const Shape& shape) {
    return text_cell(size_text(shape.h, shape.w, shape.c));
}

double traffic_share(const LayerProfile& profile, std::int64_t bytes) {
    double total = 0;
    for (const LayerTime& layer : profile.layers)
        total += static_cast<double>(layer.traffic_bytes);
    return total > 0 ? static_cast<double>(bytes) / total : 0;
}

std::vector<Cell> layer_row(const Profiles& profiles, std::size_t index, KernelLists& lists) {
    const LayerTime& layer = profiles.front()->layers[index];
    std::vector<Cell> cells = {text_cell(layer.name),
                               text_cell(layer.op),
                               shape_cell(layer.input),
                               shape_cell(layer.output),
                               layer.macs > 0 ? macs_cell(layer.macs) : unknown_cell(),
                               percent_cell(traffic_share(*profiles.front(), layer.traffic_bytes), 1)};
    for (const LayerProfile* profile : profiles) {
        const LayerTime& timed = profile->layers[index];
        append(cells, timed.fused
                          ? std::vector{text_cell("fused"), unknown_cell(), unknown_cell(), text_cell("^")}
                          : std::vector{seconds_cell(timed.seconds.value), percent_cell(timed.time_share, 1),
                                        rate_cell(timed.macs, timed.seconds.value),
                                        text_cell(kernel_letters(lists, profile->engine, timed.kernel))});
    }
    return cells;
}

/// A row below the layers: three cells of each profile, and none for its kernel.
std::vector<Cell> sum_row(const Profiles& profiles, const std::string& name, Cell macs, Cell traffic,
                          const std::function<std::vector<Cell>(const LayerProfile&)>& of_profile) {
    const Cell none = text_cell("");
    std::vector<Cell> cells = {text_cell(name), none, none, none, std::move(macs), std::move(traffic)};
    for (const LayerProfile* profile : profiles) {
        append(cells, of_profile(*profile));
        cells.push_back(none);
    }
    return cells;
}

/// The classes are those of the network, the same in each profile.
std::vector<Cell> class_row(const Profiles& profiles, std::size_t index) {
    const ClassShare& first = profiles.front()->classes[index];
    return sum_row(profiles, fmt::format("sum of {} {}", first.layers, layer_class_name(first.layer_class)),
                   first.macs > 0 ? macs_cell(first.macs) : unknown_cell(),
                   percent_cell(first.traffic_share, 1), [index](const LayerProfile& profile) {
                       const ClassShare& sum = profile.classes[index];
                       return std::vector{seconds_cell(sum.seconds), percent_cell(sum.time_share, 1),
                                          rate_cell(sum.macs, sum.seconds)};
                   });
}

/// Sum, whole pass and the difference.
void add_total_rows(const Profiles& profiles, std::vector<std::vector<Cell>>& rows) {
    const Cell none = text_cell("");
    std::int64_t macs = 0;
    for (const ClassShare& sum : profiles.front()->classes)
        macs += sum.macs;
    rows.push_back(sum_row(profiles, "sum of the layers", macs_cell(macs), percent_cell(1, 1),
                           [macs](const LayerProfile& profile) {
                               return std::vector{seconds_cell(profile.sum_seconds), percent_cell(1, 1),
                                                  rate_cell(macs, profile.sum_seconds)};
                           }));
    rows.push_back(sum_row(profiles, "whole pass", none, none, [&](const LayerProfile& profile) {
        const double whole = profile.whole_seconds.value;
        return std::vector{seconds_cell(whole), none, rate_cell(macs, whole)};
    }));
    const bool isolated = profiles.front()->mode == LayerMode::isolated;
    rows.push_back(
        sum_row(profiles, isolated ? "whole pass - sum of isolated layers" : "residual: whole pass - sum",
                none, none, [&](const LayerProfile& profile) {
                    const double residual = profile.residual_seconds;
                    const std::string sign = residual < 0 ? "-" : "";
                    const double share = residual / profile.whole_seconds.value;
                    return std::vector{Cell{sign + seconds_text(std::abs(residual)), shortest(residual)},
                                       text_cell(fmt::format("{:+.1f} %", 100 * share)), none};
                }));
    if (!profiles.front()->clock_overhead) return;
    rows.push_back(
        sum_row(profiles, "pass with clock readings / without", none, none, [&](const LayerProfile& profile) {
            const Estimate overhead = profile.clock_overhead.value_or(Estimate{});
            return std::vector{text_cell(fmt::format("{:.3f}x", overhead.value)), none, none};
        }));
}

Table layer_table(const Profiles& profiles, KernelLists& lists) {
    Table table;
    const LayerProfile& first = *profiles.front();
    table.columns = columns_of(profiles);
    table.droppable = {"op", "input", "output", "traffic_share", "gflop_per_second"};
    for (std::size_t i = 0; i < first.layers.size(); ++i)
        table.rows.push_back(layer_row(profiles, i, lists));
    for (std::size_t i = 0; i < first.classes.size(); ++i)
        table.sums.push_back(class_row(profiles, i));
    add_total_rows(profiles, table.sums);
    return table;
}

std::string legend(const KernelLists& lists) {
    std::string text;
    for (const auto& [engine, kernels] : lists) {
        text += fmt::format("Kernels of {}:", engine);
        for (std::size_t i = 0; i < kernels.size(); ++i)
            text += fmt::format("{} {} = {}", i == 0 ? "" : ",", letters(i), kernels[i]);
        text += "\n";
    }
    return text;
}

std::string how_timed(const LayerProfile& profile) {
    const std::string_view what =
        profile.mode == LayerMode::isolated
            ? "passes of the layer with the fewest, each layer by itself, in the same rounds as whole passes"
            : "passes timed layer by layer, in the same rounds as those without clock readings";
    return fmt::format("{}: {} {}.\n", row_title(profile.engine, profile.threads),
                       with_thousands(profile.passes), what);
}

std::string explanation(const Profiles& profiles, CacheMode cache) {
    std::string text;
    bool fused = false;
    for (const LayerProfile* profile : profiles) {
        text += how_timed(*profile);
        fused = fused || std::any_of(profile->layers.begin(), profile->layers.end(),
                                     [](const LayerTime& layer) { return layer.fused; });
    }
    if (fused) {
        text +=
            "A fused layer's time is in the layer that it is fused into; its MACs and traffic are in its own "
            "row.\n";
    }
    if (profiles.front()->mode == LayerMode::isolated) {
        text +=
            cache == CacheMode::warm
                ? "An isolated layer finds its own weights and activations in the caches as far as they "
                  "fit.\n"
                : "The operands of an isolated sum or product are written right before it, cold or not.\n";
    }
    return text;
}

}  // namespace

std::vector<Section> layer_sections(const std::vector<LayerProfile>& all, CacheMode cache,
                                    const std::string& title) {
    const Profiles profiles = timed_profiles(all);
    if (profiles.empty()) return {};
    KernelLists lists;
    Section section;
    section.table = layer_table(profiles, lists);
    section.table.caption =
        fmt::format("Layers{}, {}, cache {}: median over the rounds", title.empty() ? "" : " of " + title,
                    layer_mode_name(profiles.front()->mode), cache_mode_name(cache));
    return {section, {.text = legend(lists) + explanation(profiles, cache), .table = {}}};
}

}  // namespace mobilenet_cost

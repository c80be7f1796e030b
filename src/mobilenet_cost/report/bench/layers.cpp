#include "mobilenet_cost/report/bench/layers.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/bench/cells.h"

namespace mobilenet_cost {
namespace {

/// Kernel names are too long for a table: each gets a letter. One list for each engine.
struct KernelList {
    std::string engine;
    std::vector<std::string> kernels;
};

/// a ... z, aa ...
std::string letters(std::size_t index) {
    std::string text(1, static_cast<char>('a' + index % 26));
    return index < 26 ? text : letters(index / 26 - 1) + text;
}

KernelList& list_of(std::vector<KernelList>& lists, const std::string& engine) {
    const auto found = std::find_if(lists.begin(), lists.end(),
                                    [&](const KernelList& list) { return list.engine == engine; });
    return found == lists.end() ? lists.emplace_back(KernelList{engine, {}}) : *found;
}

std::string kernel_letters(KernelList& list, const std::string& kernel) {
    const auto found = std::find(list.kernels.begin(), list.kernels.end(), kernel);
    const auto index = static_cast<std::size_t>(found - list.kernels.begin());
    if (found == list.kernels.end()) list.kernels.push_back(kernel);
    return letters(index);
}

using Profiles = std::vector<const LayerProfile*>;

Profiles timed_profiles(const BenchResult& result) {
    Profiles profiles;
    for (const LayerProfile& profile : result.profiles)
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

std::vector<Cell> time_cells(const LayerTime& layer, KernelList& list) {
    if (layer.fused) return {text_cell("fused"), unknown_cell(), unknown_cell(), text_cell("^")};
    return {seconds_cell(layer.seconds.value), percent_cell(layer.time_share, 1),
            rate_cell(layer.macs, layer.seconds.value), text_cell(kernel_letters(list, layer.kernel))};
}

std::vector<Cell> layer_row(const Profiles& profiles, std::size_t index, std::vector<KernelList>& lists) {
    const LayerTime& layer = profiles.front()->layers[index];
    std::vector<Cell> cells = {text_cell(layer.name),
                               text_cell(layer.op),
                               shape_cell(layer.input),
                               shape_cell(layer.output),
                               layer.macs > 0 ? macs_cell(layer.macs) : unknown_cell(),
                               percent_cell(traffic_share(*profiles.front(), layer.traffic_bytes), 1)};
    for (const LayerProfile* profile : profiles)
        append(cells, time_cells(profile->layers[index], list_of(lists, profile->engine)));
    return cells;
}

/// A row whose first cells are `name`, MACs and part of the traffic.
std::vector<Cell> sum_row(const std::string& name, Cell macs, Cell traffic) {
    return {text_cell(name), text_cell(""),   text_cell(""),
            text_cell(""),   std::move(macs), std::move(traffic)};
}

/// The classes are those of the network, the same in each profile.
std::vector<Cell> class_row(const Profiles& profiles, std::size_t index) {
    const ClassShare& first = profiles.front()->classes[index];
    std::vector<Cell> cells = sum_row(
        fmt::format("sum of {} {}", first.layers, layer_class_name(first.layer_class)),
        first.macs > 0 ? macs_cell(first.macs) : unknown_cell(), percent_cell(first.traffic_share, 1));
    for (const LayerProfile* profile : profiles) {
        const ClassShare& sum = profile->classes[index];
        append(cells, {seconds_cell(sum.seconds), percent_cell(sum.time_share, 1),
                       rate_cell(sum.macs, sum.seconds), text_cell("")});
    }
    return cells;
}

std::int64_t total_macs(const LayerProfile& profile) {
    std::int64_t macs = 0;
    for (const ClassShare& sum : profile.classes)
        macs += sum.macs;
    return macs;
}

std::vector<Cell> total_row(const Profiles& profiles) {
    const std::int64_t macs = total_macs(*profiles.front());
    std::vector<Cell> cells = sum_row("sum of the layers", macs_cell(macs), percent_cell(1, 1));
    for (const LayerProfile* profile : profiles) {
        append(cells, {seconds_cell(profile->sum_seconds), percent_cell(1, 1),
                       rate_cell(macs, profile->sum_seconds), text_cell("")});
    }
    return cells;
}

std::vector<Cell> whole_row(const Profiles& profiles) {
    std::vector<Cell> cells = sum_row("whole pass", text_cell(""), text_cell(""));
    for (const LayerProfile* profile : profiles) {
        const double whole = profile->whole_seconds.value;
        append(cells,
               {seconds_cell(whole), text_cell(""), rate_cell(total_macs(*profile), whole), text_cell("")});
    }
    return cells;
}

/// whole - sum, and as part of the whole.
std::vector<Cell> residual_row(const Profiles& profiles) {
    const bool isolated = profiles.front()->mode == LayerMode::isolated;
    std::vector<Cell> cells =
        sum_row(isolated ? "whole pass - sum of isolated layers" : "residual: whole pass - sum",
                text_cell(""), text_cell(""));
    for (const LayerProfile* profile : profiles) {
        const double residual = profile->residual_seconds;
        append(cells, {{fmt::format("{}{}", residual < 0 ? "-" : "", seconds_text(std::abs(residual))),
                        shortest(residual)},
                       text_cell(fmt::format("{:+.1f} %", 100 * residual / profile->whole_seconds.value)),
                       text_cell(""),
                       text_cell("")});
    }
    return cells;
}

std::vector<Cell> clock_row(const Profiles& profiles) {
    std::vector<Cell> cells = sum_row("pass with clock readings / without", text_cell(""), text_cell(""));
    for (const LayerProfile* profile : profiles) {
        const Estimate overhead = profile->clock_overhead.value_or(Estimate{});
        append(cells, {text_cell(fmt::format("{:.3f}x", overhead.value)), text_cell(""), text_cell(""),
                       text_cell("")});
    }
    return cells;
}

Table layer_table(const BenchResult& result, const Profiles& profiles, std::vector<KernelList>& lists) {
    Table table;
    const LayerProfile& first = *profiles.front();
    table.caption = fmt::format("Layers, {}, cache {}: median over the rounds", layer_mode_name(first.mode),
                                cache_mode_name(result.settings.cache));
    table.columns = columns_of(profiles);
    for (std::size_t i = 0; i < first.layers.size(); ++i)
        table.rows.push_back(layer_row(profiles, i, lists));
    for (std::size_t i = 0; i < first.classes.size(); ++i)
        table.sums.push_back(class_row(profiles, i));
    table.sums.push_back(total_row(profiles));
    table.sums.push_back(whole_row(profiles));
    table.sums.push_back(residual_row(profiles));
    if (first.clock_overhead) table.sums.push_back(clock_row(profiles));
    return table;
}

std::string legend(const std::vector<KernelList>& lists) {
    std::string text;
    for (const KernelList& list : lists) {
        text += fmt::format("Kernels of {}:", list.engine);
        for (std::size_t i = 0; i < list.kernels.size(); ++i)
            text += fmt::format("{} {} = {}", i == 0 ? "" : ",", letters(i), list.kernels[i]);
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

std::vector<Section> layer_sections(const BenchResult& result) {
    const Profiles profiles = timed_profiles(result);
    if (profiles.empty()) return {};
    std::vector<KernelList> lists;
    Section section;
    section.table = layer_table(result, profiles, lists);
    return {section, {.text = legend(lists) + explanation(profiles, result.settings.cache), .table = {}}};
}

}  // namespace mobilenet_cost

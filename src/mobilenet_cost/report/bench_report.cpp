#include "mobilenet_cost/report/bench_report.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/units.h"

namespace mobilenet_cost {
namespace {

constexpr double kGiga = 1e9;

/// Layers whose sum differs from a pass by more than this part of it were not measured well.
constexpr double kNotableResidual = 0.05;

/// A machine with more running processes than this part of its CPUs was not idle before the bench.
constexpr double kNotableLoad = 0.5;

/// Above this part of the CPU time, stolen time is worth a remark.
constexpr double kNotableSteal = 0.01;

Cell seconds_cell(double seconds) {
    return {seconds_text(seconds), shortest(seconds)};
}
Cell factor_cell(double factor) {
    return {factor_text(factor), shortest(factor)};
}

Cell optional_cell(const std::optional<double>& value, const std::function<Cell(double)>& cell) {
    return value ? cell(*value) : unknown_cell();
}

Cell rate_cell(std::int64_t macs, double seconds) {
    const auto rate = flops_per_second(macs, seconds);
    return rate && macs > 0 ? number_cell(*rate / kGiga, 1) : unknown_cell();
}

std::string variant_title(const BenchResult& result) {
    const Variant& variant = result.variant;
    std::string text = fmt::format("{}  alpha {}  resolution {} (beta {:.4g})  classes {}  f32", result.model,
                                   variant.alpha, variant.resolution, result.beta, variant.classes);
    if (variant.batch != 1) text += fmt::format("  batch {}", variant.batch);
    if (variant.scope == AlphaScope::inner) text += "  alpha scope inner";
    return text;
}

std::string network_title(const BenchResult& result, NetworkKind kind) {
    switch (kind) {
        case NetworkKind::separable:
            return "this variant";
        case NetworkKind::standard:
            return "standard convolutions";
        case NetworkKind::base:
            return fmt::format("base (alpha {}, {})", result.base.alpha, result.base.resolution);
    }
    return "";
}

std::string interval_text(const Estimate& estimate, const std::function<std::string(double)>& text) {
    if (!estimate.interval) return "-";
    return fmt::format("[{}, {}]", text(estimate.interval->low), text(estimate.interval->high));
}

std::string interval_title(const BenchResult& result) {
    return fmt::format("{:.4g} % interval", result.settings.confidence * 100);
}

std::string row_title(const std::string& engine, int threads) {
    return fmt::format("{}, {} {}", engine, threads, threads == 1 ? "thread" : "threads");
}

/// The row of a network; null: it was left out.
const NetworkResult* find_network(const BenchResult& result, const std::string& engine, int threads,
                                  NetworkKind kind) {
    const auto& rows = result.networks;
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const NetworkResult& row) {
        return row.engine == engine && row.threads == threads && row.network == kind;
    });
    return found == rows.end() ? nullptr : &*found;
}

/// Texts of the reasons, each once, in the order of the rows.
class Reasons {
  public:
    void add(const std::string& what, std::string_view status, const std::string& reason) {
        const std::string line = fmt::format("{} {}: {}\n", what, status, reason);
        if (text_.find(line) == std::string::npos) text_ += line;
    }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string text_;
};

Section comparison_section(const BenchResult& result, Reasons& reasons) {
    Section section{.text = variant_title(result) + "\n", .table = {}};
    section.table.caption = "How much faster this variant is";
    section.table.columns = {{"engine", "engine", true}, {"threads", "threads"},
                             {"slower", "than", true},   {"analytic_speedup", "on paper"},
                             {"speedup", "measured"},    {"speedup_interval", interval_title(result)},
                             {"fraction_kept", "kept"}};
    for (const Comparison& row : result.comparisons) {
        const std::string name = network_title(result, row.slower);
        std::vector<Cell> cells = {text_cell(row.engine), count_cell(row.threads), text_cell(name),
                                   optional_cell(row.analytic_speedup, factor_cell)};
        if (row.speedup) {
            cells.push_back(factor_cell(row.speedup->value));
            cells.push_back(text_cell(interval_text(*row.speedup, factor_text)));
        } else {
            cells.insert(cells.end(), 2, unknown_cell());
            // A network that was not timed has its own row, which says why.
            if (find_network(result, row.engine, row.threads, row.slower) == nullptr) {
                reasons.add("against " + name + ":", bench_status_name(row.status), row.reason);
            }
        }
        cells.push_back(row.fraction_kept ? percent_cell(row.fraction_kept->value, 0) : unknown_cell());
        section.table.rows.push_back(std::move(cells));
    }
    return section;
}

Section time_section(const BenchResult& result, Reasons& reasons) {
    Section section;
    section.table.caption = "Time of one forward pass, median over the rounds";
    section.table.columns = {{"engine", "engine", true},      {"threads", "threads"},
                             {"network", "network", true},    {"macs", "MACs"},
                             {"median_seconds", "median"},    {"interval_seconds", interval_title(result)},
                             {"gflop_per_second", "GFLOP/s"}, {"samples", "rounds"},
                             {"memory_bytes", "memory"}};
    for (const NetworkResult& row : result.networks) {
        const std::string name = network_title(result, row.network);
        std::vector<Cell> cells = {text_cell(row.engine), count_cell(row.threads), text_cell(name)};
        cells.push_back(row.counts ? Cell{with_prefix(row.counts->macs), fmt::format("{}", row.counts->macs)}
                                   : unknown_cell());
        if (row.seconds) {
            cells.push_back(seconds_cell(row.seconds->value));
            cells.push_back(text_cell(interval_text(*row.seconds, seconds_text)));
            cells.push_back(rate_cell(row.counts->macs, row.seconds->value));
            cells.push_back(count_cell(static_cast<std::int64_t>(row.samples.blocks.size())));
        } else {
            cells.insert(cells.end(), 4, unknown_cell());
            reasons.add(fmt::format("{}, {}:", row_title(row.engine, row.threads), name),
                        bench_status_name(row.status), row.reason);
        }
        cells.push_back(row.memory_bytes
                            ? Cell{bytes_text(*row.memory_bytes), fmt::format("{}", *row.memory_bytes)}
                            : unknown_cell());
        section.table.rows.push_back(std::move(cells));
    }
    return section;
}

std::string profile_title(const LayerProfile& profile) {
    return row_title(profile.engine, profile.threads);
}

Section class_section(const LayerProfile& profile) {
    Section section;
    section.table.caption = "Where the time goes: " + profile_title(profile);
    section.table.columns = {{"class", "class", true},       {"layers", "layers"},
                             {"mac_share", "of MACs"},       {"traffic_share", "of traffic"},
                             {"time_share", "of time"},      {"seconds", "time"},
                             {"gflop_per_second", "GFLOP/s"}};
    for (const ClassShare& row : profile.classes) {
        section.table.rows.push_back({text_cell(std::string(layer_class_name(row.layer_class))),
                                      count_cell(row.layers), percent_cell(row.mac_share, 1),
                                      percent_cell(row.traffic_share, 1), percent_cell(row.time_share, 1),
                                      seconds_cell(row.seconds), rate_cell(row.macs, row.seconds)});
    }
    return section;
}

Cell bandwidth_cell(const LayerTime& row) {
    if (!(row.seconds.value > 0)) return unknown_cell();
    return number_cell(static_cast<double>(row.traffic_bytes) / row.seconds.value / kGiga, 1);
}

Section layer_section(const BenchResult& result, const LayerProfile& profile) {
    Section section;
    section.table.caption = "Layers: " + profile_title(profile);
    section.table.columns = {{"layer", "layer", true},        {"class", "class", true},
                             {"median_seconds", "median"},    {"interval_seconds", interval_title(result)},
                             {"time_share", "of time"},       {"macs", "MACs"},
                             {"gflop_per_second", "GFLOP/s"}, {"gbyte_per_second", "GB/s"},
                             {"kernel", "kernel", true}};
    for (const LayerTime& row : profile.layers) {
        const bool timed = !row.fused;
        section.table.rows.push_back(
            {text_cell(row.name), text_cell(std::string(layer_class_name(row.layer_class))),
             timed ? seconds_cell(row.seconds.value) : unknown_cell(),
             text_cell(timed ? interval_text(row.seconds, seconds_text) : "-"),
             timed ? percent_cell(row.time_share, 1) : unknown_cell(),
             row.macs > 0 ? Cell{with_prefix(row.macs), fmt::format("{}", row.macs)} : unknown_cell(),
             rate_cell(row.macs, row.seconds.value), bandwidth_cell(row), text_cell(row.kernel)});
    }
    std::vector<Cell>& total = section.table.total;
    total = {text_cell("sum of the layers"), text_cell(""), seconds_cell(profile.sum_seconds), text_cell("")};
    total.push_back(percent_cell(1, 1));
    total.insert(total.end(), 4, text_cell(""));
    return section;
}

std::string profile_text(const LayerProfile& profile) {
    const double whole = profile.whole_seconds.value;
    std::string text = fmt::format(
        "A whole pass takes {}, the sum of its layers is {}: residual {:+.1f} %. Reading the clock around "
        "each "
        "layer makes a pass {:.3f} times as long. {} passes with, in the same rounds as those without.\n",
        seconds_text(whole), seconds_text(profile.sum_seconds), 100 * profile.residual_seconds / whole,
        profile.clock_overhead.value, with_thousands(profile.passes));
    if (std::abs(profile.residual_seconds) > kNotableResidual * whole) {
        text += "The layers do not explain the pass: it was too noisy for their times to be trusted.\n";
    }
    const bool fused = std::any_of(profile.layers.begin(), profile.layers.end(),
                                   [](const LayerTime& layer) { return layer.fused; });
    if (fused) {
        text +=
            "A fused layer's time is in the layer that it is fused into; its MACs and traffic are in its "
            "own row.\n";
    }
    return text;
}

void add_profiles(const BenchResult& result, std::vector<Section>& sections, Reasons& reasons) {
    for (const LayerProfile& profile : result.profiles) {
        if (profile.status != BenchStatus::ok) {
            const NetworkResult* row =
                find_network(result, profile.engine, profile.threads, NetworkKind::separable);
            if (row == nullptr || row->status != BenchStatus::ok) continue;  // its own row says why
            reasons.add("layers of " + profile_title(profile) + ":", bench_status_name(profile.status),
                        profile.reason);
            continue;
        }
        sections.push_back(class_section(profile));
        sections.push_back(layer_section(result, profile));
        sections.push_back({.text = profile_text(profile), .table = {}});
    }
}

std::string machine_line(const BenchResult& result) {
    const MachineInfo& machine = result.machine;
    return fmt::format(
        "{}, {} CPUs allowed, {} ({}), governor {}, load {}\n",
        machine.cpu.model_name.value_or("unknown CPU"), machine.allowed_cpus.size(),
        machine.kernel.value_or("unknown kernel"),
        !machine.cpu.hypervisor ? "virtual or not: unknown"
                                : (*machine.cpu.hypervisor ? "virtual machine" : "not virtual"),
        machine.governor.value_or("hidden"),
        machine.load_average ? fmt::format("{}", fmt::join(*machine.load_average, " ")) : "unknown");
}

std::string rounds_line(const BenchResult& result) {
    const BenchSettings& settings = result.settings;
    std::string text = fmt::format("{} of {} rounds in {}, order from seed {}", result.order.size(),
                                   settings.rounds, seconds_text(result.seconds), settings.seed);
    if (settings.pin_cpu) text += fmt::format(", one-thread passes on CPU {}", *settings.pin_cpu);
    text += "\n";
    if (result.ended == Ended::time_limit) {
        text += fmt::format("Cut short by the limit of {} s: raise --max-seconds for all rounds.\n",
                            settings.max_seconds);
    }
    if (result.ended == Ended::interrupted) text += "Interrupted: this is what there was until then.\n";
    if (result.shortened) {
        text += "Blocks are shorter than usual, to leave time for enough rounds: raise --max-seconds.\n";
    }
    const std::size_t needed = samples_for_interval(settings.confidence);
    if (result.order.size() < needed) {
        text += fmt::format("No intervals: {:.4g} % confidence needs {} rounds.\n", settings.confidence * 100,
                            needed);
    }
    return text;
}

/// What makes one row less trustworthy than the others.
std::string row_remarks(const BenchResult& result, const NetworkResult& row) {
    if (row.status != BenchStatus::ok) return {};
    const std::string name = row_title(row.engine, row.threads) + ", " + network_title(result, row.network);
    std::string text;
    if (!row.samples.warm_up.converged) {
        text += fmt::format("{}: the warm-up ended at its limit ({}), not because the times agreed.\n", name,
                            seconds_text(row.samples.warm_up.seconds));
    }
    if (!row.samples.size.confirmed) {
        text += fmt::format("{}: no two calibrations agreed; blocks are {} passes.\n", name,
                            row.samples.size.passes);
    }
    if (static_cast<std::size_t>(row.threads) > result.machine.allowed_cpus.size() &&
        !result.machine.allowed_cpus.empty()) {
        text += fmt::format("{}: more threads than the {} CPUs allowed.\n", name,
                            result.machine.allowed_cpus.size());
    }
    return text;
}

std::string steal_remark(const BenchResult& result) {
    double stolen = 0;
    double blocks = 0;
    for (const NetworkResult& row : result.networks) {
        stolen += total_disturbance(row.samples).steal_seconds.value_or(0);
        for (const TimedBlock& block : row.samples.blocks) {
            for (const double pass : block.pass_seconds) {
                blocks += pass * static_cast<double>(row.samples.size.group);
            }
        }
    }
    const double cpus = std::max<double>(static_cast<double>(result.machine.allowed_cpus.size()), 1);
    if (!(stolen > kNotableSteal * blocks * cpus)) return {};
    return fmt::format("The hypervisor took {:.1f} % of the CPU time during the rounds.\n",
                       100 * stolen / (blocks * cpus));
}

std::string load_remark(const BenchResult& result) {
    const auto& load = result.machine.load_average;
    const auto cpus = static_cast<double>(result.machine.allowed_cpus.size());
    if (!load || !(load->front() > kNotableLoad * cpus)) return {};
    return fmt::format(
        "Other programs were running (load {} on {} CPUs): times are too long and uneven, above "
        "all those of several threads.\n",
        load->front(), cpus);
}

Section note_section(const BenchResult& result, const Reasons& reasons) {
    std::string text = reasons.text() + rounds_line(result) + machine_line(result);
    for (const NetworkResult& row : result.networks)
        text += row_remarks(result, row);
    return {.text = text + load_remark(result) + steal_remark(result), .table = {}};
}

std::vector<Column> variant_columns() {
    return {{"model", "model", true},
            {"alpha", "alpha"},
            {"beta", "beta"},
            {"resolution", "resolution"},
            {"classes", "classes"},
            {"batch", "batch"},
            {"alpha_scope", "alpha scope", true}};
}

Cell raw_cell(double value) {
    return {shortest(value), shortest(value)};
}

std::vector<Cell> variant_cells(const BenchResult& result) {
    const Variant& variant = result.variant;
    return {text_cell(result.model),
            raw_cell(variant.alpha),
            raw_cell(result.beta),
            count_cell(variant.resolution),
            count_cell(variant.classes),
            count_cell(variant.batch),
            text_cell(variant.scope == AlphaScope::inner ? "inner" : "published")};
}

void append(std::vector<Column>& columns, std::vector<Column> more) {
    std::move(more.begin(), more.end(), std::back_inserter(columns));
}

void append(std::vector<Cell>& cells, std::vector<Cell> more) {
    std::move(more.begin(), more.end(), std::back_inserter(cells));
}

/// Value, low, high.
std::vector<Cell> estimate_cells(const std::optional<Estimate>& estimate) {
    if (!estimate) return std::vector<Cell>(3, unknown_cell());
    if (!estimate->interval) return {raw_cell(estimate->value), unknown_cell(), unknown_cell()};
    return {raw_cell(estimate->value), raw_cell(estimate->interval->low), raw_cell(estimate->interval->high)};
}

std::vector<Cell> count_cells(const std::optional<NetworkCounts>& counts) {
    if (!counts) return std::vector<Cell>(3, unknown_cell());
    return {count_cell(counts->macs), count_cell(counts->params), count_cell(counts->weight_bytes)};
}

std::vector<Cell> network_cells(const BenchResult& result, const NetworkResult& row) {
    std::vector<Cell> cells = variant_cells(result);
    append(cells, {text_cell(row.engine), count_cell(row.threads),
                   text_cell(std::string(network_kind_name(row.network))),
                   text_cell(std::string(bench_status_name(row.status))), text_cell(row.reason)});
    append(cells, estimate_cells(row.seconds));
    append(cells, {count_cell(static_cast<std::int64_t>(row.samples.blocks.size()))});
    append(cells, count_cells(row.counts));
    append(cells,
           {row.memory_bytes ? count_cell(*row.memory_bytes) : unknown_cell(),
            row.seconds ? optional_cell(flops_per_second(row.counts->macs, row.seconds->value), raw_cell)
                        : unknown_cell()});
    const auto found = std::find_if(
        result.comparisons.begin(), result.comparisons.end(), [&row](const Comparison& comparison) {
            return comparison.engine == row.engine && comparison.threads == row.threads &&
                   comparison.slower == row.network;
        });
    const Comparison comparison = found == result.comparisons.end() ? Comparison{} : *found;
    append(cells, {optional_cell(comparison.analytic_speedup, raw_cell)});
    append(cells, estimate_cells(comparison.speedup));
    append(cells, estimate_cells(comparison.fraction_kept));
    return cells;
}

}  // namespace

std::string build_warning(const BuildInfo& build) {
    std::string why;
    if (!build.optimised) why = "without optimisation";
    if (build.sanitized) why += why.empty() ? "with a sanitizer" : " and with a sanitizer";
    if (why.empty()) return {};
    return fmt::format(
        "WARNING: this program was built {} (build type {}): ITS TIMES MEAN NOTHING. Build the "
        "release preset.\n",
        why, build.build_type.empty() ? "unknown" : build.build_type);
}

std::vector<Section> bench_sections(const std::vector<BenchResult>& results, const BuildInfo& build) {
    std::vector<Section> sections;
    if (const std::string warning = build_warning(build); !warning.empty()) {
        sections.push_back({.text = warning, .table = {}});
    }
    for (const BenchResult& result : results) {
        Reasons reasons;
        sections.push_back(comparison_section(result, reasons));
        sections.push_back(time_section(result, reasons));
        add_profiles(result, sections, reasons);
        sections.push_back(note_section(result, reasons));
    }
    return sections;
}

Table bench_csv_table(const std::vector<BenchResult>& results) {
    Table table;
    table.columns = variant_columns();
    append(table.columns, {{"engine", "engine", true},       {"threads", "threads"},
                           {"network", "network", true},     {"status", "status", true},
                           {"reason", "reason", true},       {"median_seconds", "median s"},
                           {"ci_low_seconds", "low s"},      {"ci_high_seconds", "high s"},
                           {"samples", "samples"},           {"macs", "MACs"},
                           {"params", "parameters"},         {"weight_bytes", "weight bytes"},
                           {"memory_bytes", "memory bytes"}, {"flops_per_second", "FLOP/s"},
                           {"analytic_speedup", "on paper"}, {"speedup", "measured"},
                           {"speedup_ci_low", "low"},        {"speedup_ci_high", "high"},
                           {"fraction_kept", "kept"},        {"fraction_kept_ci_low", "low"},
                           {"fraction_kept_ci_high", "high"}});
    for (const BenchResult& result : results) {
        for (const NetworkResult& row : result.networks)
            table.rows.push_back(network_cells(result, row));
    }
    return table;
}

Table bench_layers_csv_table(const std::vector<BenchResult>& results) {
    Table table;
    table.columns = variant_columns();
    append(table.columns, {{"engine", "engine", true},
                           {"threads", "threads"},
                           {"layer", "layer", true},
                           {"op", "op", true},
                           {"class", "class", true},
                           {"kernel", "kernel", true},
                           {"median_seconds", "median s"},
                           {"ci_low_seconds", "low s"},
                           {"ci_high_seconds", "high s"},
                           {"mean_seconds", "mean s"},
                           {"time_share", "of time"},
                           {"macs", "MACs"},
                           {"traffic_bytes", "bytes"}});
    for (const BenchResult& result : results) {
        for (const LayerProfile& profile : result.profiles) {
            for (const LayerTime& layer : profile.layers) {
                std::vector<Cell> cells = variant_cells(result);
                append(cells,
                       {text_cell(profile.engine), count_cell(profile.threads), text_cell(layer.name),
                        text_cell(layer.op), text_cell(std::string(layer_class_name(layer.layer_class))),
                        text_cell(layer.kernel)});
                append(cells,
                       layer.fused ? std::vector<Cell>(3, unknown_cell()) : estimate_cells(layer.seconds));
                append(cells, layer.fused
                                  ? std::vector<Cell>(2, unknown_cell())
                                  : std::vector{raw_cell(layer.mean_seconds), raw_cell(layer.time_share)});
                append(cells, {count_cell(layer.macs), count_cell(layer.traffic_bytes)});
                table.rows.push_back(std::move(cells));
            }
        }
    }
    return table;
}

}  // namespace mobilenet_cost

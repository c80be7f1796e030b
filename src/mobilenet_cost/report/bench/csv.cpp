#include "mobilenet_cost/report/bench/csv.h"

#include <algorithm>
#include <utility>

#include "mobilenet_cost/report/bench/cells.h"

namespace mobilenet_cost {
namespace {

std::vector<Column> variant_columns() {
    return {{"model", "model", true},
            {"alpha", "alpha"},
            {"beta", "beta"},
            {"resolution", "resolution"},
            {"classes", "classes"},
            {"batch", "batch"},
            {"alpha_scope", "alpha scope", true},
            {"cache", "cache", true}};
}

std::vector<Cell> variant_cells(const BenchResult& result) {
    const Variant& variant = result.variant;
    return {text_cell(result.model),
            raw_cell(variant.alpha),
            raw_cell(result.beta),
            count_cell(variant.resolution),
            count_cell(variant.classes),
            count_cell(variant.batch),
            text_cell(std::string(alpha_scope_name(variant.scope))),
            text_cell(std::string(cache_mode_name(result.settings.cache)))};
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

std::vector<Cell> memory_cells(const std::optional<SessionMemory>& memory) {
    if (!memory) return std::vector<Cell>(4, unknown_cell());
    return {count_cell(total_bytes(*memory)), count_cell(memory->weight_bytes),
            count_cell(memory->activation_bytes), count_cell(memory->scratch_bytes)};
}

std::vector<Cell> network_cells(const BenchResult& result, const NetworkResult& row) {
    std::vector<Cell> cells = variant_cells(result);
    append(cells, {text_cell(row.engine), count_cell(row.threads),
                   text_cell(std::string(network_kind_name(row.network))),
                   text_cell(std::string(bench_status_name(row.status))), text_cell(row.reason)});
    append(cells, estimate_cells(row.seconds));
    append(cells, {count_cell(static_cast<std::int64_t>(row.samples.blocks.size()))});
    append(cells, count_cells(row.counts));
    append(cells, {row.counts ? count_cell(row.counts->peak_activation_bytes) : unknown_cell()});
    append(cells, memory_cells(row.memory));
    append(cells,
           {row.seconds ? optional_cell(flops_per_second(row.counts->macs, row.seconds->value), raw_cell)
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

Table bench_csv_table(const std::vector<BenchResult>& results) {
    Table table;
    table.columns = variant_columns();
    append(table.columns, {{"engine", "engine", true},
                           {"threads", "threads"},
                           {"network", "network", true},
                           {"status", "status", true},
                           {"reason", "reason", true},
                           {"median_seconds", "median s"},
                           {"ci_low_seconds", "low s"},
                           {"ci_high_seconds", "high s"},
                           {"samples", "samples"},
                           {"macs", "MACs"},
                           {"params", "parameters"},
                           {"weight_bytes", "weight bytes"},
                           {"peak_activation_bytes", "live peak bytes"},
                           {"memory_bytes", "memory bytes"},
                           {"packed_weight_bytes", "packed weight bytes"},
                           {"arena_bytes", "arena bytes"},
                           {"scratch_bytes", "scratch bytes"},
                           {"flops_per_second", "FLOP/s"},
                           {"analytic_speedup", "on paper"},
                           {"speedup", "measured"},
                           {"speedup_ci_low", "low"},
                           {"speedup_ci_high", "high"},
                           {"fraction_kept", "kept"},
                           {"fraction_kept_ci_low", "low"},
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
                           {"layer_mode", "layer mode", true},
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
                       {text_cell(profile.engine), count_cell(profile.threads),
                        text_cell(std::string(layer_mode_name(profile.mode))), text_cell(layer.name),
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

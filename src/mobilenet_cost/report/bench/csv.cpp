#include "mobilenet_cost/report/bench/csv.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/report/bench/cells.h"
#include "mobilenet_cost/report/bench/comparisons.h"
#include "mobilenet_cost/report/bench/json.h"

namespace mobilenet_cost {
namespace {

// Keys of a row of bench_rows(), which are the columns' names too, or "COLUMN=POINTER" with a JSON pointer
// into the row.
using Columns = std::vector<std::string>;

Columns variant_columns() {
    return {"model",       "alpha", "beta",   "resolution", "classes", "batch",
            "alpha_scope", "cache", "engine", "dtype",      "threads"};
}

Columns network_columns() {
    return {"network",
            "status",
            "reason",
            "median_seconds",
            "ci_low_seconds",
            "ci_high_seconds",
            "samples",
            "macs",
            "params",
            "weight_bytes",
            "peak_activation_bytes",
            "memory_bytes",
            "packed_weight_bytes=/memory/packed_weight_bytes",
            "arena_bytes=/memory/arena_bytes",
            "scratch_bytes=/memory/scratch_bytes",
            "flops_per_second"};
}

/// Of comparison_fields(): the ends of an interval stand in a list.
Columns comparison_csv_columns() {
    Columns columns;
    for (const Column& column : comparison_fields().csv(std::vector<BenchComparison>()).columns) {
        const std::string& key = column.key;
        const bool low = key.ends_with("_ci_low");
        const bool end = low || key.ends_with("_ci_high");
        const std::string list = key.substr(0, key.rfind('_'));
        columns.push_back(end ? fmt::format("{}=/{}/{}", key, list, low ? 0 : 1) : key);
    }
    return columns;
}

Columns layer_columns() {
    return {"layer_mode",     "layer=/name",     "op",           "class",      "kernel", "median_seconds",
            "ci_low_seconds", "ci_high_seconds", "mean_seconds", "time_share", "macs",   "traffic_bytes"};
}

Cell cell_of(const Json& value) {
    if (value.is_string()) return text_cell(value.get<std::string>());
    if (value.is_number_integer()) return count_cell(value.get<std::int64_t>());
    if (value.is_number()) return raw_cell(value.get<double>());
    return unknown_cell();
}

Table table_of(std::initializer_list<Columns> columns, const std::vector<Json>& rows) {
    Table table;
    std::vector<Json::json_pointer> places;
    for (const Columns& part : columns) {
        for (const std::string& text : part) {
            const std::size_t end = text.find('=');
            const std::string key = text.substr(0, end);
            table.columns.push_back({key, key});
            places.emplace_back(end == std::string::npos ? "/" + key : text.substr(end + 1));
        }
    }
    for (const Json& row : rows) {
        std::vector<Cell>& cells = table.rows.emplace_back();
        for (const Json::json_pointer& place : places)
            cells.push_back(row.contains(place) ? cell_of(row.at(place)) : unknown_cell());
    }
    return table;
}

/// They are about the same variant on the same engine and threads, whose comparisons come before its
/// networks.
bool is_compared(const Json& comparison, const Json& network) {
    return comparison["comparison"] == network["network"].get<std::string>() + "/separable" &&
           comparison["engine"] == network["engine"] && comparison["dtype"] == network["dtype"] &&
           comparison["threads"] == network["threads"];
}

}  // namespace

Table bench_csv_table(const SweepRun& run, const SweepResult& result) {
    std::vector<Json> comparisons;
    std::vector<Json> networks;
    for (const Json& row : bench_rows(run, result)) {
        if (row["row"] == "comparison") comparisons.push_back(row);
        if (row["row"] != "network") continue;
        Json merged = Json::object();
        for (const Json& comparison : comparisons)
            if (is_compared(comparison, row)) merged = comparison;  // the latest: the variant's own
        merged.update(row);
        networks.push_back(std::move(merged));
    }
    return table_of({variant_columns(), network_columns(), comparison_csv_columns()}, networks);
}

Table bench_layers_csv_table(const SweepRun& run, const SweepResult& result) {
    std::vector<Json> rows = bench_rows(run, result);
    std::erase_if(rows, [](const Json& row) { return row["row"] != "layer"; });
    return table_of({variant_columns(), layer_columns()}, rows);
}

}  // namespace mobilenet_cost

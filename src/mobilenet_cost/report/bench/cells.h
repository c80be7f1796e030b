#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/report/parts/table.h"

/// Shared by the tables with times.
namespace mobilenet_cost {

[[nodiscard]] Cell seconds_cell(double seconds);
[[nodiscard]] Cell factor_cell(double factor);
[[nodiscard]] Cell raw_cell(double value);  ///< not rounded
[[nodiscard]] Cell bytes_cell(std::int64_t bytes);
[[nodiscard]] Cell macs_cell(std::int64_t macs);
[[nodiscard]] Cell rate_cell(std::int64_t macs, double seconds);  ///< GFLOP/s
[[nodiscard]] Cell optional_cell(const std::optional<double>& value, const std::function<Cell(double)>& cell);

[[nodiscard]] std::string interval_text(const Estimate& estimate,
                                        const std::function<std::string(double)>& text);

[[nodiscard]] std::string row_title(const std::string& engine, int threads);  ///< "native, 2 threads"

void append(std::vector<Column>& columns, std::vector<Column> more);
void append(std::vector<Cell>& cells, std::vector<Cell> more);

}  // namespace mobilenet_cost

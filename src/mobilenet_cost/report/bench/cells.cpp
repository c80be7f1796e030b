#include "mobilenet_cost/report/bench/cells.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/measure/network_kind.h"

namespace mobilenet_cost {

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
    return rate && macs > 0 ? number_cell(*rate * 1e-9, 1) : unknown_cell();
}

Cell bytes_cell(std::int64_t bytes) {
    return {bytes_text(bytes), fmt::format("{}", bytes)};
}

Cell macs_cell(std::int64_t macs) {
    return {with_prefix(macs), fmt::format("{}", macs)};
}

Cell raw_cell(double value) {
    return {shortest(value), shortest(value)};
}

std::string interval_text(const Estimate& estimate, const std::function<std::string(double)>& text) {
    if (!estimate.interval) return "-";
    return fmt::format("[{}, {}]", text(estimate.interval->low), text(estimate.interval->high));
}

std::string row_title(const std::string& engine, int threads) {
    return fmt::format("{}, {} {}", engine, threads, threads == 1 ? "thread" : "threads");
}

void append(std::vector<Column>& columns, std::vector<Column> more) {
    std::move(more.begin(), more.end(), std::back_inserter(columns));
}

void append(std::vector<Cell>& cells, std::vector<Cell> more) {
    std::move(more.begin(), more.end(), std::back_inserter(cells));
}

}  // namespace mobilenet_cost

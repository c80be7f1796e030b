#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/compare/compare.h"
#include "mobilenet_cost/report/parts/columns.h"

namespace mobilenet_cost {

/// A quantity, a time or a ratio on one side, or the contender's over the base's.
struct CompareFigure {
    Value value = {};
    Value low = {};
    Value high = {};
};

/// A difference, a time or a ratio, as a row of one table.
struct CompareRow {
    std::string row = {};
    CellId id;
    std::string layer = {};
    std::string quantity = {};
    CompareFigure base = {};
    CompareFigure contender = {};
    CompareFigure ratio = {};
    std::string verdict = {};
};

[[nodiscard]] std::vector<CompareRow> compare_rows(const CompareResult& result);

/// The JSON of a row is what names its cell.
[[nodiscard]] const RowFields<CompareRow>& compare_fields();

/// contender / base; absent where there is no such number.
[[nodiscard]] std::optional<double> exact_ratio(const Difference& difference);

}  // namespace mobilenet_cost

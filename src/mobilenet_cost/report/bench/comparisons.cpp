#include "mobilenet_cost/report/bench/comparisons.h"

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/bench/cells.h"
#include "mobilenet_cost/report/sweep/groups.h"

namespace mobilenet_cost {
namespace {

const std::vector<const char*> kBeforeInterval = {"analytic_speedup", "speedup"};
const std::vector<const char*> kBehindInterval = {"fraction_kept"};

}  // namespace

const RowFields<BenchComparison>& comparison_fields() {
    static const RowFields<BenchComparison> fields = {
        {"analytic_speedup", "on paper", Show::factor, kCsv | kJson, &BenchComparison::analytic_speedup},
        {"speedup", "measured", Show::factor, kCsv | kJson, &BenchComparison::speedup},
        {"fraction_kept", "kept", Show::percent, kCsv | kJson, &BenchComparison::kept},
        {"precise", kJson, &BenchComparison::precise},
    };
    return fields;
}

std::vector<std::string> droppable_comparison_columns() {
    return {kBehindInterval.begin(), kBehindInterval.end()};
}

std::vector<Column> comparison_columns(const std::string& interval_title) {
    std::vector<Column> columns = comparison_fields().columns(kBeforeInterval);
    columns.push_back({"speedup_interval", interval_title});
    append(columns, comparison_fields().columns(kBehindInterval));
    return columns;
}

std::vector<Cell> comparison_cells(const BenchComparison& row) {
    std::vector<Cell> cells = comparison_fields().cells(kBeforeInterval, row);
    const std::string mark = imprecise_mark(row.speedup && !row.precise);
    cells.back().text.insert(0, mark);
    cells.push_back(row.speedup ? text_cell(interval_text(*row.speedup, factor_text)) : unknown_cell());
    append(cells, comparison_fields().cells(kBehindInterval, row));
    cells.back().text.insert(0, mark);
    return cells;
}

}  // namespace mobilenet_cost

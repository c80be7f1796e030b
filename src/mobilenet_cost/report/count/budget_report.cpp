#include "mobilenet_cost/report/count/budget_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {
namespace {

Json check_json(const BudgetCheck& check) {
    return {{"model", check.model},
            {"alpha", check.variant.alpha},
            {"resolution", check.variant.resolution},
            {"classes", check.variant.classes},
            {"batch", check.variant.batch},
            {"dtype", check.data_type},
            {"convention", check.convention},
            {"quantity", check.quantity},
            {"limit", check.limit},
            {"found", check.found},
            {"exceeded", check.exceeded()}};
}

/// Part of the limit that is used; unknown for a limit of 0.
Cell used_cell(const BudgetCheck& check) {
    if (check.limit == 0) return unknown_cell();
    return percent_cell(static_cast<double>(check.found) / static_cast<double>(check.limit), 1);
}

constexpr const char* kBudgetReportSchema = "mobilenet-cost.budget_report.v1";

}  // namespace

std::size_t exceeded_count(const std::vector<BudgetCheck>& checks) {
    return static_cast<std::size_t>(std::count_if(checks.begin(), checks.end(),
                                                  [](const BudgetCheck& check) { return check.exceeded(); }));
}

std::string exceeded_text(const BudgetCheck& check) {
    const std::int64_t over = check.found - check.limit;
    const std::string share =
        check.limit == 0
            ? ""
            : fmt::format(" ({:.2f} %)", 100 * static_cast<double>(over) / static_cast<double>(check.limit));
    return fmt::format("{} alpha {} resolution {}: {} exceeded by {}{}: limit {}, found {}", check.model,
                       check.variant.alpha, check.variant.resolution, check.quantity, with_thousands(over),
                       share, with_thousands(check.limit), with_thousands(check.found));
}

Table budget_table(const std::vector<BudgetCheck>& checks) {
    Table table;
    table.columns = {
        {"model", "model", true},       {"alpha", "alpha"}, {"resolution", "res"}, {"dtype", "dtype", true},
        {"quantity", "limit on", true}, {"limit", "limit"}, {"found", "found"},    {"used", "used"},
        {"verdict", "verdict", true}};
    for (const BudgetCheck& check : checks) {
        table.rows.push_back({text_cell(check.model), text_cell(shortest(check.variant.alpha)),
                              count_cell(check.variant.resolution), text_cell(check.data_type),
                              text_cell(check.quantity), count_cell(check.limit), count_cell(check.found),
                              used_cell(check), text_cell(check.exceeded() ? "EXCEEDED" : "ok")});
    }
    return table;
}

std::string budget_json(const std::vector<BudgetCheck>& checks) {
    Json document = {
        {"schema", kBudgetReportSchema}, {"exceeded", exceeded_count(checks)}, {"checks", Json::array()}};
    for (const BudgetCheck& check : checks)
        document["checks"].push_back(check_json(check));
    return pretty_json(document);
}

std::string budget_jsonl(const std::vector<BudgetCheck>& checks) {
    std::string lines;
    for (const BudgetCheck& check : checks) {
        Json line = {{"schema", kBudgetReportSchema}};
        line.update(check_json(check));
        lines += compact_json(line);
    }
    return lines;
}

}  // namespace mobilenet_cost

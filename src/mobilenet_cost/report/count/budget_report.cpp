#include "mobilenet_cost/report/count/budget_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/parts/documents.h"

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

Report budget_report(const std::vector<BudgetCheck>& checks) {
    return {.sections =
                [&] {
                    return std::vector<Section>{{"", budget_table(checks)}};
                },
            .csv = [&] { return budget_table(checks); },
            .json =
                [&] {
                    return rows_json(kBudgetReportSchema, "checks", checks, check_json,
                                     {{"exceeded", exceeded_count(checks)}});
                },
            .jsonl = [&] { return rows_jsonl(kBudgetReportSchema, checks, check_json); }};
}

}  // namespace mobilenet_cost

#include "mobilenet_cost/report/count/budget_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/parts/columns.h"
#include "mobilenet_cost/report/parts/documents.h"

namespace mobilenet_cost {
namespace {

/// Part of the limit that is used; unknown for a limit of 0.
std::optional<double> used(const BudgetCheck& check) {
    if (check.limit == 0) return std::nullopt;
    return static_cast<double>(check.found) / static_cast<double>(check.limit);
}

const char* verdict(const BudgetCheck& check) {
    return check.exceeded() ? "EXCEEDED" : check.lower_bound ? "unclear" : "ok";
}

/// "max_macs", "max_ram_bytes (tflm)"
std::string limited_text(const BudgetCheck& check) {
    return check.quantity + (check.runtime.empty() ? "" : fmt::format(" ({})", check.runtime));
}

/// A member of the variant.
template <typename Member>
auto of_variant(Member Variant::*member) {
    return [member](const BudgetCheck& check) { return check.variant.*member; };
}

const RowFields<BudgetCheck>& budget_fields() {
    static const RowFields<BudgetCheck> fields = {
        {"model", kCsv | kJson, &BudgetCheck::model},
        {"bounded_model", "model", Show::name, kShownOnly,
         [](const BudgetCheck& check) { return bounded_name(check.model, check.lower_bound); }},
        {"alpha", "alpha", Show::plain, kCsv | kJson, of_variant(&Variant::alpha)},
        {"resolution", "res", Show::plain, kCsv | kJson, of_variant(&Variant::resolution)},
        {"classes", kJson, of_variant(&Variant::classes)},
        {"batch", kJson, of_variant(&Variant::batch)},
        {"dtype", "dtype", Show::name, kCsv | kJson, &BudgetCheck::data_type},
        {"convention", kJson, &BudgetCheck::convention},
        {"quantity", kCsv | kJson, &BudgetCheck::quantity},
        {"limited", "limit on", Show::name, kShownOnly, limited_text},
        {"limit", "limit", Show::plain, kCsv | kJson, &BudgetCheck::limit},
        {"found", "found", Show::plain, kCsv | kJson, &BudgetCheck::found},
        {"used", "used", Show::percent_1, kCsv, used},
        {"verdict", "verdict", Show::name, kCsv, verdict},
        {"exceeded", kJson, &BudgetCheck::exceeded},
    };
    return fields;
}

constexpr const char* kBudgetReportSchema = "mobilenet-cost.budget_report.v1";

std::vector<Section> budget_sections(const std::vector<BudgetCheck>& checks) {
    Table table = budget_fields().shown(
        {"bounded_model", "alpha", "resolution", "dtype", "limited", "limit", "found", "used", "verdict"},
        checks);
    table.droppable = {"dtype", "used", "resolution", "alpha"};
    return {{"", std::move(table)}};
}

Json check_json(const BudgetCheck& check) {
    Json json = budget_fields().json(check);
    if (!check.runtime.empty()) json["runtime"] = check.runtime;
    if (check.lower_bound) json["lower_bound"] = true;
    return json;
}

}  // namespace

std::size_t exceeded_count(const std::vector<BudgetCheck>& checks) {
    return static_cast<std::size_t>(std::count_if(checks.begin(), checks.end(),
                                                  [](const BudgetCheck& check) { return check.exceeded(); }));
}

std::string unclear_note(const std::vector<BudgetCheck>& checks) {
    const auto unclear =
        std::count_if(checks.begin(), checks.end(), [](const BudgetCheck& check) { return check.unclear(); });
    if (unclear == 0) return "";
    return fmt::format("{} not known to hold: the network has operators that are not known and not counted",
                       plural(unclear, "limit") + (unclear == 1 ? " is" : " are"));
}

std::string exceeded_text(const BudgetCheck& check) {
    const std::int64_t over = check.found - check.limit;
    const std::string share =
        check.limit == 0
            ? ""
            : fmt::format(" ({:.2f} %)", 100 * static_cast<double>(over) / static_cast<double>(check.limit));
    return fmt::format("{} alpha {} resolution {}: {} exceeded by {}{}: limit {}, found {}", check.model,
                       check.variant.alpha, check.variant.resolution, limited_text(check),
                       with_thousands(over), share, with_thousands(check.limit), with_thousands(check.found));
}

Report budget_report(const std::vector<BudgetCheck>& checks) {
    return {.sections = [&] { return budget_sections(checks); },
            .csv =
                [&] {
                    return with_lower_bounds(budget_fields().csv(checks), checks,
                                             [](const BudgetCheck& check) { return check.lower_bound; });
                },
            .json =
                [&] {
                    return rows_json(kBudgetReportSchema, "checks", checks, check_json,
                                     {{"exceeded", exceeded_count(checks)}});
                },
            .jsonl = [&] { return rows_jsonl(kBudgetReportSchema, checks, check_json); }};
}

}  // namespace mobilenet_cost

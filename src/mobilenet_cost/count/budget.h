#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/count/analysis.h"

namespace mobilenet_cost {

/// One limit of one variant, and its actual value.
struct BudgetCheck {
    std::string model;
    Variant variant;
    std::string data_type;
    std::string convention;
    std::string quantity;  ///< the limit's key: "max_macs" ...
    std::int64_t limit = 0;
    std::int64_t found = 0;
    bool lower_bound = false;  ///< of what was found: some operators are not known
    std::string runtime = {};  ///< whose RAM or flash was found; empty: no limit on either

    [[nodiscard]] bool exceeded() const { return found > limit; }
    /// Operators that are not known may take more than the rest of the limit.
    [[nodiscard]] bool unclear() const { return lower_bound && !exceeded(); }
};

/// Reads a budget (schema mobilenet-cost.budget.v1, docs/schemas/budget.schema.json) and checks every limit,
/// in the order of the file. Model paths are relative to `folder`. Any bytes give checks or an Error that
/// starts with `place` and names the JSON location.
[[nodiscard]] std::vector<BudgetCheck> check_budgets(std::string_view text, const std::string& place,
                                                     const std::filesystem::path& folder);

}  // namespace mobilenet_cost

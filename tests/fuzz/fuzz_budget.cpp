// Any bytes give checks of a budget, or an Error. Whatever else leaves here is a finding.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/count/budget.h"
#include "mobilenet_cost/report/count/budget_report.h"

#include "fuzz/fuzz_check.h"

namespace mc = mobilenet_cost;

namespace {

const char* const kConfigs = MOBILENET_COST_SOURCE_DIR "/configs";

/// A fuzz target is not in a build folder's usual place, so it is told where the models are.
const bool kConfigsChosen = setenv("MOBILENET_COST_CONFIG_DIR", kConfigs, 1) == 0;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // A model may be any path, and a path may be a device that never ends.
    if (!kConfigsChosen || text.find_first_of("/\\") != std::string_view::npos) return 0;
    try {
        const std::vector<mc::BudgetCheck> checks = mc::check_budgets(text, "fuzz.json", kConfigs);
        require(!checks.empty(), "a budget has a check");
        for (const mc::BudgetCheck& check : checks) {
            require(check.found >= 0 && check.limit >= 0, "counts are not negative");
            require(!mc::exceeded_text(check).empty(), "described");
        }
        require(mc::exceeded_count(checks) <= checks.size(), "no more exceeded than checked");
        const mc::Report report = mc::budget_report(checks);
        require(!mc::render_text(report.sections(), mc::TextStyle::plain).empty(), "rendered");
        require(report.json().find("nan") == std::string::npos, "no NaN in a document");
    } catch (const mc::Error&) {  // not a budget
    }
    return 0;
}

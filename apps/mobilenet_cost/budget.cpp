#include <filesystem>

#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/report/count/budget_report.h"

#include "app.h"
#include "options.h"
#include "output.h"
#include "say.h"

namespace mobilenet_cost::app {
namespace {

constexpr std::size_t kLargestFile = 4 << 20;  // bytes

struct BudgetOptions {
    std::string file;
    UnknownOptions unknown;
    OutputOptions output;
};

/// A few on stderr; the report has all.
void say_exceeded(const std::vector<BudgetCheck>& checks) {
    constexpr std::size_t kMostLines = 5;
    std::size_t exceeded = 0;
    for (const BudgetCheck& check : checks) {
        if (check.exceeded() && ++exceeded <= kMostLines) say("{}", exceeded_text(check));
    }
    if (exceeded > kMostLines) say("and {} more exceeded", exceeded - kMostLines);
}

int run_budget(const BudgetOptions& options) {
    const std::filesystem::path path(options.file);
    const std::vector<BudgetCheck> checks =
        check_budgets(read_text_file(path, kLargestFile), options.file, path.parent_path());
    Output output(options.output);
    output.write(budget_report(checks));
    say_exceeded(checks);
    options.unknown.take(unclear_note(checks));
    return exceeded_count(checks) == 0 ? kFine : kExceeded;
}

}  // namespace

void setup_budget(Command& command) {
    auto options = std::make_shared<BudgetOptions>();
    command.text("FILE", "", options->file, "JSON file of limits (schema mobilenet-cost.budget.v1)")
        ->required();
    add_unknown_option(command, options->unknown);
    add_output_options(command, options->output);
    command.footer("Exit status: 0 all limits hold, 3 one is exceeded, 1 some are not known to hold.");
    command.on_run([options] { return run_budget(*options); });
}

}  // namespace mobilenet_cost::app

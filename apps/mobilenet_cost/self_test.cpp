#include "mobilenet_cost/gate/self_test.h"

#include <memory>
#include <stdexcept>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/report/gate/self_test_report.h"

#include "app.h"
#include "gate_options.h"
#include "interrupt.h"
#include "output.h"
#include "progress_line.h"
#include "say.h"

namespace mobilenet_cost::app {
namespace {

constexpr const char* kThisProgram = "/proc/self/exe";
constexpr double kSeconds = 90;
constexpr std::int64_t kMostRounds = 1000;  ///< more say little else about the noise of one moment

struct SelfTestCommand {
    GateOptions gate;
    OutputOptions output;
};

/// Networks of a few milliseconds or less, because noise disturbs the smallest most.
void choose_small_cells(GateOptions& options) {
    VariantOptions& variant = options.variant;
    if (!options.cells.empty() || !variant.alphas.empty() || !variant.resolutions.empty() ||
        !variant.betas.empty())
        return;
    variant.alphas = {0.25, 0.5};
    variant.resolutions = {128};
}

int run_self_test(SelfTestCommand command) {
    choose_small_cells(command.gate);
    GateSettings settings = read_gate_settings(command.gate);
    settings.layers = false;
    settings.stop_early = false;
    const std::vector<GateCell> cells = read_gate_cells(command.gate);
    fit_blocks(command.gate, cells.size(), 1, settings);
    ProgressLine line(command.gate.progress);
    Output output(command.output);
    warn_of_build();
    GateHooks hooks;
    hooks.progress = [&line](const GateProgress& progress) { line.show(gate_progress_text(progress)); };
    hooks.stop = &catch_interrupt();
    const BuildUnderTest self = {"self-test", kThisProgram};
    const GateRun run = run_builds(self, self, cells, settings, hooks);
    line.clear();
    if (!run.failure.empty()) throw std::runtime_error(run.failure);
    SelfTest test;
    try {
        test = evaluate_self_test(run);
    } catch (const Error& error) {  // too few rounds were left to judge
        say("error: {}", error.what());
        return kInconclusive;
    }
    output.write({.sections = [&] { return self_test_sections(run, test); },
                  .csv = [&] { return self_test_table(test); },
                  .json = [&] { return self_test_json(run, test); },
                  .jsonl = [&] { return self_test_jsonl(run, test); }});
    output.tell(test.recommendation);
    return kFine;
}

}  // namespace

void setup_self_test(Command& command) {
    auto options = std::make_shared<SelfTestCommand>();
    options->gate.settings.max_seconds = kSeconds;
    options->gate.settings.rounds = kMostRounds;
    add_gate_options(command, options->gate);
    command.parser().get_option("--alpha")->description("width multipliers, such as 0.25:1:0.25 [0.25, 0.5]");
    command.parser().get_option("--res")->description("input sizes, 224 or 240x320 [128]");
    add_output_options(command, options->output);
    command.footer("Without flags: mobilenet_v1 0.25 and 0.5 at 128, for 90 seconds.");
    command.on_run([options] { return run_self_test(*options); });
}

}  // namespace mobilenet_cost::app

#include "mobilenet_cost/gate/gate.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/gate/result.h"

#include "app.h"
#include "gate_options.h"
#include "gate_output.h"
#include "interrupt.h"
#include "output.h"
#include "progress_line.h"
#include "say.h"

namespace mobilenet_cost::app {
namespace {

struct GateCommand {
    GateOptions gate;
    OutputOptions output;
    std::string base;
    std::string head;
    std::string confirm_base;
    std::string confirm_head;
};

/// Parts of the time limit for the gate itself, the second pair of builds and the two builds of the base.
struct TimeShares {
    double gate = 1;
    double confirmation = 0;
    double relink = 0;
};
constexpr TimeShares kConfirmed = {0.4, 0.4, 0.2};

/// In the order of GateOutcome.
constexpr std::array<int, 6> kGateStatus = {kFine, kFine, kInconclusive, kRegressed, kExceeded, kFailed};
static_assert(kGateStatus.size() == kEnumNames<GateOutcome>.size());

void check_programs(const GateCommand& command) {
    if (command.base.empty()) fail("--base", "expected the program to compare with, found none");
    if (command.head.empty()) fail("--head", "expected the program to judge, found none");
    if (command.confirm_base.empty() != command.confirm_head.empty())
        fail("--confirm-base", "expected together with --confirm-head, found one without the other");
}

/// Two pairs of builds are two gates; two builds of the base differ only in code placement.
GateReport run_all(const GateCommand& command, const std::vector<GateCell>& cells, GateSettings settings,
                   const GateHooks& hooks) {
    const bool confirm = !command.confirm_base.empty();
    const TimeShares shares = confirm ? kConfirmed : TimeShares{};
    const double seconds = settings.max_seconds;
    const auto gate = [&](const BuildUnderTest& base, const BuildUnderTest& head, double share) {
        settings.max_seconds = seconds * share;
        return run_builds(base, head, cells, settings, hooks);
    };
    const BuildUnderTest base = {"--base", command.base};
    const BuildUnderTest second_base = {"--confirm-base", command.confirm_base};
    GateReport report;
    report.run = gate(base, {"--head", command.head}, shares.gate);
    if (!confirm || !report.run.failure.empty()) return report;
    report.confirmation = gate(second_base, {"--confirm-head", command.confirm_head}, shares.confirmation);
    settings.layers = false;
    report.relink = gate(base, second_base, shares.relink);
    return report;
}

int run_gate_command(const GateCommand& command) {
    check_programs(command);
    GateSettings settings = read_gate_settings(command.gate);
    const std::vector<GateCell> cells = read_gate_cells(command.gate);
    fit_blocks(command.gate, cells.size(), command.confirm_base.empty() ? 1 : kConfirmed.relink, settings);
    ProgressLine line(command.gate.progress);
    Output output(command.output, gate_formats());
    GateHooks hooks;
    hooks.progress = [&line](const GateProgress& progress) { line.show(gate_progress_text(progress)); };
    hooks.stop = &catch_interrupt();
    const GateReport report = run_all(command, cells, settings, hooks);
    line.clear();
    const GateResult result = evaluate_gate(report);
    for (const std::string& warning : result.warnings)
        say("warning: {}", warning);
    write_gate(output, report, result);
    output.tell(fmt::format("{}: {}", enum_name(result.outcome), result.reason));
    if (result.outcome == GateOutcome::failed || result.outcome == GateOutcome::different)
        say("error: {}", result.reason);
    return kGateStatus.at(static_cast<std::size_t>(result.outcome));
}

}  // namespace

void setup_gate(Command& command) {
    auto options = std::make_shared<GateCommand>();
    command.text("--base", "BIN", options->base, "the mobilenet-cost to compare with");
    command.text("--head", "BIN", options->head, "the mobilenet-cost to judge");
    command.text("--confirm-base", "BIN", options->confirm_base,
                 "a second build of the base with another code layout");
    command.text("--confirm-head", "BIN", options->confirm_head, "likewise; every verdict must hold twice");
    add_gate_options(command, options->gate);
    add_output_options(command, options->output, gate_formats());
    command.footer(
        "Exit status: 0 not slower, 4 slower, 5 cannot be judged, 3 not the same networks, 1 failed.");
    command.on_run([options] { return run_gate_command(*options); });
}

}  // namespace mobilenet_cost::app

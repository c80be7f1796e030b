#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/machine/peaks_cache.h"
#include "mobilenet_cost/machine/roofline.h"
#include "mobilenet_cost/report/machine/machine_report.h"

#include "app.h"
#include "output.h"
#include "progress_line.h"
#include "say.h"

namespace mobilenet_cost::app {
namespace {

struct MachineOptions {
    OutputOptions output;
    bool refresh = false;
    std::int64_t rounds = PeakSettings{}.rounds;
    Progress progress = Progress::automatic;
};

PeaksOptions peaks_options(const MachineOptions& options, ProgressLine& line) {
    PeaksOptions peaks;
    peaks.refresh = options.refresh;
    peaks.settings.rounds = options.rounds;
    peaks.note = [](const std::string& text) { say("{}", text); };
    peaks.settings.progress = [&line](std::int64_t done, std::int64_t rounds) {
        line.show(fmt::format("measuring peaks: round {} of {}", done, rounds));
    };
    return peaks;
}

int run_machine(const MachineOptions& options) {
    ProgressLine line(options.progress);
    const PeaksOptions peaks = peaks_options(options, line);
    Output output(options.output);
    MachineReport report;
    report.machine = read_machine();
    report.topology = read_topology();
    report.hidden = hidden_facts(report.machine, report.topology);
    report.fingerprint = fingerprint_of(report.machine, build_info());
    // Before the peaks: afterwards it would see their own heat and load.
    report.preflight = run_preflight();
    report.peaks = load_or_measure_peaks(peaks, report.fingerprint);
    line.clear();
    output.write({.sections = [&] { return machine_sections(report); },
                  .csv = [&] { return machine_csv_table(report); },
                  .json = [&] { return machine_json(report); },
                  .jsonl = [&] { return machine_jsonl(report); }});
    if (const auto flops = peak_flops(report.peaks, 1))
        output.tell(fmt::format("{:.1f} GFLOP/s on one thread; the machine is {}", *flops / kGiga,
                                noise_verdict_name(report.preflight.verdict)));
    return kFine;
}

}  // namespace

void setup_machine(Command& command) {
    auto options = std::make_shared<MachineOptions>();
    command.flag("--refresh", options->refresh, "measure even if there are stored peaks");
    command.count("--rounds", options->rounds,
                  fmt::format("of the peaks; intervals need 6 [{}]", options->rounds));
    add_progress_option(command, options->progress);
    add_output_options(command, options->output);
    command.footer(
        "Peaks are stored in $XDG_CACHE_HOME/mobilenet-cost (~/.cache/mobilenet-cost) for this kind of "
        "machine and this build; the noise is measured each time.");
    command.on_run([options] { return run_machine(*options); });
}

}  // namespace mobilenet_cost::app

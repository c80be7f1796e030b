#include "sweep_output.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/report/sweep/measured.h"
#include "mobilenet_cost/report/sweep/measured_json.h"
#include "mobilenet_cost/report/sweep/notes.h"

#include "app.h"
#include "timing_options.h"

namespace mobilenet_cost::app {

void add_foreign_options(Command& command, SweepOutputOptions& options) {
    for (std::size_t i = 0; i < foreign_formats().size(); ++i) {
        const ForeignFormat& format = foreign_formats()[i];
        command.text(fmt::format("--out-{}", format.name), "FILE", options.foreign[i],
                     fmt::format("for {}", format.reader));
    }
}

SweepOutput::SweepOutput(const SweepOutputOptions& options)
    : output_(options.output), document_(options.document) {
    for (std::size_t i = 0; i < foreign_formats().size(); ++i) {
        if (options.foreign[i].empty()) continue;
        const ForeignFormat& format = foreign_formats()[i];
        if (options.foreign[i] != "-") foreign_paths_.push_back(options.foreign[i]);
        foreign_.emplace_back(
            &format, std::make_unique<AtomicFile>(options.foreign[i], fmt::format("--out-{}", format.name)));
    }
}

void SweepOutput::write(const SweepRun& run, const SweepResult& result,
                        const std::optional<Prediction>& prediction) {
    const std::vector<std::string> texts =
        !document_
            ? std::vector<std::string>()
            : output_.rendered({.sections = [&] { return sweep_measured_sections(run, result, prediction); },
                                .csv = [&] { return sweep_measured_table(run, result, prediction); },
                                .json = [&] { return sweep_measured_json(run, result, prediction); },
                                .jsonl = [&] { return sweep_measured_jsonl(run, result, prediction); }});
    std::vector<std::string> foreign;
    for (const auto& [format, file] : foreign_)
        foreign.push_back(format->write(run, result));
    if (document_) output_.put(texts);
    for (std::size_t i = 0; i < foreign_.size(); ++i)
        foreign_[i].second->put(foreign[i]);
    output_.tell(main_finding(run, result), foreign_paths_);
}

int exit_status(const SweepRun& run, const SweepResult& result) {
    const bool failed = std::any_of(result.points.begin(), result.points.end(), [](const PointResult& point) {
        return point.status == BenchStatus::failed;
    });
    if (failed || run.measurement.ended == Ended::interrupted) return kFailed;
    return timed_nothing(result.points) ? kInconclusive : kFine;
}

}  // namespace mobilenet_cost::app

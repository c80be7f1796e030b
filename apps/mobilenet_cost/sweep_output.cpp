#include "sweep_output.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/sweep/groups.h"
#include "mobilenet_cost/report/sweep/measured.h"
#include "mobilenet_cost/report/sweep/measured_json.h"

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

namespace {

std::string sweep_finding(const SweepRun& run, const SweepResult& result) {
    std::int64_t timed = 0;
    std::size_t best = result.points.size();
    for (std::size_t i = 0; i < result.points.size(); ++i) {
        const PointResult& point = result.points[i];
        timed += point.seconds ? 1 : 0;
        const bool faster = point.speedup && (best == result.points.size() ||
                                              point.speedup->value > result.points[best].speedup->value);
        if (faster) best = i;
    }
    std::string text = fmt::format("{} of {} timed, {} not within +-{:.4g} %", timed,
                                   plural(static_cast<std::int64_t>(result.points.size()), "point"),
                                   result.imprecise, 100 * run.timing.precision);
    if (best == result.points.size()) return text;
    const SweepCell& cell = run.cells[run.points[best].cell];
    return text + fmt::format("; largest speed-up {}{} ({} {:g}/{})",
                              imprecise_mark(result.points[best].wide.speedup),
                              factor_text(result.points[best].speedup->value), cell.model, cell.variant.alpha,
                              cell.variant.resolution);
}

}  // namespace

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
    output_.tell(sweep_finding(run, result), foreign_paths_);
}

int exit_status(const SweepRun& run, const SweepResult& result) {
    const bool failed = std::any_of(result.points.begin(), result.points.end(), [](const PointResult& point) {
        return point.status == BenchStatus::failed;
    });
    if (failed || run.measurement.ended == Ended::interrupted) return kFailed;
    return timed_nothing(result.points) ? kInconclusive : kFine;
}

}  // namespace mobilenet_cost::app

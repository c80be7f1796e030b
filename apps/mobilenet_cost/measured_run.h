#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/run_log.h"
#include "mobilenet_cost/sweep/runner.h"

#include "command.h"
#include "progress_line.h"

namespace mobilenet_cost::app {

// How a planned run is timed and written: `bench` and `sweep --bench`.

/// A line for people.
[[nodiscard]] std::string progress_text(const SweepProgress& progress);

/// Cells know their model by its name alone. `models` are the names and files asked for. Throws Error.
void refuse_namesakes(const std::vector<ModelConfig>& configs, const std::vector<std::string>& models);

/// Renders and writes everything that was asked for.
using WriteRun = std::function<void(const std::vector<ModelConfig>& configs, const SweepRun& run,
                                    const SweepResult& result)>;

/// A new log with the run's header. Throws Error for a log that exists or cannot be made.
[[nodiscard]] RunLog begin_log(const std::string& path, const SweepRun& run);

/// Times the run and writes it; the exit status. `log` may be null. `roofs`: measure the most that this
/// machine can do, for the layers.
[[nodiscard]] int time_and_write(const std::vector<ModelConfig>& configs, SweepRun& run, RunLog* log,
                                 bool roofs, ProgressLine& line, const WriteRun& write);

/// A stored run that is to be resumed here, and its path.
struct ResumedRun {
    StoredRun stored;
    std::vector<ModelConfig> configs;
    std::string path;
};

/// Throws Error for a run that cannot be continued here.
[[nodiscard]] ResumedRun read_resumable(const std::string& path);

/// Goes on with the log, or writes only the document of a complete one; the exit status.
[[nodiscard]] int resume_and_write(ResumedRun resumed, bool roofs, ProgressLine& line, const WriteRun& write);

/// Throws Error naming a flag that does nothing beside --resume, if one was given.
void refuse_beside_resume(const Command& command);

}  // namespace mobilenet_cost::app

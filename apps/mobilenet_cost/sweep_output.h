#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "mobilenet_cost/report/foreign/formats.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

#include "atomic_file.h"
#include "output.h"

namespace mobilenet_cost::app {

/// Where a measured sweep goes: the document, and files for other tools.
struct SweepOutputOptions {
    OutputOptions output;
    std::vector<std::string> foreign =
        std::vector<std::string>(foreign_formats().size());  ///< empty: not asked for
};

/// --out-gbench and the like.
void add_foreign_options(CLI::App& command, SweepOutputOptions& options);

/// All files of a measured sweep, opened before it runs.
class SweepOutput {
  public:
    /// Throws Error for an unknown format or a path that cannot be written.
    explicit SweepOutput(const SweepOutputOptions& options);

    /// All are made before the first is written. Throws std::runtime_error if a file could not be written
    /// whole.
    void write(const SweepRun& run, const SweepResult& result, const std::optional<Prediction>& prediction);

  private:
    Output output_;
    std::vector<std::pair<const ForeignFormat*, std::unique_ptr<AtomicFile>>> foreign_;
};

/// The configs of a stored run, which must still describe the same networks. Throws Error naming the flag.
[[nodiscard]] std::vector<ModelConfig> configs_of(const SweepRun& run, const std::string& flag);

/// Nothing for a run that timed every cell.
[[nodiscard]] std::optional<Prediction> prediction_of(const std::vector<ModelConfig>& configs,
                                                      const SweepRun& run, const SweepResult& result);

/// 1 when a point failed or the run was interrupted.
[[nodiscard]] int exit_status(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost::app

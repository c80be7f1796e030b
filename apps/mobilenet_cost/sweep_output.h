#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mobilenet_cost/report/foreign/formats.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/stored_configs.h"

#include "atomic_file.h"
#include "output.h"

namespace mobilenet_cost::app {

/// Where a measured sweep goes: the document, and files for other tools.
struct SweepOutputOptions {
    OutputOptions output;
    bool document = true;  ///< false: only the others
    std::vector<std::string> foreign =
        std::vector<std::string>(foreign_formats().size());  ///< a path for each format, or empty
};

/// --out-gbench and the like.
void add_foreign_options(Command& command, SweepOutputOptions& options);

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
    std::vector<std::string> foreign_paths_;
    bool document_ = true;
    std::vector<std::pair<const ForeignFormat*, std::unique_ptr<AtomicFile>>> foreign_;
};

/// 1 when a point failed or the run was interrupted.
[[nodiscard]] int exit_status(const SweepRun& run, const SweepResult& result);

}  // namespace mobilenet_cost::app

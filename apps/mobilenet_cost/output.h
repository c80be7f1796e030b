#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/report/parts/report.h"

#include "atomic_file.h"
#include "command.h"

namespace mobilenet_cost::app {

/// --format, --output, --plain and --wide.
struct OutputOptions {
    std::string format;
    std::string path = "-";
    bool plain = false;
    bool wide = false;
};

void add_output_options(Command& command, OutputOptions& options, const std::vector<ExtraFormat>& extra = {});

/// A command's --output, opened before the work.
class Output {
  public:
    /// Throws Error for an unknown format or a path that cannot be written.
    explicit Output(const OutputOptions& options, const std::vector<ExtraFormat>& extra = {});

    /// The text in the form that was asked for.
    [[nodiscard]] std::string rendered(const Report& report) const;

    /// Throws std::runtime_error if the text could not be written whole.
    void put(const std::string& text);

    void write(const Report& report) { put(rendered(report)); }

  private:
    std::string format_;
    bool plain_ = false;
    bool wide_ = false;
    AtomicFile file_;
};

}  // namespace mobilenet_cost::app

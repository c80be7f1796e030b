#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "mobilenet_cost/report/table.h"

namespace mobilenet_cost::app {

/// --format and --output, as typed.
struct OutputOptions {
    std::string format;
    std::string path = "-";
};

void add_output_options(CLI::App& command, OutputOptions& options);

/// A command's result in each form; only the one asked for is made.
struct Report {
    std::function<std::vector<Section>()> sections;  ///< table and markdown
    std::function<Table()> csv;
    std::function<std::string()> json;
    std::function<std::string()> jsonl;
};

/// Where the result goes. Opened before the work, so that a path that cannot be written is refused while
/// nothing has been run; the file appears whole, at the end, or not at all.
class Output {
  public:
    /// Throws Error for an unknown format or a path that cannot be written.
    explicit Output(const OutputOptions& options);
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    Output(Output&&) = delete;
    Output& operator=(Output&&) = delete;

    /// Throws std::runtime_error if the result could not be written whole.
    void write(const Report& report);

  private:
    std::string format_;
    std::string path_;
    std::string temporary_;  ///< beside path_; empty when writing to a stream
    std::FILE* file_ = nullptr;
};

}  // namespace mobilenet_cost::app

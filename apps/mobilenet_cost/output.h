#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "mobilenet_cost/report/parts/table.h"

#include "atomic_file.h"

namespace mobilenet_cost::app {

/// --format, --output and --plain, as typed.
struct OutputOptions {
    std::string format;
    std::string path = "-";
    bool plain = false;
};

/// A form that only some commands have; a suffix of -o picks it, too, unless it is empty.
struct ExtraFormat {
    std::string name;
    std::string suffix;
    std::function<std::string()> write = {};
};

void add_output_options(CLI::App& command, OutputOptions& options,
                        const std::vector<ExtraFormat>& extra = {});

/// A command's result in each form; only the one asked for is made.
struct Report {
    std::function<std::vector<Section>()> sections;  ///< table and markdown
    std::function<Table()> csv;
    std::function<std::string()> json;
    std::function<std::string()> jsonl;
    std::vector<ExtraFormat> extra = {};
};

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
    AtomicFile file_;
};

}  // namespace mobilenet_cost::app

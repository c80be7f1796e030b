#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/report/parts/report.h"

#include "atomic_file.h"
#include "command.h"

namespace mobilenet_cost::app {

/// --format, --output, --plain and --wide.
struct OutputOptions {
    std::string format;
    std::vector<std::string> paths;  ///< empty: standard output
    bool plain = false;
    bool wide = false;
};

/// Of the first file; "-": standard output.
[[nodiscard]] std::string first_path(const OutputOptions& options);

void add_output_options(Command& command, OutputOptions& options, const std::vector<ExtraFormat>& extra = {});

/// A command's --output, one file or several, opened before the work.
class Output {
  public:
    /// `tables`: the names of Report::csv_tables. As CSV each of several is written beside the path: "x.csv"
    /// stands for "x.blocks.csv" and its like. Throws Error for an unknown format, a path that cannot be
    /// written, and several tables where there is one stream.
    explicit Output(const OutputOptions& options, const std::vector<ExtraFormat>& extra = {},
                    const std::vector<std::string>& tables = {});

    /// Tables or markdown, all of them.
    [[nodiscard]] bool is_for_people() const;

    /// The text of each file, in the form that was asked for.
    [[nodiscard]] std::vector<std::string> rendered(const Report& report) const;

    /// Throws std::runtime_error if a text could not be written whole.
    void put(const std::vector<std::string>& texts);

    void write(const Report& report) { put(rendered(report)); }

    /// Says on standard error which files were written, these among them, and the main finding; nothing if
    /// there are none.
    void tell(const std::string& finding, const std::vector<std::string>& others = {}) const;

  private:
    struct File {
        std::string format;
        std::unique_ptr<AtomicFile> file;
        std::optional<std::size_t> table;  ///< of Report::csv_tables
    };
    void add_tables(const std::filesystem::path& path, const std::vector<std::string>& tables);

    std::vector<File> files_;
    std::vector<std::string> names_;  ///< of files
    bool plain_ = false;
    bool wide_ = false;
};

}  // namespace mobilenet_cost::app

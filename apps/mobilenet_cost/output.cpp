#include "output.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>
#include <unistd.h>

#include "mobilenet_cost/error.h"

namespace mobilenet_cost::app {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kFormats = {"table", "markdown", "csv", "json", "jsonl"};

struct Suffix {
    const char* suffix;
    const char* format;
};
constexpr Suffix kSuffixes[] = {
    {".txt", "table"}, {".md", "markdown"}, {".csv", "csv"}, {".json", "json"}, {".jsonl", "jsonl"}};

std::string choose_format(const OutputOptions& options) {
    if (options.format.empty()) {
        const std::string suffix = fs::path(options.path).extension().string();
        for (const Suffix& row : kSuffixes) {
            if (suffix == row.suffix) return row.format;
        }
        return "table";
    }
    for (const std::string& format : kFormats) {
        if (format == options.format) return format;
    }
    fail_unknown("--format", "format", options.format, kFormats);
}

TextStyle terminal_style() {
    const char* no_colour = std::getenv("NO_COLOR");
    const bool wanted = no_colour == nullptr || *no_colour == '\0';
    return wanted && isatty(STDOUT_FILENO) == 1 ? TextStyle::colour : TextStyle::plain;
}

std::string render(const Report& report, const std::string& format, TextStyle style) {
    if (format == "markdown") return render_markdown(report.sections());
    if (format == "csv") return render_csv(report.csv());
    if (format == "json") return report.json();
    if (format == "jsonl") return report.jsonl();
    return render_text(report.sections(), style);
}

/// A device or pipe is written to as it is; only a regular file is replaced as a whole.
bool is_replaceable(const fs::path& path) {
    std::error_code ignored;
    const fs::file_status status = fs::status(path, ignored);
    return status.type() == fs::file_type::not_found || fs::is_regular_file(status);
}

/// Links are followed, so that the link stays and its target is replaced, or made if it is not there yet. A
/// cycle of links never gets here: it is not replaceable.
fs::path replaced_path(fs::path path) {
    std::error_code ignored;
    while (fs::is_symlink(fs::symlink_status(path, ignored)))
        path = path.parent_path() / fs::read_symlink(path, ignored);
    return path;
}

}  // namespace

void add_output_options(CLI::App& command, OutputOptions& options) {
    command.add_option("-f,--format", options.format, "form of the result [table, or the suffix of -o]")
        ->type_name("table|markdown|csv|json|jsonl");
    command.add_option("-o,--output", options.path, "where to write it [-: standard output]")
        ->type_name("FILE");
}

Output::Output(const OutputOptions& options) : format_(choose_format(options)), path_(options.path) {
    if (path_ == "-") {
        file_ = stdout;
        return;
    }
    std::error_code ignored;
    if (path_.empty() || fs::is_directory(path_, ignored))
        fail("--output", fmt::format("expected a file, found {}",
                                     path_.empty() ? "an empty name" : path_ + ", a directory"));
    std::string target = path_;
    if (is_replaceable(path_)) {
        path_ = replaced_path(path_).string();
        temporary_ = target = fmt::format("{}.{}.tmp", path_, getpid());
    }
    file_ = std::fopen(target.c_str(), "wb");
    if (file_ == nullptr)
        fail("--output", fmt::format("expected a file that can be written, found {}: {}", options.path,
                                     std::strerror(errno)));
}

Output::~Output() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
    if (!temporary_.empty()) std::remove(temporary_.c_str());
}

void Output::write(const Report& report) {
    const std::string text = render(report, format_, file_ == stdout ? terminal_style() : TextStyle::plain);
    const bool written = std::fwrite(text.data(), 1, text.size(), file_) == text.size();
    bool closed = std::fflush(file_) == 0;
    const int code = errno;
    if (file_ != stdout) closed = std::fclose(file_) == 0 && closed;
    file_ = stdout;
    if (!written || !closed)
        throw std::runtime_error(fmt::format("writing {}: {}", path_, std::strerror(code)));
    if (temporary_.empty()) return;
    fs::rename(temporary_, path_);
    temporary_.clear();
}

}  // namespace mobilenet_cost::app

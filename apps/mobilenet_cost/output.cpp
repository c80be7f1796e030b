#include "output.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

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

std::string choose_format(const OutputOptions& options, const std::vector<ExtraFormat>& extra) {
    std::vector<std::string> formats = kFormats;
    for (const ExtraFormat& format : extra)
        formats.push_back(format.name);
    if (options.format.empty()) {
        const std::string suffix = fs::path(options.path).extension().string();
        for (const ExtraFormat& format : extra) {
            if (!suffix.empty() && suffix == format.suffix) return format.name;
        }
        for (const Suffix& row : kSuffixes) {
            if (suffix == row.suffix) return row.format;
        }
        return "table";
    }
    for (const std::string& format : formats) {
        if (format == options.format) return format;
    }
    fail_unknown("--format", "format", options.format, formats);
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
    for (const ExtraFormat& extra : report.extra) {
        if (format == extra.name) return extra.write();
    }
    return render_text(report.sections(), style);
}

}  // namespace

void add_output_options(CLI::App& command, OutputOptions& options, const std::vector<ExtraFormat>& extra) {
    std::string names = "table|markdown|csv|json|jsonl";
    for (const ExtraFormat& format : extra)
        names += "|" + format.name;
    command.add_option("-f,--format", options.format, "form of the result [table, or the suffix of -o]")
        ->type_name(names);
    command.add_option("-o,--output", options.path, "where to write it [-: standard output]")
        ->type_name("FILE");
}

Output::Output(const OutputOptions& options, const std::vector<ExtraFormat>& extra)
    : format_(choose_format(options, extra)), file_(options.path, "--output") {}

void Output::write(const Report& report) {
    const std::string text = render(report, format_, file_.is_stdout() ? terminal_style() : TextStyle::plain);
    std::fwrite(text.data(), 1, text.size(), file_.stream());
    file_.finish();
}

}  // namespace mobilenet_cost::app

#include "output.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/report/parts/drawing.h"
#include "mobilenet_cost/report/parts/fit.h"

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

/// How text is drawn on the terminal.
struct View {
    TextStyle style = TextStyle::plain;
    BarStyle bars = BarStyle::ascii;
    std::size_t columns = 0;  ///< 0: not a terminal, or unknown
    bool ascii = false;       ///< no other characters at all
    bool wide = false;        ///< all columns, whatever the width
};

/// COLUMNS if it is set, as in other programs; otherwise the width that the terminal reports.
std::size_t terminal_columns() {
    const std::string_view typed = std::getenv("COLUMNS") == nullptr ? "" : std::getenv("COLUMNS");
    std::size_t columns = 0;
    const auto [end, error] = std::from_chars(typed.data(), typed.data() + typed.size(), columns);
    if (!typed.empty() && error == std::errc() && end == typed.data() + typed.size()) return columns;
    winsize size{};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// Whether the locale's characters are UTF-8: the first of these that is set decides.
bool is_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (value == nullptr || *value == '\0') continue;
        const std::string_view locale = value;
        return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
    }
    return false;
}

View view_of(bool to_stdout, bool plain, bool wide) {
    View view{.style = TextStyle::plain, .bars = BarStyle::ascii, .columns = 0, .ascii = plain, .wide = wide};
    if (plain || !to_stdout || isatty(STDOUT_FILENO) != 1) return view;
    const char* no_colour = std::getenv("NO_COLOR");
    if (no_colour == nullptr || *no_colour == '\0') view.style = TextStyle::colour;
    if (is_utf8()) view.bars = BarStyle::unicode;
    view.columns = terminal_columns();
    return view;
}

std::vector<Section> drawn(std::vector<Section> sections, const View& view) {
    if (view.ascii) return ascii_only(std::move(sections));
    if (view.columns == 0) return sections;
    if (!view.wide) sections = fitted(std::move(sections), view.columns);
    return with_bars(std::move(sections), view.bars, view.columns);
}

std::string render(const Report& report, const std::string& format, const View& view) {
    if (format == "markdown")
        return render_markdown(view.ascii ? ascii_only(report.sections()) : report.sections());
    if (format == "csv") return render_csv(report.csv());
    if (format == "json") return report.json();
    if (format == "jsonl") return report.jsonl();
    for (const ExtraFormat& extra : report.extra) {
        if (format == extra.name) return extra.write();
    }
    return render_text(drawn(report.sections(), view), view.style);
}

}  // namespace

void add_output_options(Command& command, OutputOptions& options, const std::vector<ExtraFormat>& extra) {
    std::string names = "table|markdown|csv|json|jsonl";
    for (const ExtraFormat& format : extra)
        names += "|" + format.name;
    command.text("-f,--format", names, options.format, "form of the result [table, or the suffix of -o]");
    command.text("-o,--output", "FILE", options.path, "where to write it [-: standard output]");
    command.flag("--plain", options.plain, "for logs: no colour, no bars, nothing but ASCII");
    command.flag("--wide", options.wide, "all columns, even if the terminal is narrower");
}

Output::Output(const OutputOptions& options, const std::vector<ExtraFormat>& extra)
    : format_(choose_format(options, extra)),
      plain_(options.plain),
      wide_(options.wide),
      file_(options.path, "--output") {}

std::string Output::rendered(const Report& report) const {
    return render(report, format_, view_of(file_.is_stdout(), plain_, wide_));
}

void Output::put(const std::string& text) {
    file_.put(text);
}

}  // namespace mobilenet_cost::app

#include "output.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/report/parts/drawing.h"
#include "mobilenet_cost/report/parts/fit.h"

#include "say.h"

namespace mobilenet_cost::app {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kFormats = {"table", "markdown", "csv", "json", "jsonl"};

struct Suffix {
    const char* suffix;
    const char* format;
};
constexpr Suffix kSuffixes[] = {{".txt", "table"}, {".log", "table"}, {".md", "markdown"},
                                {".csv", "csv"},   {".json", "json"}, {".jsonl", "jsonl"}};

[[noreturn]] void refuse_suffix(const std::string& path, const std::vector<ExtraFormat>& extra) {
    std::string known;
    for (const Suffix& row : kSuffixes)
        known += (known.empty() ? "" : ", ") + std::string(row.suffix);
    for (const ExtraFormat& format : extra) {
        if (!format.suffix.empty()) known += ", " + format.suffix;
    }
    fail("--output",
         fmt::format("expected --format, or a name that ends in {}, found {}", known, abridged(path)));
}

/// The form that a file's ending picks; empty: none.
std::string format_of_suffix(const std::string& path, const std::vector<ExtraFormat>& extra) {
    const std::string suffix = fs::path(path).extension().string();
    for (const ExtraFormat& format : extra) {
        if (!suffix.empty() && suffix == format.suffix) return format.name;
    }
    for (const Suffix& row : kSuffixes) {
        if (suffix == row.suffix) return row.format;
    }
    return "";
}

void check_format(const std::string& format, const std::vector<ExtraFormat>& extra) {
    std::vector<std::string> formats = kFormats;
    for (const ExtraFormat& one : extra)
        formats.push_back(one.name);
    if (!format.empty() && std::find(formats.begin(), formats.end(), format) == formats.end())
        fail_unknown("--format", "format", format, formats);
}

/// Of several files, each has the form of its ending, and --format is that of those whose ending picks none.
std::vector<std::string> choose_formats(const std::vector<std::string>& paths, const std::string& given,
                                        const std::vector<ExtraFormat>& extra) {
    check_format(given, extra);
    std::vector<std::string> formats;
    bool used = given.empty();
    for (const std::string& path : paths) {
        std::string format = format_of_suffix(path, extra);
        if (format.empty() || paths.size() == 1) {
            used = true;
            if (!given.empty()) format = given;
        }
        if (format.empty() && given.empty() && fs::path(path).has_extension()) refuse_suffix(path, extra);
        formats.push_back(format.empty() ? "table" : format);
    }
    if (!used)
        fail("--format",
             fmt::format("expected one -o whose ending picks no form, or only one, found {}", paths.size()));
    return formats;
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
    if (format == "csv")
        return render_csv(report.csv_tables.empty() ? report.csv() : report.csv_tables.front().table());
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
    command.texts("-o,--output", "FILE", options.paths, "where to write it; may be repeated [-]")
        ->allow_extra_args(false);
    command.flag("--plain", options.plain, "for logs: no colour, no bars, nothing but ASCII");
    command.flag("--wide", options.wide, "all columns, even if the terminal is narrower");
}

std::string first_path(const OutputOptions& options) {
    return options.paths.empty() ? "-" : options.paths.front();
}

Output::Output(const OutputOptions& options, const std::vector<ExtraFormat>& extra,
               const std::vector<std::string>& tables)
    : plain_(options.plain), wide_(options.wide) {
    const std::vector<std::string> paths =
        options.paths.empty() ? std::vector<std::string>{"-"} : options.paths;
    const std::vector<std::string> formats = choose_formats(paths, options.format, extra);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (std::find(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(i), paths[i]) !=
            paths.begin() + static_cast<std::ptrdiff_t>(i))
            fail("--output", fmt::format("expected every file once, found {} again", abridged(paths[i])));
        if (formats[i] == "csv" && tables.size() > 1) {
            add_tables(paths[i], tables);
            continue;
        }
        files_.push_back({formats[i], std::make_unique<AtomicFile>(paths[i], "--output"), {}});
        if (paths[i] != "-") names_.push_back(paths[i]);
    }
}

void Output::add_tables(const fs::path& path, const std::vector<std::string>& tables) {
    std::error_code ignored;
    const bool is_stdout = path == "-";
    if (is_stdout || (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)))
        fail("--output",
             fmt::format("expected a name such as x.csv for CSV of several tables ({}), each of which "
                         "becomes a file of its own, found {}",
                         fmt::join(tables, ", "), is_stdout ? "standard output" : abridged(path.string())));
    for (std::size_t i = 0; i < tables.size(); ++i) {
        fs::path beside = path;
        beside.replace_extension("." + tables[i] +
                                 (path.has_extension() ? path.extension().string() : ".csv"));
        files_.push_back({"csv", std::make_unique<AtomicFile>(beside.string(), "--output"), i});
        names_.push_back(beside.string());
    }
}

bool Output::is_for_people() const {
    return std::all_of(files_.begin(), files_.end(),
                       [](const File& file) { return file.format == "table" || file.format == "markdown"; });
}

std::vector<std::string> Output::rendered(const Report& report) const {
    std::vector<std::string> texts;
    for (const File& file : files_)
        texts.push_back(file.table
                            ? render_csv(report.csv_tables.at(*file.table).table())
                            : render(report, file.format, view_of(file.file->is_stdout(), plain_, wide_)));
    return texts;
}

void Output::tell(const std::string& finding, const std::vector<std::string>& others) const {
    std::vector<std::string> names = names_;
    names.insert(names.end(), others.begin(), others.end());
    if (!names.empty()) say("wrote {}: {}", fmt::join(names, ", "), finding);
}

void Output::put(const std::vector<std::string>& texts) {
    for (std::size_t i = 0; i < files_.size(); ++i)
        files_[i].file->put(texts[i]);
}

}  // namespace mobilenet_cost::app

// The Python module mobilenet_cost._native: runs a command of the program in this process and returns its
// document. The program's output, messages and Ctrl-C (output.h, say.h, interrupt.h) are Python's here.

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dlfcn.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/paths.h"

#include "app.h"
#include "atomic_file.h"
#include "interrupt.h"
#include "refusals.h"
#include "say.h"

namespace nb = nanobind;

namespace mobilenet_cost::app {
namespace {

/// Of the one command that runs: Python's lock is held from its beginning to its end.
std::string document;
std::vector<std::string> notes;
std::atomic<bool> interrupted = false;

constexpr std::array<std::pair<std::string_view, Setup>, 5> kCommands = {{
    {"cost", setup_cost},
    {"conventions", setup_conventions},
    {"sweep", setup_sweep},
    {"pick", setup_pick},
    {"report", setup_report},
}};

/// A command that measures catches Ctrl-C; afterwards it is Python's again.
class KeptInterrupt {
  public:
    KeptInterrupt() { sigaction(SIGINT, nullptr, &kept_); }
    ~KeptInterrupt() { sigaction(SIGINT, &kept_, nullptr); }
    KeptInterrupt(const KeptInterrupt&) = delete;
    KeptInterrupt& operator=(const KeptInterrupt&) = delete;
    KeptInterrupt(KeptInterrupt&&) = delete;
    KeptInterrupt& operator=(KeptInterrupt&&) = delete;

  private:
    struct sigaction kept_ {};
};

void run_command(std::string_view name, std::vector<std::string> words) {
    const auto* const row = std::find_if(kCommands.begin(), kCommands.end(),
                                         [&](const auto& known) { return known.first == name; });
    if (row == kCommands.end()) fail("", "unknown command " + std::string(name));
    CLI::App parser;
    Command command(parser);
    row->second(command);
    words.insert(words.begin(), "--format=json");
    std::reverse(words.begin(), words.end());  // as the parser takes them
    try {
        parser.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
        refuse_use(parser, error);
    }
    (void)command.run();  // what its status tells stands in the document, too
}

/// The document as JSON, and what was said beside it.
std::pair<std::string, std::vector<std::string>> run(const std::string& name,
                                                     std::vector<std::string> words) {
    const KeptInterrupt kept;
    document.clear();
    notes.clear();
    interrupted = false;
    try {
        run_command(name, std::move(words));
    } catch (...) {
        const Failure failure = current_failure();
        if (failure.is_refusal) throw nb::value_error(failure.reason.c_str());
        throw std::runtime_error(failure.reason);
    }
    if (interrupted) {
        PyErr_SetNone(PyExc_KeyboardInterrupt);
        throw nb::python_error();
    }
    return {std::move(document), std::move(notes)};
}

/// The program's files are in the environment that this module is installed in, some folders above it.
void find_files() {
    namespace fs = std::filesystem;
    Dl_info module{};
    if (dladdr(&document, &module) == 0) return;
    std::error_code ignored;
    for (fs::path folder = fs::absolute(module.dli_fname); folder.has_relative_path();) {
        folder = folder.parent_path();
        if (fs::is_directory(folder / "share/mobilenet_cost/configs", ignored))
            return set_executable_folder(folder / "bin");
    }
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path, const std::string&) : path_(path), file_(stdout) {}
AtomicFile::~AtomicFile() = default;

void AtomicFile::put(const std::string& text) {
    document = text;
}

void AtomicFile::finish() {}

void say_text(std::string_view text) {
    notes.emplace_back(text);
}

const std::atomic<bool>& catch_interrupt() {
    std::signal(SIGINT, [](int) { interrupted = true; });
    return interrupted;
}

}  // namespace mobilenet_cost::app

NB_MODULE(_native, module) {
    namespace app = mobilenet_cost::app;
    app::find_files();
    module.attr("version") = std::string(mobilenet_cost::build_info().version);
    module.def("run", &app::run, nb::arg("command"), nb::arg("words"),
               "The JSON document of a command of mobilenet-cost, and the lines that it has for people.");
}

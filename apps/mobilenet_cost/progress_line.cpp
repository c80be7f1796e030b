#include "progress_line.h"

#include <cstdio>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost::app {

ProgressLine::ProgressLine(const std::string& when) : terminal_(isatty(STDERR_FILENO) == 1) {
    const std::vector<std::string> known = {"auto", "always", "never"};
    if (when != known[0] && when != known[1] && when != known[2])
        fail_unknown("--progress", "setting", when, known);
    wanted_ = when == "always" || (when == "auto" && terminal_);
}

void ProgressLine::show(const std::string& text) {
    if (!wanted_ || text == shown_) return;
    shown_ = text;
    const std::string line = printable(text);
    fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", line, terminal_ ? "" : "\n");
    std::fflush(stderr);
}

void ProgressLine::clear() {
    if (terminal_ && !shown_.empty()) fmt::print(stderr, "\r\x1b[K");
    shown_.clear();
}

}  // namespace mobilenet_cost::app

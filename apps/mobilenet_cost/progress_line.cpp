#include "progress_line.h"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost::app {

void add_progress_option(Command& command, Progress& progress) {
    command.choice("--progress", "setting", progress, "auto: on a terminal", {"auto", "always", "never"});
}

std::string step_text(std::string_view step, std::int64_t done, std::int64_t total) {
    return fmt::format("{} {}/{}", step, done, total);
}

std::string rounds_text(std::int64_t round, const std::optional<std::int64_t>& last, const std::string& goal,
                        const std::optional<double>& seconds_left) {
    std::string text = last ? step_text("round", round, *last) : fmt::format("round {}", round);
    text += ", " + goal;
    return seconds_left ? text + fmt::format(", at most {:.0f} s left", *seconds_left) : text;
}

ProgressLine::ProgressLine(Progress progress) : terminal_(isatty(STDERR_FILENO) == 1) {
    wanted_ = progress == Progress::always || (progress == Progress::automatic && terminal_);
}

void ProgressLine::show(const std::string& text) {
    if (!wanted_ || text == shown_) return;
    shown_ = text;
    const std::string line = printable(text);
    std::fputs(fmt::format("{}{}{}", terminal_ ? "\r\x1b[K" : "", line, terminal_ ? "" : "\n").c_str(),
               stderr);
    std::fflush(stderr);
}

void ProgressLine::clear() {
    if (terminal_ && !shown_.empty()) std::fputs("\r\x1b[K", stderr);
    shown_.clear();
}

}  // namespace mobilenet_cost::app

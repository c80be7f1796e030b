#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "command.h"

namespace mobilenet_cost::app {

/// --progress: on a terminal, always or never.
enum class Progress { automatic, always, never };

void add_progress_option(Command& command, Progress& progress);

inline constexpr const char* kPreflightText = "looking how quiet the machine is";

/// "preparing 3/12", "round 3/12"
[[nodiscard]] std::string step_text(std::string_view step, std::int64_t done, std::int64_t total);

/// What a measurement does before its rounds.
template <typename Progress>
[[nodiscard]] std::string preparing_text(const Progress& progress) {
    using Phase = typename Progress::Phase;
    if (progress.phase == Phase::preflight) return kPreflightText;
    return step_text(progress.phase == Phase::prepare ? "preparing" : "warming up", progress.done,
                     progress.total);
}

/// "round 9, 1/18 points precise, at most 28 s left": towards what ends the run. `last`: the round after
/// which it ends, or is judged; absent: as many as it takes.
[[nodiscard]] std::string rounds_text(std::int64_t round, const std::optional<std::int64_t>& last,
                                      const std::string& goal, const std::optional<double>& seconds_left);

/// One line on stderr. On a terminal it is written over; elsewhere each text is a line of its own, if the
/// user wants them at all.
class ProgressLine {
  public:
    explicit ProgressLine(Progress progress = Progress::automatic);
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ProgressLine(ProgressLine&&) = delete;
    ProgressLine& operator=(ProgressLine&&) = delete;

    void show(const std::string& text);
    void clear();

  private:
    bool terminal_ = false;
    bool wanted_ = false;
    std::string shown_;
};

}  // namespace mobilenet_cost::app

#pragma once

#include <string>

namespace mobilenet_cost::app {

/// One line on stderr. On a terminal it is written over; elsewhere each text is a line of its own, if the
/// user wants them at all.
class ProgressLine {
  public:
    /// `when` is auto (only on a terminal), always or never; throws Error for another word.
    explicit ProgressLine(const std::string& when = "auto");
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

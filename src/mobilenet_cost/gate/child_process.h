#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace mobilenet_cost {

/// Default limit of a line, in bytes: far above any answer, far below memory.
inline constexpr std::size_t kLongestLine = std::size_t{64} << 20U;

/// Why a child no longer answers. The text continues a sentence that begins with the program: "ended with
/// exit status 3".
class ChildFailure : public std::runtime_error {
  public:
    enum class Kind {
        not_started,  ///< there is no such program, or it may not be run
        ended,        ///< it exited, or was killed
        silent,       ///< no answer in time; it has been killed
        flooding,     ///< a line above the limit; it has been killed
    };
    ChildFailure(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
    [[nodiscard]] Kind kind() const { return kind_; }

  private:
    Kind kind_;
};

/// A program that answers a line on its standard input with a line on its standard output. It leads a process
/// group of its own: Ctrl-C on our terminal does not reach it, and what it has started itself dies with it.
/// When we are killed, its input ends and its output has no reader: it has to end then (parent_watch.h).
/// Not thread-safe. Ignores SIGPIPE in this process, whose default is to kill us when a child has ended.
class ChildProcess {
  public:
    /// Throws ChildFailure (not_started).
    ChildProcess(const std::string& program, const std::vector<std::string>& arguments);
    ~ChildProcess();  ///< kills it if it still runs
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// Writes `line` and a newline, then waits for a line. Throws ChildFailure. Keeps at most `max_bytes` of
    /// the output, however long it is.
    [[nodiscard]] std::string exchange(const std::string& line, double max_seconds,
                                       std::size_t max_bytes = kLongestLine);

    /// Writes a line that has no answer and waits until the child has ended; kills it after `max_seconds`.
    void finish(const std::string& line, double max_seconds);

    void kill();

    [[nodiscard]] int pid() const;

  private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace mobilenet_cost

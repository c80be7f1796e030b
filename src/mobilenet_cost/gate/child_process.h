#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace mobilenet_cost {

/// Bytes of a line, where nobody knows better: longer than any picture, shorter than memory.
inline constexpr std::size_t kLongestLine = std::size_t{64} << 20U;

/// Why a child no longer answers. The text goes on where "PROGRAM " begins: "ended with exit status 3".
class ChildFailure : public std::runtime_error {
  public:
    enum class Kind {
        not_started,  ///< there is no such program, or it may not be run
        ended,        ///< it exited, or was killed
        silent,       ///< no answer within the time given to it; it has been killed
        flooding,     ///< a longer line than it may write; it has been killed
    };
    ChildFailure(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
    [[nodiscard]] Kind kind() const { return kind_; }

  private:
    Kind kind_;
};

/// A program that answers a line on its standard input with a line on its standard output. It leads a process
/// group of its own: Ctrl-C on our terminal does not reach it, and what it has started itself dies with it.
/// When we are killed, its input ends and its output has no reader: it is to end then (parent_watch.h).
/// Not thread-safe. Ignores SIGPIPE in this process, whose default is to kill us when a child has ended.
class ChildProcess {
  public:
    /// Throws ChildFailure (not_started).
    ChildProcess(const std::string& program, const std::vector<std::string>& arguments);
    ~ChildProcess();  ///< kills it if it still runs
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// Writes `line` with a newline behind it and waits for a line. Throws ChildFailure. No more than
    /// `max_bytes` are kept of what it writes, whatever it writes.
    [[nodiscard]] std::string exchange(const std::string& line, double max_seconds,
                                       std::size_t max_bytes = kLongestLine);

    /// Writes a line that has no answer and waits until the child has ended; kills it after `max_seconds`.
    void finish(const std::string& line, double max_seconds);

    void kill();

    [[nodiscard]] int pid() const;

    /// The end of what it wrote on its standard error, on one line.
    [[nodiscard]] std::string last_words() const;

  private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace mobilenet_cost

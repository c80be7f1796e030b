#pragma once

#include <cstdio>
#include <string>

namespace mobilenet_cost::app {

/// Where a result goes. Opened before the work, so that a path that cannot be written is refused while
/// nothing has been run; a regular file appears whole, at the end, or not at all. "-" is standard output.
class AtomicFile {
  public:
    /// Throws Error, naming the flag, for a path that cannot be written.
    AtomicFile(const std::string& path, const std::string& flag);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    AtomicFile(AtomicFile&&) = delete;
    AtomicFile& operator=(AtomicFile&&) = delete;

    [[nodiscard]] std::FILE* stream() const { return file_; }
    [[nodiscard]] bool is_stdout() const { return file_ == stdout; }

    /// Writes the whole text and finishes.
    void put(const std::string& text);

    /// Call once all is written. Throws std::runtime_error if it was not written whole.
    void finish();

  private:
    std::string path_;
    std::string temporary_;  ///< beside path_; empty when writing to a stream
    std::FILE* file_ = nullptr;
};

/// Those of every open file, for a process that ends at once: a signal handler may call it.
void remove_temporaries();

}  // namespace mobilenet_cost::app

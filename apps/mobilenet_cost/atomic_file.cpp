#include "atomic_file.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost::app {
namespace {

namespace fs = std::filesystem;

/// For a signal handler, which can take no lock. What finds no place here stays until the next run.
std::array<std::atomic<const char*>, 64> temporaries;

void replace_one(const char* before, const char* after) {
    for (auto& place : temporaries) {
        const char* expected = before;
        if (place.compare_exchange_strong(expected, after)) return;
    }
}

/// A device or pipe is written to as it is; only a regular file is replaced as a whole.
bool is_replaceable(const fs::path& path) {
    std::error_code ignored;
    const fs::file_status status = fs::status(path, ignored);
    return status.type() == fs::file_type::not_found || fs::is_regular_file(status);
}

/// Links are followed, so that the link stays and its target is replaced, or made if it is not there yet. A
/// cycle of links never gets here: it is not replaceable.
fs::path replaced_path(fs::path path) {
    std::error_code ignored;
    while (fs::is_symlink(fs::symlink_status(path, ignored)))
        path = path.parent_path() / fs::read_symlink(path, ignored);
    return path;
}

std::string temporary_name(const std::string& file, pid_t process) {
    return fmt::format("{}.{}.tmp", file, process);
}

/// The process whose temporary for `file` this is; 0: it is none.
pid_t owner_of(const std::string& name, const std::string& file) {
    pid_t process = 0;
    if (name.size() <= file.size()) return 0;
    std::from_chars(name.data() + file.size() + 1, name.data() + name.size(), process);
    return name == temporary_name(file, process) ? process : 0;
}

/// Nobody here writes it, nor anybody elsewhere in a shared folder.
bool is_left_behind(const fs::path& temporary, pid_t owner) {
    if (kill(owner, 0) == 0 || errno != ESRCH) return false;
    const int file = ::open(temporary.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return false;
    const bool free = flock(file, LOCK_EX | LOCK_NB) == 0;
    ::close(file);
    return free;
}

/// What killed runs left beside the path.
void remove_left_behind(const fs::path& path) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(path.parent_path() / ".", ignored)) {
        const pid_t owner = owner_of(entry.path().filename(), path.filename());
        if (owner > 0 && is_left_behind(entry.path(), owner)) fs::remove(entry.path(), ignored);
    }
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path, const std::string& flag) : path_(path) {
    if (path_ == "-") {
        file_ = stdout;
        return;
    }
    std::error_code ignored;
    if (fs::is_directory(path_, ignored))
        fail(flag, fmt::format("expected a file, found {}, a directory", abridged(path_)));
    std::string target = path_;
    if (is_replaceable(path_)) {
        path_ = replaced_path(path_).string();
        temporary_ = target = temporary_name(path_, getpid());
        remove_left_behind(path_);
    }
    file_ = std::fopen(target.c_str(), "wbe");
    if (file_ == nullptr)
        fail(flag, fmt::format("expected a file that can be written, found {}: {}", abridged(path),
                               std::strerror(errno)));
    if (temporary_.empty()) return;
    (void)flock(fileno(file_), LOCK_EX | LOCK_NB);
    replace_one(nullptr, temporary_.c_str());
}

AtomicFile::~AtomicFile() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
    if (temporary_.empty()) return;
    std::remove(temporary_.c_str());
    replace_one(temporary_.c_str(), nullptr);
}

void AtomicFile::put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), file_);
    finish();
}

void AtomicFile::finish() {
    const bool written = std::ferror(file_) == 0;
    bool closed = std::fflush(file_) == 0;
    const int code = errno;
    if (file_ != stdout) closed = std::fclose(file_) == 0 && closed;
    file_ = stdout;
    if (!written || !closed)
        throw std::runtime_error(fmt::format("writing {}: {}", abridged(path_), std::strerror(code)));
    if (temporary_.empty()) return;
    fs::rename(temporary_, path_);
    replace_one(temporary_.c_str(), nullptr);
    temporary_.clear();
}

void remove_temporaries() {
    for (auto& place : temporaries) {
        if (const char* path = place) ::unlink(path);
    }
}

}  // namespace mobilenet_cost::app

#include "atomic_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>
#include <unistd.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost::app {
namespace {

namespace fs = std::filesystem;

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
        temporary_ = target = fmt::format("{}.{}.tmp", path_, getpid());
    }
    file_ = std::fopen(target.c_str(), "wb");
    if (file_ == nullptr)
        fail(flag, fmt::format("expected a file that can be written, found {}: {}", abridged(path),
                               std::strerror(errno)));
}

AtomicFile::~AtomicFile() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
    if (!temporary_.empty()) std::remove(temporary_.c_str());
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
    temporary_.clear();
}

}  // namespace mobilenet_cost::app

#include "mobilenet_cost/import/mapped_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {

MappedFile::MappedFile(const std::filesystem::path& path, std::string_view what, std::int64_t most) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        fail(path.string(), fmt::format("expected a readable file, found: {}", std::strerror(errno)));
    struct stat status {};
    const bool regular = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    const bool fits = status.st_size >= 1 && status.st_size <= most;
    void* mapped = MAP_FAILED;
    if (regular && fits) {
        size_ = static_cast<std::size_t>(status.st_size);
        mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    }
    const int reason = errno;
    ::close(file);
    if (!regular) fail(path.string(), "expected a file that is no folder, pipe or device");
    if (!fits)
        fail(path.string(),
             fmt::format("expected {} of 1 to {} bytes, found {}", what, most, status.st_size));
    if (mapped == MAP_FAILED)
        fail(path.string(), fmt::format("expected a readable file, found: {}", std::strerror(reason)));
    data_ = mapped;
}

MappedFile::~MappedFile() {
    ::munmap(data_, size_);
}

}  // namespace mobilenet_cost

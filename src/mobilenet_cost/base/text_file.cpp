#include "mobilenet_cost/base/text_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {
namespace {

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

[[noreturn]] void fail_read(const std::filesystem::path& path, int code) {
    fail(path.string(), fmt::format("expected a readable file, found: {}", std::strerror(code)));
}

/// A device may never end, and reading one may do something; a terminal is a device, too.
void require_readable_kind(const std::filesystem::path& path) {
    using Type = std::filesystem::file_type;
    std::error_code ignored;
    switch (std::filesystem::status(path, ignored).type()) {
        case Type::directory:
            fail(path.string(), "expected a file, found a directory");
        case Type::block:
        case Type::character:
            fail(path.string(), "expected a file or a pipe, found a device");
        case Type::socket:
            fail(path.string(), "expected a file or a pipe, found a socket");
        default:
            break;  // a missing file is reported when it is opened
    }
}

}  // namespace

std::string read_text_file(const std::filesystem::path& path, std::size_t most) {
    require_readable_kind(path);
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
    if (file == nullptr) fail_read(path, errno);
    std::string text;
    std::array<char, 16384> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
        text.append(buffer.data(), count);
        if (text.size() > most)
            fail(path.string(), fmt::format("expected at most {} bytes, found more", most));
    }
    if (std::ferror(file.get()) != 0) fail_read(path, errno);
    return text;
}

}  // namespace mobilenet_cost

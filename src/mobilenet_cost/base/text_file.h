#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace mobilenet_cost {

/// The whole of a file or a pipe. Throws Error with the reason (missing, a directory, a device, unreadable,
/// more than `most` bytes, which are all that is read).
[[nodiscard]] std::string read_text_file(const std::filesystem::path& path, std::size_t most);

}  // namespace mobilenet_cost

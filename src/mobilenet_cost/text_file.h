#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace mobilenet_cost {

/// The whole file. Throws Error with the reason (missing, a directory, unreadable, more than `most` bytes).
[[nodiscard]] std::string read_text_file(const std::filesystem::path& path, std::size_t most);

}  // namespace mobilenet_cost

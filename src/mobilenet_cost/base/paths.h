#pragma once

#include <filesystem>

namespace mobilenet_cost {

/// Folder of the running executable; empty if the system does not report it.
[[nodiscard]] std::filesystem::path executable_folder();

/// For a library in somebody else's program: the folder to take for it, which need not be there.
void set_executable_folder(std::filesystem::path folder);

}  // namespace mobilenet_cost

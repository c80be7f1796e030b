#pragma once

#include <filesystem>

namespace mobilenet_cost {

/// Folder of the running executable; empty if the system does not report it.
[[nodiscard]] std::filesystem::path executable_folder();

}  // namespace mobilenet_cost

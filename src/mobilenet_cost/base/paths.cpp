#include "mobilenet_cost/base/paths.h"

#include <utility>

namespace mobilenet_cost {
namespace {

std::filesystem::path& chosen_folder() {
    static std::filesystem::path folder;
    return folder;
}

}  // namespace

std::filesystem::path executable_folder() {
    if (!chosen_folder().empty()) return chosen_folder();
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

void set_executable_folder(std::filesystem::path folder) {
    chosen_folder() = std::move(folder);
}

}  // namespace mobilenet_cost

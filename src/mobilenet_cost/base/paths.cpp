#include "mobilenet_cost/base/paths.h"

namespace mobilenet_cost {

std::filesystem::path executable_folder() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace mobilenet_cost

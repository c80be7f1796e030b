#include "mobilenet_cost/model/model_files.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/paths.h"

namespace mobilenet_cost {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolderVariable = "MOBILENET_COST_CONFIG_DIR";

/// Where bundled configs may be, in order: as the user says, with an installed binary, in the source tree
/// that the binary was built in.
std::vector<fs::path> candidate_folders() {
    std::vector<fs::path> folders;
    if (const char* chosen = std::getenv(kFolderVariable); chosen != nullptr && *chosen != '\0')
        return {fs::path(chosen)};
    const fs::path binary = executable_folder();
    folders.push_back((binary / build_info().data_from_bin / "configs").lexically_normal());
    fs::path ancestor = binary;
    for (int level = 0; level < 4 && ancestor.has_relative_path(); ++level) {
        ancestor = ancestor.parent_path();
        folders.push_back(ancestor / "configs");
    }
    return folders;
}

bool is_path(const std::string& name) {
    return name.find('/') != std::string::npos || fs::path(name).extension() == ".json";
}

}  // namespace

fs::path config_folder() {
    std::error_code ignored;
    std::string tried;
    for (const fs::path& folder : candidate_folders()) {
        if (fs::is_regular_file(folder / "mobilenet_v1.json", ignored)) return folder;
        tried += (tried.empty() ? "" : ", ") + folder.string();
    }
    fail("", fmt::format("expected the bundled model configs in one of {}, found none (set {})", tried,
                         kFolderVariable));
}

std::vector<std::string> model_names() {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(config_folder())) {
        if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

ModelConfig find_model(const std::string& name_or_path) {
    if (is_path(name_or_path)) return load_model_config(name_or_path);
    const fs::path path = config_folder() / (name_or_path + ".json");
    std::error_code ignored;
    if (name_or_path.empty() || !fs::is_regular_file(path, ignored)) {
        const std::vector<std::string> names = model_names();
        fail_unknown("--model", "model", name_or_path, names);
    }
    return load_model_config(path);
}

}  // namespace mobilenet_cost

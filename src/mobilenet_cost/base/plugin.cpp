#include "mobilenet_cost/base/plugin.h"

#include <cstdlib>
#include <filesystem>
#include <vector>

#include <dlfcn.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/paths.h"

namespace mobilenet_cost {

namespace {

namespace fs = std::filesystem;

/// A folder named by the user, the build folder (the program is in it, or one below), the installed folder.
std::vector<fs::path> plugin_folders(const PluginKind& kind) {
    std::vector<fs::path> folders;
    const char* named = std::getenv(kind.variable);
    if (named != nullptr && *named != '\0') folders.emplace_back(named);
    const fs::path program = executable_folder();
    if (program.empty()) return folders;
    folders.push_back(program / kind.folder);
    folders.push_back(program.parent_path() / kind.folder);
    folders.push_back((program / build_info().plugins_from_bin / kind.folder).lexically_normal());
    return folders;
}

/// "onnx_reader" is left out with "onnx".
std::string why_absent(std::string_view name, const std::string& file, const std::string& places) {
    const std::string_view left_out = why_left_out(name.substr(0, name.find('_')));
    if (!left_out.empty()) return "not built: " + std::string(left_out);
    return "not built: " + not_compiled("there is no " + file + " in " + places);
}

}  // namespace

std::string not_compiled(const std::string& found_no) {
    std::error_code unreadable;
    const bool in_build_folder = fs::exists(executable_folder() / "CMakeCache.txt", unreadable);
    if (!in_build_folder) return found_no;
    return found_no + " (" + std::string(build_info().build_command) + " makes it)";
}

PluginEntry find_plugin_entry(const PluginKind& kind, std::string_view name, const char* entry) {
    const std::string file = "mobilenet_cost_" + std::string(name) + ".so";
    std::string places;
    for (const fs::path& folder : plugin_folders(kind)) {
        const std::string path = folder / file;
        places.append(places.empty() ? "" : ", ").append(folder.string());
        std::error_code unreadable;
        if (!fs::exists(path, unreadable)) continue;
        void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (module == nullptr) return {nullptr, path, std::string("does not load: ") + dlerror()};
        void* function = dlsym(module, entry);
        if (function == nullptr) return {nullptr, path, "does not load: " + path + " exports no " + entry};
        return {function, path, ""};
    }
    return {nullptr, "", why_absent(name, file, places)};
}

std::string of_another_version(const PluginEntry& entry) {
    return "does not load: " + entry.path + " belongs to another version of this program";
}

}  // namespace mobilenet_cost

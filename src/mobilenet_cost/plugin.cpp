#include "mobilenet_cost/plugin.h"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

#include <dlfcn.h>

#include "mobilenet_cost/build_info.h"
#include "mobilenet_cost/paths.h"

namespace mobilenet_cost {

namespace {

namespace fs = std::filesystem;

/// Where plug-ins are: a folder named by the user, the build folder (the program is in it, or one below), the
/// installed folder.
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

std::optional<fs::path> find_plugin(const PluginKind& kind, std::string_view file) {
    for (const fs::path& folder : plugin_folders(kind)) {
        std::error_code unreadable;
        if (fs::exists(folder / file, unreadable)) return folder / file;
    }
    return std::nullopt;
}

std::string not_built(const PluginKind& kind, std::string_view file) {
    std::string reason = "not built: there is no " + std::string(file) + " in ";
    std::string_view separator;
    for (const fs::path& folder : plugin_folders(kind)) {
        reason.append(separator).append(folder.string());
        separator = ", ";
    }
    return reason;
}

}  // namespace

Plugin open_plugin(const PluginKind& kind, std::string_view file, const char* entry) {
    const std::optional<fs::path> path = find_plugin(kind, file);
    if (!path) return {nullptr, "", not_built(kind, file)};
    void* module = dlopen(path->c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) return {nullptr, path->string(), std::string("does not load: ") + dlerror()};
    void* function = dlsym(module, entry);
    if (function == nullptr)
        return {nullptr, path->string(), "does not load: " + path->string() + " exports no " + entry};
    return {function, path->string(), ""};
}

std::string of_another_version(const Plugin& plugin) {
    return "does not load: " + plugin.path + " belongs to another version of this program";
}

}  // namespace mobilenet_cost

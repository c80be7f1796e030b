#include "mobilenet_cost/engine/registry.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>

#include <dlfcn.h>

#include "mobilenet_cost/build_info.h"
#include "mobilenet_cost/engine/builtin.h"
#include "mobilenet_cost/error.h"
#include "mobilenet_cost/paths.h"

namespace mobilenet_cost {

namespace {

namespace fs = std::filesystem;

using Factory = std::shared_ptr<const Engine> (*)();

/// An engine is part of this library or a plug-in, a shared library of the given file name.
struct Row {
    std::string_view name;
    Factory builtin = nullptr;
    std::string_view module = {};
};

/// Every engine, the fastest first: the first that is available is the default.
constexpr std::array kEngines = {
    Row{.name = "onednn", .builtin = nullptr, .module = "mobilenet_cost_onednn.so"},
    Row{.name = "xnnpack", .builtin = nullptr, .module = "mobilenet_cost_xnnpack.so"},
    Row{.name = "reference", .builtin = reference_engine, .module = {}},
};

/// An engine, or why there is none.
struct Loaded {
    std::shared_ptr<const Engine> engine;
    std::string reason;
};

/// Where plug-ins are: a folder named by the user, the build folder (the program is in it, or one below), the
/// installed folder.
std::vector<fs::path> module_folders() {
    std::vector<fs::path> folders;
    const char* named = std::getenv("MOBILENET_COST_ENGINE_DIR");
    if (named != nullptr && *named != '\0') folders.emplace_back(named);
    const fs::path program = executable_folder();
    if (program.empty()) return folders;
    folders.push_back(program / "engines");
    folders.push_back(program.parent_path() / "engines");
    folders.push_back((program / build_info().engines_from_bin).lexically_normal());
    return folders;
}

std::optional<fs::path> find_module(std::string_view file) {
    for (const fs::path& folder : module_folders()) {
        std::error_code unreadable;
        if (fs::exists(folder / file, unreadable)) return folder / file;
    }
    return std::nullopt;
}

std::string not_built(std::string_view file) {
    std::string reason = "not built: there is no " + std::string(file) + " in ";
    std::string_view separator;
    for (const fs::path& folder : module_folders()) {
        reason.append(separator).append(folder.string());
        separator = ", ";
    }
    return reason;
}

/// Never closed again: its sessions, and the threads that its library keeps, may outlive any handle.
Loaded load_module(std::string_view file) {
    const std::optional<fs::path> path = find_module(file);
    if (!path) return {nullptr, not_built(file)};
    void* module = dlopen(path->c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) return {nullptr, std::string("does not load: ") + dlerror()};
    const auto entry = reinterpret_cast<EngineModule>(dlsym(module, "mobilenet_cost_engine"));
    if (entry == nullptr) return {nullptr, "does not load: " + path->string() + " is not an engine"};
    Engine* engine = entry(kEngineInterface);
    if (engine == nullptr) {
        return {nullptr, "does not load: " + path->string() + " belongs to another version of this program"};
    }
    return {std::shared_ptr<const Engine>(engine, [](const Engine*) {}), ""};
}

Loaded load(const Row& row) {
    return row.builtin != nullptr ? Loaded{row.builtin(), ""} : load_module(row.module);
}

}  // namespace

std::vector<EngineStatus> engine_statuses() {
    std::vector<EngineStatus> statuses;
    for (const Row& row : kEngines) {
        const Loaded loaded = load(row);
        statuses.push_back({.name = std::string(row.name),
                            .available = loaded.engine != nullptr,
                            .reason = loaded.reason,
                            .info = loaded.engine ? loaded.engine->info() : EngineInfo{}});
    }
    return statuses;
}

std::shared_ptr<const Engine> find_engine(const std::string& name) {
    std::vector<std::string> names;
    for (const Row& row : kEngines) {
        names.emplace_back(row.name);
        if (row.name != name) continue;
        Loaded loaded = load(row);
        if (!loaded.engine) fail("--engine", "engine \"" + name + "\" is not available: " + loaded.reason);
        return loaded.engine;
    }
    fail_unknown("--engine", "engine", name, names);
}

std::string default_engine() {
    for (const Row& row : kEngines) {
        if (load(row).engine) return std::string(row.name);
    }
    fail("--engine", "no engine is available");
}

}  // namespace mobilenet_cost

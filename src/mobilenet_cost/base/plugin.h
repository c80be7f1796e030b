#pragma once

#include <string>
#include <string_view>

namespace mobilenet_cost {

/// Parts that need a foreign library are shared libraries of their own, opened only when they are used: other
/// commands do not pay for loading it (milliseconds of process start).
struct PluginKind {
    std::string_view folder;         ///< of the build folder and of the installed tree
    const char* variable = nullptr;  ///< of the environment: a folder that is searched first
};
inline constexpr PluginKind kEnginePlugins = {"engines", "MOBILENET_COST_ENGINE_DIR"};
inline constexpr PluginKind kExporterPlugins = {"exporters", "MOBILENET_COST_EXPORTER_DIR"};
inline constexpr PluginKind kImporterPlugins = {"importers", "MOBILENET_COST_IMPORTER_DIR"};
inline constexpr PluginKind kProbePlugins = {"probes", "MOBILENET_COST_PROBE_DIR"};

/// What a plug-in offers, a pointer of type `Interface`, or why there is none.
template <typename Interface>
struct Plugin {
    Interface interface = nullptr;
    std::string reason;  ///< empty when there is one
};

/// A function that a plug-in exports, or why there is none.
struct PluginEntry {
    void* function = nullptr;
    std::string path;
    std::string reason;
};
[[nodiscard]] PluginEntry find_plugin_entry(const PluginKind& kind, std::string_view name, const char* entry);

/// The reason for a plug-in that does not know this program's version of the interface.
[[nodiscard]] std::string of_another_version(const PluginEntry& entry);

/// Opens mobilenet_cost_<name>.so, which is called `name` in why_left_out(), too, and asks the function
/// `entry` that it exports for `version` of the interface; a plug-in of another version answers null. Never
/// closed again: what it made, and the threads that its library keeps, may outlive any handle.
template <typename Interface>
[[nodiscard]] Plugin<Interface> open_plugin(const PluginKind& kind, std::string_view name, const char* entry,
                                            int version) {
    const PluginEntry found = find_plugin_entry(kind, name, entry);
    if (found.function == nullptr) return {nullptr, found.reason};
    const Interface interface = reinterpret_cast<Interface (*)(int)>(found.function)(version);
    return {interface, interface == nullptr ? of_another_version(found) : ""};
}

/// Says that a part of this build is not there and, in a build folder, how to compile it; `found_no` names
/// the file and where it was looked for.
[[nodiscard]] std::string not_compiled(const std::string& found_no);

}  // namespace mobilenet_cost

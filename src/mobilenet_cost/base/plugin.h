#pragma once

#include <string>
#include <string_view>

namespace mobilenet_cost {

/// Parts that need a foreign library are shared libraries of their own, opened only when they are used: the
/// commands that do without them do not pay for loading it (milliseconds of process start).
struct PluginKind {
    std::string_view folder;         ///< that holds them, in the build folder and in the installed tree
    const char* variable = nullptr;  ///< of the environment, names a folder that is looked through first
};
inline constexpr PluginKind kEnginePlugins = {"engines", "MOBILENET_COST_ENGINE_DIR"};
inline constexpr PluginKind kExporterPlugins = {"exporters", "MOBILENET_COST_EXPORTER_DIR"};
inline constexpr PluginKind kProbePlugins = {"probes", "MOBILENET_COST_PROBE_DIR"};

/// An open plug-in, or why it is not there.
struct Plugin {
    void* entry = nullptr;  ///< its function of the asked name
    std::string path;
    std::string reason;  ///< empty when `entry` is not null
};

/// Opens mobilenet_cost_<name>.so, which is called `name` in why_left_out(), too. Never closed again: what it
/// made, and the threads that its library keeps, may outlive any handle.
[[nodiscard]] Plugin open_plugin(const PluginKind& kind, std::string_view name, const char* entry);

/// The words that a part of this build is not there and, in a build folder, how to compile it; `found_no`
/// names the file and where it was looked for.
[[nodiscard]] std::string not_compiled(const std::string& found_no);

/// The reason for a plug-in that does not know this program's interface.
[[nodiscard]] std::string of_another_version(const Plugin& plugin);

}  // namespace mobilenet_cost

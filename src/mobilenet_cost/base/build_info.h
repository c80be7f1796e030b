#pragma once

#include <string>
#include <string_view>

namespace mobilenet_cost {

/// How this program was built; every record of a measurement carries it, because times of different builds
/// are not comparable.
struct BuildInfo {
    std::string_view version;     ///< of the project, for example "0.1.0"
    std::string_view compiler;    ///< name and version
    std::string_view build_type;  ///< "Release", "Debug", ...
    std::string_view flags;       ///< compiler flags, as configured
    std::string_view commit;      ///< abbreviated git commit at configure time, or "unknown"
    bool optimised = false;       ///< any -O level above 0
    bool sanitized = false;       ///< built with a sanitizer that changes the times

    std::string_view
        plugins_from_bin;  ///< installed folders of plug-ins, relative to the folder of the program
    std::string_view
        data_from_bin;  ///< installed configs/ and schemas/, relative to the folder of the program
    std::string_view build_command;  ///< compiles what this build has not compiled yet
};

const BuildInfo& build_info();

/// Why the configuration left out a part ("xnnpack", "onnx", "topology", "charts", ...); empty: it is part of
/// the build, compiled or not.
[[nodiscard]] std::string_view why_left_out(std::string_view part);

/// Why this build's times do not count, in one line; empty: they do.
[[nodiscard]] std::string build_warning(const BuildInfo& build);

}  // namespace mobilenet_cost

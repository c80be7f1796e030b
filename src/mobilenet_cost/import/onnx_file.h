#pragma once

#include <filesystem>
#include <string_view>

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

// Internal: of the plug-in that reads ONNX files, and of what fuzzes it.

/// The graph of an ONNX model, its nodes in the order of the file. `path`: of messages, and where external
/// data lie beside. Any bytes give a graph or an Error.
[[nodiscard]] PlainGraph read_onnx(std::string_view bytes, const std::filesystem::path& path);

}  // namespace mobilenet_cost

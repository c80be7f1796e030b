#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

// Internal: of the plug-in that reads TensorFlow Lite's files, and of what fuzzes it.

/// The first graph of a TensorFlow Lite model, in the words of ONNX. Its constants lie in `bytes`, which
/// `keeper` owns. `path`: of messages. Any bytes give a graph or an Error.
[[nodiscard]] PlainGraph read_tflite(std::shared_ptr<const void> keeper, std::string_view bytes,
                                     const std::filesystem::path& path);

}  // namespace mobilenet_cost

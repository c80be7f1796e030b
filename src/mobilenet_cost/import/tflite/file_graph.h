#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "mobilenet_cost/model/imported_model.h"

namespace mobilenet_cost {

// Internal: of the plug-in that reads TensorFlow Lite's files.

/// The weights of a network, with its operators and tensors as the file has them (runtime/tflite_file.h).
/// `bytes`: of a file that was read before.
[[nodiscard]] std::shared_ptr<const ImportedWeights> with_file_graph(
    std::shared_ptr<const ImportedWeights> weights, std::string_view bytes);

}  // namespace mobilenet_cost

#pragma once

#include <string>

namespace mobilenet_cost {

/// Whether what an ONNX operator writes has the sizes of its first input.
[[nodiscard]] bool keeps_sizes(const std::string& op);

/// Whether the sizes of all its inputs are broadcast against each other.
[[nodiscard]] bool broadcasts(const std::string& op);

}  // namespace mobilenet_cost

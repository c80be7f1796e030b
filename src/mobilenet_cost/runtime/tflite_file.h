#pragma once

#include <cstdint>
#include <string>

#include "mobilenet_cost/runtime/tflite_graph.h"

namespace mobilenet_cost {

/// What a .tflite file says beside its weights: implemented by the weights of a network that was read from
/// one, which dynamic_cast finds.
class TfliteFile {
  public:
    TfliteFile() = default;
    virtual ~TfliteFile() = default;
    TfliteFile(const TfliteFile&) = delete;
    TfliteFile& operator=(const TfliteFile&) = delete;

    /// As it runs, at the sizes of the file.
    [[nodiscard]] virtual const TfliteGraph& graph() const = 0;
    [[nodiscard]] virtual std::int64_t bytes() const = 0;
    /// What keeps it from running in int8 on TensorFlow Lite Micro, by our rules; empty: nothing.
    [[nodiscard]] virtual const std::string& obstacle() const = 0;
};

}  // namespace mobilenet_cost

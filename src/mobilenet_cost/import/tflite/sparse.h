#pragma once

#include <string>
#include <string_view>

#include <tflite_schema.h>

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

/// The values of a sparse tensor as a dense one has them, zeros between. `stored`: those that the file has,
/// of `size` bytes each. Throws Error at the tensor where their places are none of it.
[[nodiscard]] std::string dense_values(const PlainGraph& graph, const PlainTensor& tensor,
                                       const tflite::SparsityParameters& sparsity, std::string_view stored,
                                       std::size_t size);

}  // namespace mobilenet_cost

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mobilenet_cost/runtime/convert.h"
#include "mobilenet_cost/runtime/memory_plan.h"
#include "mobilenet_cost/runtime/tflite_graph.h"

namespace mobilenet_cost {

// TensorFlow Lite Micro, by the rules of tensorflow/tflite-micro: micro/micro_allocator.cc (what is
// allocated, in which order), micro/micro_allocation_info.cc (life times), micro/kernels/*.cc (scratch and
// data of each operator). Sizes of its structures are those of a 64-bit machine, as the PyPI package
// tflite-micro has them (version 0.dev20261023182759); on a 32-bit one pointers are half as large, and so
// the tail is a few KiB smaller.

/// A map or scratch buffer in the head of the arena.
struct TflmBuffer {
    PlannedBuffer place;
    std::size_t tensor = 0;  ///< index in the graph
    bool scratch = false;    ///< of the operator that writes `tensor`

    bool operator==(const TflmBuffer&) const = default;
};

/// The head: maps live from the operator that writes them to the last that reads them, the network's outputs
/// to the end; step 0 is before the first operator. Every buffer is a multiple of 16 bytes.
struct TflmHead {
    std::vector<TflmBuffer> buffers;
    std::int64_t bytes = 0;
    std::size_t steps = 0;
};

[[nodiscard]] TflmHead tflm_head(const TfliteGraph& graph);

/// What lives as long as the interpreter: the allocator itself, a structure for each tensor and operator,
/// settings and data of operators, and two integers for each channel of a convolution.
[[nodiscard]] std::int64_t tflm_tail_bytes(const TfliteGraph& graph);

/// Size of the .tflite file: constants at multiples of 16 bytes, 4 bytes of scale and 8 of zero point for
/// each channel, and the tables of the format. The last depend on names; they are counted at their mean over
/// Keras' networks.
[[nodiscard]] std::int64_t tflite_file_bytes(const TfliteGraph& graph, Training training);

}  // namespace mobilenet_cost

#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "mobilenet_cost/model/network.h"
#include "mobilenet_cost/model/weights.h"

namespace mobilenet_cost {

/// Opset 13 and IR version 7 are those of ONNX 1.8 (November 2020), so that everything from ONNX Runtime 1.6
/// on opens the file. Nothing here needs more: hard swish, an operator since opset 14, is a hard sigmoid and
/// a product.
inline constexpr std::int64_t kOnnxOpset = 13;
inline constexpr std::int64_t kOnnxIrVersion = 7;

/// An ONNX file is one protobuf message, at most 2^31 - 1 bytes. 16 MiB are kept for all but the weights: a
/// model file is at most 1 MiB, and each of its names occurs a few times.
inline constexpr std::int64_t kOnnxMostWeightBytes = 0x7fffffff - (std::int64_t{16} << 20);

/// Texts by which the file describes itself.
struct OnnxText {
    std::string name;                                             ///< of the graph
    std::string description;                                      ///< doc_string of the model
    std::vector<std::pair<std::string, std::string>> properties;  ///< metadata_props of the model
};

/// Counts of a file that was written.
struct OnnxFile {
    std::int64_t nodes = 0;
    std::int64_t bytes = 0;
};

/// Filters and biases as f32.
[[nodiscard]] std::int64_t onnx_weight_bytes(const Network& network);

/// Throws Error with the figure if the weights do not fit into an ONNX file; allocates nothing.
void check_onnx_size(const Network& network);

/// Throws Error with the reason if this build cannot write ONNX, or the library for it does not load.
void require_onnx_exporter();

/// Writes an ONNX ModelProto and leaves `file` open. "input" is (n, c, h, w); "output" is (n, classes), or
/// (n, c, h, w) if the last layer leaves a map; taps are outputs before it, (n, c, h, w) by the name of their
/// layer. Nodes and the tensors that layers write have the names of the
/// layers (layer_name()); filters are "LAYER/weights" (Co, Ci/groups, KH, KW), biases "LAYER/bias" (Co). An
/// activation is one or two nodes of its own. With null `weights` the filters and biases are inputs of the
/// graph: shapes without values, which is valid where an initializer without data is not.
///
/// Throws Error as the two above do, std::runtime_error if the file could not be written.
OnnxFile write_onnx(const Network& network, const Weights* weights, const OnnxText& text, std::FILE* file);

/// Raised when Network, Weights or the types above change: a module of another number is refused.
inline constexpr int kOnnxInterface = 4;

/// What the plug-in offers, as extern "C" OnnxWrite mobilenet_cost_onnx(int interface).
using OnnxWrite = OnnxFile (*)(const Network&, const Weights*, const OnnxText&, std::FILE*);

}  // namespace mobilenet_cost

#include "mobilenet_cost/onnx/export.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/plugin.h"
#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {

namespace {

OnnxWrite load_writer() {
    const auto [write, reason] =
        open_plugin<OnnxWrite>(kExporterPlugins, "onnx", "mobilenet_cost_onnx", kOnnxInterface);
    if (write == nullptr) fail("--onnx", fmt::format("the ONNX exporter is not available: {}", reason));
    return write;
}

}  // namespace

std::int64_t onnx_weight_bytes(const Network& network) {
    std::int64_t values = 0;
    for (const Layer& layer : network.layers) {
        const auto* const by_channel = std::get_if<ByChannel>(&layer.kind);
        const bool normal = by_channel != nullptr && by_channel->rule == ByChannel::Rule::batch_norm;
        const bool has_bias = normal || std::holds_alternative<Conv>(layer.kind) ||
                              std::holds_alternative<TransposedConv>(layer.kind);
        const std::int64_t factors = normal ? layer.output.c : layer_cost(layer).weights;
        values = checked_add(values, checked_add(factors, has_bias ? layer.output.c : 0));
    }
    return checked_multiply(values, element_bytes(DataType::f32));
}

void check_onnx_size(const Network& network) {
    const std::int64_t bytes = onnx_weight_bytes(network);
    if (bytes <= kOnnxMostWeightBytes) return;
    fail("--onnx",
         fmt::format(
             "expected weights of at most {} ({} bytes), because an ONNX file is one protobuf message, "
             "found {} ({} bytes)",
             bytes_text(kOnnxMostWeightBytes), with_thousands(kOnnxMostWeightBytes), bytes_text(bytes),
             with_thousands(bytes)));
}

void require_onnx_exporter() {
    (void)load_writer();
}

OnnxFile write_onnx(const Network& network, const Weights* weights, const OnnxText& text, std::FILE* file) {
    const OnnxWrite write = load_writer();
    if (weights != nullptr) check_onnx_size(network);
    return write(network, weights, text, file);
}

}  // namespace mobilenet_cost

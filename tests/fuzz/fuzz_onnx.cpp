// Any bytes give a model that its own parser reads, or an Error; its weights are as many as its layers need.
// Whatever else leaves here is a finding.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/import/import_model.h"
#include "mobilenet_cost/import/onnx_file.h"
#include "mobilenet_cost/model/expand.h"

#include "fuzz/fuzz_check.h"

namespace mc = mobilenet_cost;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::int64_t kMostWeights = 1 << 20;  // keeps one input quick
    if (size == 0) return 0;
    try {
        const std::string_view bytes(reinterpret_cast<const char*>(data), size);
        const mc::ImportedModel imported =
            mc::import_graph(mc::read_onnx(bytes, "fuzz.onnx"), {.resolution = {24, 32}});
        mc::ModelConfig config = mc::parse_model_config(imported.document, "fuzz.onnx");
        config.weights = imported.weights;
        const mc::Network network = mc::expand(config, {});
        mc::check_network(network);
        if (mc::total_cost(network).weights > kMostWeights) return 0;
        if (const auto weights = imported.weights->of(network))
            require(weights->layers.size() == network.layers.size(), "weights for each layer");
    } catch (const mc::Error&) {  // not a model
    }
    return 0;
}
